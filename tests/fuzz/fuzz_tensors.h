// Tensors of a file that a fuzzer made.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/clone.h>

#include <map>
#include <string>

#include "fuzz/fuzzing.h"

namespace sam2::test {

// Reads every element, as loading a model does.
inline void read_all(const std::map<std::string, at::Tensor> &tensors) {
  for (const auto &[name, tensor] : tensors)
    require(tensor.clone().sizes() == tensor.sizes());
}

}  // namespace sam2::test
