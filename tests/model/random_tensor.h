// Pseudo-random tensors that are the same on every machine.
#pragma once

#include <ATen/ops/empty.h>

#include "generated_weights.h"

namespace sam2::test {

// float32, uniform in [-spread, spread).
inline at::Tensor random_tensor(at::IntArrayRef shape, uint64_t seed,
                                double spread = 1) {
  at::Tensor tensor = at::empty(shape, at::kFloat);
  float *out = tensor.data_ptr<float>();
  for (int64_t i = 0; i < tensor.numel(); ++i)
    out[i] = static_cast<float>(
        spread *
        (static_cast<double>(splitmix64(seed, i) >> 11) * 0x1p-52 - 1));
  return tensor;
}

}  // namespace sam2::test
