// In place of cuda_memory.cc where LibTorch has no CUDA.
#include "gpu/device_memory.h"

namespace sam2 {

DeviceMemorySource *new_cuda_memory_source(c10::DeviceIndex) { return nullptr; }

}  // namespace sam2
