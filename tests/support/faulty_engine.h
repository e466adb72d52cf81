// Lets memory run out in the real tracker library, so that tests see what an
// element does then.
#pragma once

#include "gpu/cpu_allocator.h"

namespace sam2 {

// extern "C" void faulty_engine_inject(const sam2::CpuFaults *faults);
// inject_cpu_faults() of the library that the element uses.
inline constexpr const char *kFaultyEngineInject = "faulty_engine_inject";

}  // namespace sam2
