// What LibTorch holds on a device, and the device itself.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <string>

namespace sam2 {

// In bytes, of this process.
struct TensorMemory {
  uint64_t used = 0;    // in tensors
  uint64_t peak = 0;    // the most of it so far
  uint64_t cached = 0;  // kept for later
};

// In bytes; 0 = unknown.
struct DeviceMemory {
  uint64_t total = 0;    // all there is
  uint64_t free = 0;     // for anybody
  uint64_t process = 0;  // this process' by the system's (NVML's) count
};

// One kind of device. Thread-safe.
class DeviceMemorySource {
 public:
  virtual ~DeviceMemorySource() = default;
  virtual TensorMemory tensors() const = 0;  // takes about a microsecond
  virtual DeviceMemory device() const = 0;   // asks the system
  // Tensors above it are refused with c10::OutOfMemoryError. 0 = none.
  virtual void set_limit(uint64_t bytes) = 0;
  // Gives what is kept for later back.
  virtual void release_cached() = 0;
  // False: nothing can be counted or limited, and all is 0.
  virtual bool is_known() const { return true; }
};

// Our allocator, the machine's memory and the resident set on the CPU; on a
// CUDA device LibTorch's allocator and the CUDA runtime, and NVML's count of
// this process where that library is there. One object a device, for good.
DeviceMemorySource &device_memory_source(c10::Device device);

// The same for the CUDA device with that index; nullptr in a build without
// LibTorch's and the CUDA toolkit's headers.
DeviceMemorySource *new_cuda_memory_source(c10::DeviceIndex index);

// Bytes that this process uses on the GPU at that PCI address
// ("00000000:3B:00.0"), by NVML; 0 if that library is not there or does not
// know, as in containers with process numbers of their own. Opens it once.
// Thread-safe.
uint64_t nvml_process_bytes(const std::string &pci_address);

}  // namespace sam2
