// Which device and precision a model runs with.
#pragma once

#include <ATen/Context.h>
#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <optional>
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

// While it lives, float32 products of this thread on a GPU round their factors
// to TF32, or do not. LibTorch's own setting is the process': the first scope
// that allows it sets it, and the others keep out of it. Thread-bound.
class Tf32Scope {
 public:
  explicit Tf32Scope(bool is_allowed);

 private:
  std::optional<at::NoTF32Guard> exact_;
};

// One sentence if float32 matrix products run at reference-BLAS speed, naming
// the package that cures it; else empty. Measures for about 20 ms.
std::string slow_matmul_warning();

}  // namespace sam2
