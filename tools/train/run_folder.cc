#include "run_folder.h"

#include <filesystem>

#include "base/error.h"
#include "io/safetensors.h"
#include "model/config.h"

namespace sam2::train {
namespace {

std::string checkpoint_path(const std::string &folder) {
  return folder + "/checkpoint.safetensors";
}

}  // namespace

void save_checkpoint(const std::string &folder, const Trainer &trainer,
                     const std::string &run) {
  write_safetensors(checkpoint_path(folder), trainer.state(), {{"run", run}});
}

bool resume(const std::string &folder, Trainer &trainer,
            const std::string &run) {
  const std::string path = checkpoint_path(folder);
  if (!std::filesystem::exists(path)) return false;
  const Safetensors file = read_safetensors(path);
  const auto saved = file.metadata.find("run");
  if (saved == file.metadata.end() || saved->second != run)
    throw Error(ErrorCode::kSetting,
                "The checkpoint in " + folder + " is of another run (" +
                    (saved == file.metadata.end() ? "?" : saved->second) +
                    "; now: " + run +
                    "). Use its options, or another --output folder.");
  trainer.load_state(file.tensors);
  return true;
}

void save_model(const std::string &folder, const Trainer &trainer) {
  NamedTensors weights = trainer.averaged_weights();
  for (auto &[name, weight] : weights) weight = weight.to(at::kHalf);
  write_safetensors(folder + "/model.safetensors", weights,
                    {{"config", config_to_json(trainer.config())}});
}

}  // namespace sam2::train
