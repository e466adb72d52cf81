#include "engine/shared_model.h"

#include <c10/core/InferenceMode.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <tuple>

#include "base/weak_cache.h"
#include "gpu/cpu_allocator.h"
#include "gpu/memory_governor.h"
#include "io/checkpoint.h"
#include "model/model_loader.h"

namespace sam2 {
namespace {

// Weights in memory, whatever the input size.
struct LoadedWeights {
  LoadedWeights(Sam2Network loaded, bool has_own_config, c10::Device device)
      : network(std::move(loaded)),
        has_own_config(has_own_config),
        claim(device, MemoryOwner::kWeights, network.weight_bytes()) {}

  const Sam2Network network;
  const bool has_own_config;  // in the file
  const MemoryClaim claim;
  const int64_t load_number = next_number();
  // By variant and input size.
  mutable WeakCache<std::pair<std::string, int64_t>, const SharedModel> models;

 private:
  static int64_t next_number() {
    static std::atomic<int64_t> loads{0};
    return ++loads;
  }
};

// Path, device and inode of the file, size, seconds and nanoseconds of its
// time of change. A file that is not there is known by its name: loading it
// fails, and that is not remembered.
using FileKey = std::tuple<std::string, dev_t, ino_t, off_t, time_t, long>;
using WeightsKey = std::tuple<FileKey, std::string, c10::ScalarType>;

FileKey key_of(const std::string &file) {
  std::error_code error;
  const auto path = std::filesystem::canonical(file, error);
  struct stat status = {};
  if (error || stat(path.c_str(), &status) != 0) return {file, 0, 0, 0, 0, 0};
  return {path,           status.st_dev,         status.st_ino,
          status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

void unload(const LoadedWeights *weights) {
  delete weights;
  release_cached_cpu_memory();
}

std::shared_ptr<const LoadedWeights> load(const std::string &file,
                                          c10::Device device,
                                          c10::ScalarType type) {
  const c10::InferenceMode guard;
  const Checkpoint checkpoint = read_checkpoint(file);
  const ModelConfig config = detect_config(checkpoint);
  return {new LoadedWeights(load_network(config, checkpoint, device, type),
                            !checkpoint.config_json.empty(), device),
          unload};
}

// Never destroyed: engines may outlive every scope.
WeakCache<WeightsKey, const LoadedWeights> &weights_cache() {
  static auto *cache = new WeakCache<WeightsKey, const LoadedWeights>;
  return *cache;
}

std::shared_ptr<const LoadedWeights> shared_weights(const std::string &file,
                                                    c10::Device device,
                                                    c10::ScalarType type) {
  return weights_cache().get({key_of(file), device.str(), type},
                             [&] { return load(file, device, type); });
}

}  // namespace

std::shared_ptr<const SharedModel> shared_model(const std::string &file,
                                                c10::Device device,
                                                c10::ScalarType type,
                                                int64_t input_size_px,
                                                const std::string &model_type) {
  const auto weights = shared_weights(file, device, type);
  const ModelConfig &own = weights->network.config;
  const ModelConfig config =
      weights->has_own_config ? own : choose_variant(own, model_type, file);
  const int64_t size_px =
      input_size_px == 0 ? config.image_size : input_size_px;
  return weights->models.get({config.name, size_px}, [&] {
    const c10::InferenceMode guard;
    return std::make_shared<const SharedModel>(
        weights, weights->load_number, weights->network.by_rules_of(config),
        size_px);
  });
}

void forget_model(const SharedModel &model) {
  weights_cache().forget(
      static_cast<const LoadedWeights *>(model.weights.get()));
}

}  // namespace sam2
