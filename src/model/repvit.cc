#include "model/repvit.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/rsqrt.h>

#include <algorithm>

namespace sam2 {
namespace {

constexpr double kNormEps = 1e-5;

NormedConv2d normed(const Conv2d &geometry) {
  return {geometry, {}, {}, {}, {}, {}};
}
NormedConv2d pointwise(int64_t in, int64_t out) {
  return normed({in, out, 1, 1, 0, 1, {}, {}});
}
NormedConv2d depthwise(int64_t channels, int64_t kernel, int64_t stride) {
  return normed(
      {channels, channels, kernel, stride, kernel / 2, channels, {}, {}});
}

// Channels-last weights, as the convolutions want them.
Conv2d cast(Conv2d conv, at::ScalarType type) {
  conv.weight = conv.weight.to(type).contiguous(at::MemoryFormat::ChannelsLast);
  conv.bias = conv.bias.to(type);
  return conv;
}

at::Tensor convolved(const Conv2d &conv, const at::Tensor &x_bhwc) {
  return as_bhwc(conv.forward(as_bchw(x_bhwc)));
}

// A quarter of the channels, to the nearest multiple of 8.
int64_t squeezed(int64_t channels) {
  return std::max<int64_t>(8, (channels / 4 + 4) / 8 * 8);
}

}  // namespace

void NormedConv2d::visit(const ParameterScope &scope) {
  const int64_t n = conv.out;
  (scope / "c")("weight", conv.weight,
                {n, conv.in / conv.groups, conv.kernel, conv.kernel});
  const ParameterScope norm = scope / "bn";
  norm("weight", scale, {n});
  norm("bias", shift, {n});
  norm("running_mean", mean, {n});
  norm("running_var", variance, {n});
  norm("num_batches_tracked", batches_seen, {});
}

Conv2d NormedConv2d::folded() const {
  const at::Tensor factor =
      scale.to(at::kDouble) * (variance.to(at::kDouble) + kNormEps).rsqrt();
  Conv2d out = conv;
  out.weight = (conv.weight * factor.view({-1, 1, 1, 1})).to(at::kFloat);
  out.bias = (shift - mean * factor).to(at::kFloat);
  return out;
}

ChannelMixer::ChannelMixer(int64_t channels)
    : conv1(pointwise(channels, 2 * channels)),
      conv2(pointwise(2 * channels, channels)) {}

void ChannelMixer::visit(const ParameterScope &scope) {
  conv1.visit(scope / "conv1");
  conv2.visit(scope / "conv2");
}

void ChannelMixer::fold(at::ScalarType type) {
  expand = cast(conv1.folded(), type);
  reduce = cast(conv2.folded(), type);
}

at::Tensor ChannelMixer::forward(const at::Tensor &x) const {
  return x + reduce.forward_tokens(at::gelu(expand.forward_tokens(x)));
}

TokenMixer::TokenMixer(int64_t channels)
    : conv(sam2::depthwise(channels, 3, 1)),
      conv1(sam2::depthwise(channels, 1, 1)) {}

void TokenMixer::visit(const ParameterScope &scope) {
  conv.visit(scope / "conv");
  conv1.visit(scope / "conv1");
}

// The 1x1 branch and the input itself are the middle of a 3x3 kernel.
void TokenMixer::fold(at::ScalarType type) {
  Conv2d all = conv.folded();
  const Conv2d middle = conv1.folded();
  all.weight.select(2, 1).select(2, 1) +=
      middle.weight.select(2, 0).select(2, 0) + 1;
  all.bias += middle.bias;
  depthwise = cast(all, type);
}

at::Tensor TokenMixer::forward(const at::Tensor &x) const {
  return convolved(depthwise, x);
}

SqueezeExcite::SqueezeExcite(int64_t channels)
    : fc1{channels, squeezed(channels), 1, 1, 0, 1, {}, {}},
      fc2{squeezed(channels), channels, 1, 1, 0, 1, {}, {}} {}

void SqueezeExcite::visit(const ParameterScope &scope) {
  fc1.visit(scope / "fc1");
  fc2.visit(scope / "fc2");
}

at::Tensor SqueezeExcite::forward(const at::Tensor &x) const {
  const at::Tensor means =
      x.mean({1, 2}, /*keepdim=*/true, /*dtype=*/at::kFloat);
  const at::Tensor hidden = fc1.forward_tokens(means).relu_();
  return x * fc2.forward_tokens(hidden).sigmoid_().to(x.scalar_type());
}

RepVitBlock::RepVitBlock(int64_t channels, bool has_se)
    : token_mixer(channels),
      has_se(has_se),
      se(channels),
      channel_mixer(channels) {}

void RepVitBlock::visit(const ParameterScope &scope) {
  token_mixer.visit(scope / "token_mixer");
  if (has_se) se.visit(scope / "se");
  channel_mixer.visit(scope / "channel_mixer");
}

void RepVitBlock::fold(at::ScalarType type) {
  token_mixer.fold(type);
  channel_mixer.fold(type);
}

at::Tensor RepVitBlock::forward(const at::Tensor &x) const {
  const at::Tensor mixed = token_mixer.forward(x);
  return channel_mixer.forward(has_se ? se.forward(mixed) : mixed);
}

RepVitDownsample::RepVitDownsample(int64_t channels, int64_t channels_out)
    : pre_block(channels, /*has_se=*/false),
      spatial(depthwise(channels, 3, 2)),
      channel(pointwise(channels, channels_out)),
      ffn(channels_out) {}

void RepVitDownsample::visit(const ParameterScope &scope) {
  pre_block.visit(scope / "pre_block");
  spatial.visit(scope / "spatial_downsample");
  channel.visit(scope / "channel_downsample");
  ffn.visit(scope / "ffn");
}

void RepVitDownsample::fold(at::ScalarType type) {
  pre_block.fold(type);
  halve = cast(spatial.folded(), type);
  widen = cast(channel.folded(), type);
  ffn.fold(type);
}

at::Tensor RepVitDownsample::forward(const at::Tensor &x) const {
  const at::Tensor halved = convolved(halve, pre_block.forward(x));
  return ffn.forward(widen.forward_tokens(halved));
}

RepVit::RepVit(const RepVitConfig &config)
    : stem1(normed({3, config.widths[0] / 2, 3, 2, 1, 1, {}, {}})),
      stem2(normed(
          {config.widths[0] / 2, config.widths[0], 3, 2, 1, 1, {}, {}})) {
  for (size_t i = 0; i < config.widths.size(); ++i) {
    RepVitStage stage;
    if (i > 0)
      stage.downsample.emplace_back(config.widths[i - 1], config.widths[i]);
    // Every other block has squeeze and excitation.
    for (int64_t k = 0; k < config.depths[i]; ++k)
      stage.blocks.emplace_back(config.widths[i], k % 2 == 0);
    stages.push_back(std::move(stage));
  }
}

void RepVit::visit(const ParameterScope &scope) {
  const ParameterScope body = scope / "body";
  stem1.visit(body / "stem" / "conv1");
  stem2.visit(body / "stem" / "conv2");
  for (size_t i = 0; i < stages.size(); ++i) {
    const ParameterScope stage = body / ("stages_" + std::to_string(i));
    for (auto &part : stages[i].downsample) part.visit(stage / "downsample");
    for (size_t k = 0; k < stages[i].blocks.size(); ++k)
      stages[i].blocks[k].visit(stage / "blocks" / k);
  }
}

void RepVit::fold(at::ScalarType type) {
  embed1 = cast(stem1.folded(), type);
  embed2 = cast(stem2.folded(), type);
  for (auto &stage : stages) {
    for (auto &part : stage.downsample) part.fold(type);
    for (auto &block : stage.blocks) block.fold(type);
  }
}

at::Tensor RepVit::embed(const at::Tensor &image) const {
  return as_bhwc(embed2.forward(at::gelu(embed1.forward(image))));
}

std::vector<at::Tensor> RepVit::forward(const at::Tensor &image) const {
  at::Tensor x = embed(image);
  std::vector<at::Tensor> outputs;
  for (const auto &stage : stages) {
    for (const auto &part : stage.downsample) x = part.forward(x);
    for (const auto &block : stage.blocks) x = block.forward(x);
    outputs.push_back(x);
  }
  return outputs;
}

}  // namespace sam2
