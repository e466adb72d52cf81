#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>
#include <cuda_runtime_api.h>

#include <algorithm>
#include <array>

#include "gpu/device_memory.h"

namespace sam2 {
namespace {

namespace allocator = c10::cuda::CUDACachingAllocator;

// Of the statistics of all sizes of blocks.
constexpr size_t kAll = 0;

uint64_t unsigned_bytes(int64_t bytes) {
  return static_cast<uint64_t>(std::max<int64_t>(bytes, 0));
}

std::string pci_address(c10::DeviceIndex index) {
  std::array<char, 32> text = {};
  if (cudaDeviceGetPCIBusId(text.data(), static_cast<int>(text.size()),
                            index) != cudaSuccess)
    return {};
  return text.data();
}

class CudaMemorySource final : public DeviceMemorySource {
 public:
  explicit CudaMemorySource(c10::DeviceIndex index)
      : index_(index), pci_address_(pci_address(index)) {}

  TensorMemory tensors() const override {
    const auto stats = allocator::getDeviceStats(index_);
    const auto &used = stats.allocated_bytes[kAll];
    const auto &reserved = stats.reserved_bytes[kAll];
    return {unsigned_bytes(used.current), unsigned_bytes(used.peak),
            unsigned_bytes(reserved.current - used.current)};
  }
  DeviceMemory device() const override {
    const c10::cuda::CUDAGuard guard(index_);
    size_t free_bytes = 0, total_bytes = 0;
    if (cudaMemGetInfo(&free_bytes, &total_bytes) != cudaSuccess) return {};
    return {total_bytes, free_bytes, nvml_process_bytes(pci_address_)};
  }
  // LibTorch knows shares of the device only.
  void set_limit(uint64_t bytes) override {
    const uint64_t total = device().total;
    const double share = bytes == 0 || total == 0
                             ? 1
                             : std::min(1.0, static_cast<double>(bytes) /
                                                 static_cast<double>(total));
    allocator::setMemoryFraction(share, index_);
  }
  void release_cached() override { allocator::emptyCache(); }

 private:
  c10::DeviceIndex index_;
  std::string pci_address_;
};

}  // namespace

DeviceMemorySource *new_cuda_memory_source(c10::DeviceIndex index) {
  return new CudaMemorySource(index);
}

}  // namespace sam2
