// Which device and precision a model runs with.
#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <string>

namespace sam2 {

// "auto" = CUDA where LibTorch sees a GPU, else the CPU; "cpu"; "cuda" (the
// first GPU); "cuda:N". Error kSetting for other texts, kNotFound for a device
// that is not there.
c10::Device find_device(const std::string &name);

// The fastest type on `device` that keeps the masks: bfloat16 on GPUs and on
// CPUs that multiply it natively (AVX512_BF16), else float32.
c10::ScalarType fastest_type(c10::Device device);

// "fp32", "bf16", "fp16".
std::string precision_name(c10::ScalarType type);

// One sentence if float32 matrix products run at reference-BLAS speed, naming
// the package that cures it; else empty. Measures for about 20 ms.
std::string slow_matmul_warning();

}  // namespace sam2
