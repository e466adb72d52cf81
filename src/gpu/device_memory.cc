#include "gpu/device_memory.h"

#include <map>
#include <mutex>

#include "gpu/cpu_allocator.h"
#include "gpu/host_memory.h"

namespace sam2 {
namespace {

class HostMemorySource final : public DeviceMemorySource {
 public:
  TensorMemory tensors() const override {
    const CpuMemory memory = cpu_memory();
    return {memory.used_bytes, memory.peak_bytes, memory.cached_bytes};
  }
  DeviceMemory device() const override {
    return {host_memory_bytes(), free_host_memory_bytes(), resident_bytes()};
  }
  void set_limit(uint64_t bytes) override { set_cpu_memory_limit(bytes); }
  void release_cached() override { release_cached_cpu_memory(); }
};

// A CUDA device of a build that had no headers for it.
class UnknownMemorySource final : public DeviceMemorySource {
 public:
  TensorMemory tensors() const override { return {}; }
  DeviceMemory device() const override { return {}; }
  void set_limit(uint64_t) override {}
  void release_cached() override {}
  bool is_known() const override { return false; }
};

DeviceMemorySource *new_source(c10::Device device) {
  if (device.is_cpu()) return new HostMemorySource;
  DeviceMemorySource *source =
      device.is_cuda() ? new_cuda_memory_source(device.index()) : nullptr;
  return source ? source : new UnknownMemorySource;
}

}  // namespace

DeviceMemorySource &device_memory_source(c10::Device device) {
  static std::mutex mutex;  // guards the map
  static std::map<std::string, DeviceMemorySource *> sources;
  const std::lock_guard<std::mutex> lock(mutex);
  DeviceMemorySource *&source = sources[device.str()];
  if (!source) source = new_source(device);
  return *source;
}

}  // namespace sam2
