#include "model/memory_encoder.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/gelu.h>

#include <cmath>

namespace sam2 {
namespace {

// The mask's first features: many pixels of few channels, which LibTorch's norm
// takes ten times as long for, a call for each pixel.
constexpr int64_t kFewChannels = 4;

void norm_few(const float *in, float *out, int64_t pixels, const float *weight,
              const float *bias, float eps) {
  constexpr float kShare = 1.0f / kFewChannels;
  for (int64_t p = 0; p < pixels; ++p, in += 4, out += 4) {
    const float mean = (in[0] + in[1] + in[2] + in[3]) * kShare;
    const float d[] = {in[0] - mean, in[1] - mean, in[2] - mean, in[3] - mean};
    const float variance =
        (d[0] * d[0] + d[1] * d[1] + d[2] * d[2] + d[3] * d[3]) * kShare;
    const float factor = 1.0f / std::sqrt(variance + eps);
    for (int i = 0; i < 4; ++i) out[i] = d[i] * factor * weight[i] + bias[i];
  }
}

// x [B, C, H, W] as ChannelNorm takes it.
at::Tensor norm_of(const ChannelNorm &channel_norm, const at::Tensor &x) {
  const LayerNorm &norm = channel_norm.norm;
  const bool is_plain = x.is_cpu() && !at::GradMode::is_enabled() &&
                        norm.channels == kFewChannels;
  if (!is_plain) return channel_norm.forward(x);
  const at::Tensor in = as_bhwc(x).to(at::kFloat).contiguous();
  const at::Tensor weight = norm.weight.to(at::kFloat);
  const at::Tensor bias = norm.bias.to(at::kFloat);
  at::Tensor out = at::empty_like(in);
  constexpr int64_t kPixelsPerTask = 16384;
  at::parallel_for(0, in.numel() / kFewChannels, kPixelsPerTask,
                   [&](int64_t first, int64_t last) {
                     norm_few(in.const_data_ptr<float>() + first * kFewChannels,
                              out.data_ptr<float>() + first * kFewChannels,
                              last - first, weight.const_data_ptr<float>(),
                              bias.const_data_ptr<float>(),
                              static_cast<float>(norm.eps));
                   });
  return as_bchw(out.to(x.scalar_type()));
}

}  // namespace

MaskDownSampler::MaskDownSampler(int64_t d_model) {
  int64_t channels = 1;
  for (int i = 0; i < 4; ++i, channels *= 4) {
    convs.push_back({channels, 4 * channels, 3, 2, 1, 1, {}, {}});
    norms.emplace_back(4 * channels);
  }
  last = {channels, d_model, 1, 1, 0, 1, {}, {}};
}

void MaskDownSampler::visit(const ParameterScope &scope) {
  // In the reference's sequence every third entry is the activation.
  for (size_t i = 0; i < convs.size(); ++i) {
    convs[i].visit(scope / "encoder" / (3 * i));
    norms[i].visit(scope / "encoder" / (3 * i + 1));
  }
  last.visit(scope / "encoder" / (3 * convs.size()));
}

at::Tensor MaskDownSampler::forward(const at::Tensor &mask) const {
  at::Tensor x = mask;
  for (size_t i = 0; i < convs.size(); ++i)
    x = at::gelu(norm_of(norms[i], convs[i].forward(x)));
  return last.forward(x);
}

FuserBlock::FuserBlock(int64_t d_model)
    : depthwise{d_model, d_model, 7, 1, 3, d_model, {}, {}},
      norm{d_model, 1e-6, {}, {}},
      expand{d_model, 4 * d_model, {}, {}},
      reduce{4 * d_model, d_model, {}, {}} {}

void FuserBlock::visit(const ParameterScope &scope) {
  scope("gamma", gamma, {norm.channels});
  depthwise.visit(scope / "dwconv");
  norm.visit(scope / "norm");
  expand.visit(scope / "pwconv1");
  reduce.visit(scope / "pwconv2");
}

at::Tensor FuserBlock::forward(const at::Tensor &x) const {
  const at::Tensor y = norm.forward(as_bhwc(depthwise.forward(x)));
  return x + as_bchw(gamma * reduce.forward(at::gelu(expand.forward(y))));
}

MemoryEncoder::MemoryEncoder(const ModelConfig &config)
    : mask_downsampler(config.d_model),
      pix_feat_proj{config.d_model, config.d_model, 1, 1, 0, 1, {}, {}},
      fuser(2, FuserBlock(config.d_model)),
      out_proj{config.d_model, config.mem_dim, 1, 1, 0, 1, {}, {}} {}

void MemoryEncoder::visit(const ParameterScope &scope) {
  mask_downsampler.visit(scope / "mask_downsampler");
  pix_feat_proj.visit(scope / "pix_feat_proj");
  for (size_t i = 0; i < fuser.size(); ++i)
    fuser[i].visit(scope / "fuser" / "layers" / i);
  out_proj.visit(scope / "out_proj");
}

at::Tensor MemoryEncoder::project(const at::Tensor &pix_feat) const {
  return pix_feat_proj.forward(pix_feat);
}

at::Tensor MemoryEncoder::fuse(const at::Tensor &projected,
                               const at::Tensor &mask_for_memory) const {
  at::Tensor x = projected + mask_downsampler.forward(mask_for_memory);
  for (const auto &block : fuser) x = block.forward(x);
  return out_proj.forward(x);
}

}  // namespace sam2
