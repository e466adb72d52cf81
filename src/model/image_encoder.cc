#include "model/image_encoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/upsample_nearest2d.h>

namespace sam2 {

FpnNeck::FpnNeck(const HieraConfig &hiera, int64_t d_model) {
  for (size_t stage = hiera.stages.size(); stage-- > 0;)
    convs.push_back({hiera.stage_dim(stage), d_model, 1, 1, 0, 1, {}, {}});
}

void FpnNeck::visit(const ParameterScope &scope) {
  for (size_t i = 0; i < convs.size(); ++i)
    convs[i].visit(scope / "convs" / i / "conv");
}

std::vector<at::Tensor> FpnNeck::forward(
    const std::vector<at::Tensor> &stages) const {
  std::vector<at::Tensor> levels;
  for (size_t i = 0; i < stages.size(); ++i)
    levels.push_back(convs[stages.size() - 1 - i].forward_tokens(stages[i]));
  const at::Tensor &deepest = levels[3];
  const at::Tensor enlarged = as_bhwc(at::upsample_nearest2d(
      as_bchw(deepest), {levels[2].size(1), levels[2].size(2)}));
  levels[2] = levels[2] + enlarged;
  return levels;
}

void ImageEncoder::visit(const ParameterScope &scope) {
  trunk.visit(scope / "trunk");
  neck.visit(scope / "neck");
}

std::vector<at::Tensor> ImageEncoder::forward(
    const at::Tensor &image, const at::Tensor &positions) const {
  return neck.forward(trunk.forward(image, positions, nullptr));
}

}  // namespace sam2
