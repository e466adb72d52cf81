#include "initial_weights.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>

#include <cmath>

namespace sam2::train {
namespace {

bool contains(const std::string &text, const char *part) {
  return text.find(part) != std::string::npos;
}

// Standard deviation of an embedding's first values; 0 = not an embedding.
double embedding_deviation(const std::string &name) {
  for (const char *part :
       {"point_embeddings", "not_a_point_embed", "no_mask_embed", "iou_token",
        "mask_tokens", "obj_score_token", "gaussian_matrix"})
    if (contains(name, part)) return 1.0;
  for (const char *part : {"pos_embed", "maskmem_tpos_enc", "no_mem_",
                           "no_obj_", "perceiver.latents"})
    if (contains(name, part)) return 0.02;
  return 0;
}

at::Tensor first_values(const std::string &name,
                        const std::vector<int64_t> &shape, at::Generator &rng) {
  at::Tensor weight = at::empty(shape, at::kFloat);
  if (const double deviation = embedding_deviation(name))
    return weight.normal_(0, deviation, rng);
  if (shape.size() == 1) {
    if (contains(name, "gamma")) return weight.fill_(0.1);
    return weight.fill_(contains(name, "bias") ? 0 : 1);
  }
  int64_t fan_in = 1;
  for (size_t i = 1; i < shape.size(); ++i) fan_in *= shape[i];
  const double bound = 1 / std::sqrt(static_cast<double>(fan_in));
  return weight.uniform_(-bound, bound, rng);
}

}  // namespace

void initialise(Sam2Network &network, uint64_t seed) {
  at::Generator rng = at::detail::createCPUGenerator(seed);
  network.visit([&](const std::string &name, at::Tensor &weight,
                    const std::vector<int64_t> &shape) {
    weight = first_values(name, shape, rng);
  });
}

bool is_trained(const std::string &name) {
  return !contains(name, "gaussian_matrix") &&
         !contains(name, "no_mem_pos_enc");
}

bool decays(const std::string &name, const at::Tensor &weight) {
  return weight.dim() > 1 && embedding_deviation(name) == 0;
}

}  // namespace sam2::train
