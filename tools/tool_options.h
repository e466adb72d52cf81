// What the command lines of the tools have in common.
#pragma once

#include <glib.h>

#include <memory>
#include <string>

#include "engine/engine.h"

namespace sam2 {

struct OptionContextDeleter {
  void operator()(GOptionContext *context) const {
    g_option_context_free(context);
  }
};
using OptionContextPtr = std::unique_ptr<GOptionContext, OptionContextDeleter>;

// Throws Error (kSetting).
[[noreturn]] void refuse_use(const std::string &sentence);

// Prints help and exits with 0 if asked to. Throws Error (kSetting) with one
// sentence for an option that is unknown or has an unusable value.
void parse_options(GOptionContext *context, int *argc, char ***argv);

// `text`, or `fallback` for an option that was not given.
std::string text_or(const gchar *text, const char *fallback);

// Which model to load, how, and which memories it keeps. Must outlive the
// parsing of the context it was added to.
class ModelOptions {
 public:
  ModelOptions() = default;
  ~ModelOptions();
  ModelOptions(const ModelOptions &) = delete;
  ModelOptions &operator=(const ModelOptions &) = delete;

  void add_to(GOptionContext *context);

  // What was parsed. Throws Error (kSetting) with one sentence for a missing
  // model or an unusable value.
  ModelSettings settings() const;
  std::string memory_policy() const;

 private:
  gchar *model_ = nullptr;
  gchar *type_ = nullptr;
  gchar *device_ = nullptr;
  gchar *precision_ = nullptr;
  gchar *policy_ = nullptr;
  gint input_size_ = 0;
};

}  // namespace sam2
