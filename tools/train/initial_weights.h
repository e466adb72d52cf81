// Weights that a training run starts from.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "model/sam2_network.h"

namespace sam2::train {

// Gives every weight of `network` its first value, float32 on the CPU: linear
// layers and convolutions uniform within 1/sqrt(fan-in), norms 1 and 0,
// embeddings of prompts and output tokens normal, other embeddings normal
// with deviation 0.02, layer scales 0.1. The same seed gives the same values.
void initialise(Sam2Network &network, uint64_t seed);

// Random frequencies of click positions are a constant of the model, and
// no_mem_pos_enc stands in the files only.
bool is_trained(const std::string &name);

// Whether weight decay applies: matrices and kernels, not norms, biases and
// embeddings.
bool decays(const std::string &name, const at::Tensor &weight);

}  // namespace sam2::train
