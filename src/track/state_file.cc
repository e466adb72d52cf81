#include "track/state_file.h"

#include <c10/core/InferenceMode.h>

#include "base/error.h"
#include "io/file_error.h"
#include "io/safetensors.h"

namespace sam2 {
namespace {

// Rises when a state has other parts or other names.
constexpr const char *kVersion = "3";
constexpr const char *kVersionKey = "sam2_tracker_state";

Safetensors read_tensors(const std::string &path) {
  try {
    return read_safetensors(path);
  } catch (const Error &error) {
    if (error.code() == ErrorCode::kNotFound)
      throw Error(ErrorCode::kNotFound,
                  "Could not find the tracker state \"" + path +
                      "\". Give a file that a tracker's state was saved to.",
                  error.user_text());
    // The sentence of the reader is about checkpoints.
    throw Error(error.code(),
                "Could not restore the tracker from \"" + path +
                    "\": it is no whole .safetensors file. Save the state "
                    "again or start without it.",
                error.user_text());
  }
}

void check_version(const std::string &path, const Safetensors &file) {
  const auto version = file.metadata.find(kVersionKey);
  if (version == file.metadata.end())
    refuse_state(path, "it holds no tracker state");
  if (version->second != kVersion)
    refuse_state(path, "it is of version " + quoted_from_file(version->second) +
                           ", and version \"" + kVersion +
                           "\" can be read here");
}

void check_identity(const std::string &path, const Safetensors &file,
                    const StateIdentity &identity) {
  std::string differences;
  for (const auto &[name, value] : identity) {
    const auto saved = file.metadata.find(name);
    if (saved == file.metadata.end())
      refuse_state(path, "it does not say its " + name);
    if (saved->second == value) continue;
    if (!differences.empty()) differences += ", ";
    differences += name + " " + quoted_from_file(saved->second) + " (here \"" +
                   value + "\")";
  }
  if (differences.empty()) return;
  throw Error(ErrorCode::kSetting,
              "The tracker state \"" + path + "\" was saved with " +
                  differences +
                  ". Use the same model and settings, or start without it.");
}

}  // namespace

void refuse_state(const std::string &path, const std::string &reason) {
  throw Error(ErrorCode::kUnreadable,
              "Could not restore the tracker from \"" + path + "\": " + reason +
                  ". Save the state again or start without it.");
}

void write_state(const std::string &path, const StateIdentity &identity,
                 const std::function<void(const StateScope &)> &walk) {
  const c10::InferenceMode guard;
  StateTensors state;
  state.path = path;
  walk(StateScope(state));
  std::map<std::string, std::string> metadata(identity.begin(), identity.end());
  metadata[kVersionKey] = kVersion;
  write_safetensors(path, state.by_name, metadata);
}

void read_state(const std::string &path, const StateIdentity &identity,
                const std::function<void(const StateScope &)> &walk) {
  const c10::InferenceMode guard;
  Safetensors file = read_tensors(path);
  check_version(path, file);
  check_identity(path, file, identity);
  StateTensors state{true, path, std::move(file.tensors)};
  walk(StateScope(state));
  if (!state.by_name.empty())
    refuse_state(path, "the tensor " +
                           quoted_from_file(state.by_name.begin()->first) +
                           " does not belong there");
}

}  // namespace sam2
