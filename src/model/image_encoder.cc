#include "model/image_encoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/upsample_nearest2d.h>

namespace sam2 {

namespace {

std::variant<Hiera, RepVit, Vit> make_trunk(const ModelConfig &config) {
  if (config.trunk == TrunkKind::kRepVit) return RepVit(config.repvit);
  if (config.trunk == TrunkKind::kVit) return Vit(config.vit);
  return Hiera(config.hiera);
}

std::variant<FpnNeck, VitNeck> make_neck(const ModelConfig &config) {
  if (config.trunk == TrunkKind::kVit) return VitNeck(config);
  return FpnNeck(config);
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
    : trunk(make_trunk(config)), neck(make_neck(config)) {}

void ImageEncoder::visit(const ParameterScope &scope) {
  std::visit([&](auto &t) { t.visit(scope / "trunk"); }, trunk);
  std::visit([&](auto &n) { n.visit(scope / "neck"); }, neck);
}

void ImageEncoder::fold(at::ScalarType type) {
  if (RepVit *repvit = std::get_if<RepVit>(&trunk)) repvit->fold(type);
}

at::Tensor ImageEncoder::position_table(int64_t size_px) const {
  constexpr int64_t kHieraPatchPx = 4;
  constexpr int64_t kVitPatchPx = 16;
  if (const Hiera *hiera = std::get_if<Hiera>(&trunk))
    return hiera->position_table(size_px / kHieraPatchPx);
  if (const Vit *vit = std::get_if<Vit>(&trunk))
    return vit->position_table(size_px / kVitPatchPx);
  return {};
}

std::vector<at::Tensor> ImageEncoder::stages(
    const at::Tensor &image, const at::Tensor &positions) const {
  if (const Hiera *hiera = std::get_if<Hiera>(&trunk))
    return hiera->forward(image, positions, nullptr);
  if (const Vit *vit = std::get_if<Vit>(&trunk))
    return {vit->forward(image, positions, nullptr)};
  return std::get<RepVit>(trunk).forward(image);
}

ImageLevels ImageEncoder::forward(const at::Tensor &image,
                                  const at::Tensor &positions) const {
  const std::vector<at::Tensor> outputs = stages(image, positions);
  if (const VitNeck *plain = std::get_if<VitNeck>(&neck))
    return {plain->forward(outputs.front()), {}, {}};
  const auto levels = std::get<FpnNeck>(neck).forward(outputs);
  return {levels[2], levels[1], levels[0]};
}

}  // namespace sam2
