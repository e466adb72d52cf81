#include "model/image_encoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/upsample_nearest2d.h>

namespace sam2 {

namespace {

std::variant<Hiera, RepVit> make_trunk(const ModelConfig &config) {
  if (config.trunk == TrunkKind::kRepVit) return RepVit(config.repvit);
  return Hiera(config.hiera);
}

}  // namespace

FpnNeck::FpnNeck(const ModelConfig &config) {
  const std::vector<int64_t> channels = config.stage_channels();
  for (size_t stage = channels.size(); stage-- > 0;)
    convs.push_back({channels[stage], config.d_model, 1, 1, 0, 1, {}, {}});
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

ImageEncoder::ImageEncoder(const ModelConfig &config)
    : trunk(make_trunk(config)), neck(config) {}

void ImageEncoder::visit(const ParameterScope &scope) {
  std::visit([&](auto &t) { t.visit(scope / "trunk"); }, trunk);
  neck.visit(scope / "neck");
}

void ImageEncoder::fold(at::ScalarType type) {
  if (RepVit *repvit = std::get_if<RepVit>(&trunk)) repvit->fold(type);
}

at::Tensor ImageEncoder::position_table(int64_t size_px) const {
  constexpr int64_t kPatchPx = 4;
  const Hiera *hiera = std::get_if<Hiera>(&trunk);
  return hiera ? hiera->position_table(size_px / kPatchPx) : at::Tensor();
}

std::vector<at::Tensor> ImageEncoder::stages(
    const at::Tensor &image, const at::Tensor &positions) const {
  if (const Hiera *hiera = std::get_if<Hiera>(&trunk))
    return hiera->forward(image, positions, nullptr);
  return std::get<RepVit>(trunk).forward(image);
}

std::vector<at::Tensor> ImageEncoder::forward(
    const at::Tensor &image, const at::Tensor &positions) const {
  return neck.forward(stages(image, positions));
}

}  // namespace sam2
