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

// In bytes; what is in blocks counts, so a little more than the tensors' own.
struct CpuMemory {
  size_t used_bytes = 0;    // handed out and not yet returned
  size_t peak_bytes = 0;    // the most of used_bytes since the last reset
  size_t cached_bytes = 0;  // kept for later
  size_t limit_bytes = 0;   // as set; 0 = none
};
// Thread-safe, as all that follows.
CpuMemory cpu_memory();

// What a tensor of so many bytes takes of them.
size_t cpu_block_bytes(size_t tensor_bytes);

// peak_bytes starts again from what is used now.
void reset_cpu_memory_peak();

// The most that blocks in use and in the cache may take together, 0 = no limit.
// Cached blocks go first; a tensor for which that is not enough is refused with
// c10::OutOfMemoryError. What is above a new limit already, stays.
void set_cpu_memory_limit(size_t bytes);

// For tests: allocations that fail, on any thread, with c10::OutOfMemoryError.
struct CpuFaults {
  size_t first_failing = 0;  // counted from now, 1 = the next one; 0 = none
  bool goes_on = false;      // all from that one on fail, else it alone
  // Those fail that would take used_bytes above it; 0 = none.
  size_t budget_bytes = 0;
  // The counted ones fail as work on a lost device does (device_failure.h).
  bool is_device_lost = false;
};
void inject_cpu_faults(const CpuFaults &faults);  // {} ends it

}  // namespace sam2
