// The real tracker library with one more symbol (faulty_engine.h). What users
// get has no door for tests.
#include "support/faulty_engine.h"

extern "C" __attribute__((visibility("default"))) void faulty_engine_inject(
    const sam2::CpuFaults *faults) {
  sam2::inject_cpu_faults(*faults);
}
