// Host memory for tensors, with large blocks kept for the next frame.
#pragma once

#include <cstddef>

namespace sam2 {

// Makes LibTorch take CPU tensors from our allocator, for the whole process,
// once; further calls do nothing. Blocks above 256 KiB return to a cache of at
// most 768 MiB instead of to the system: a fresh 75 MiB tensor costs more in
// page faults than the matrix product that fills it. Other users of LibTorch
// in the process share it. Thread-safe.
void install_cpu_allocator();

// Gives the cached blocks back to the system. Thread-safe.
void release_cached_cpu_memory();

// Bytes in blocks handed out and not yet returned, and in the cache.
struct CpuMemory {
  size_t used_bytes = 0;
  size_t cached_bytes = 0;
};
CpuMemory cpu_memory();

}  // namespace sam2
