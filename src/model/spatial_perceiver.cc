#include "model/spatial_perceiver.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/zeros.h>

#include <cmath>

#include "model/attention.h"
#include "model/position_encoding.h"

namespace sam2 {
namespace {

constexpr double kNormEps = 1e-5;

Linear without_bias(int64_t in, int64_t out) {
  return {in, out, {}, {}, /*has_bias=*/false};
}

// q [B, Nq, C], k and v [B, Nk, C] -> [B, Nq, C].
at::Tensor attend_in_heads(const at::Tensor &q, const at::Tensor &k,
                           const at::Tensor &v, int64_t heads) {
  const auto split = [&](const at::Tensor &t) {
    return t.reshape({t.size(0), t.size(1), heads, t.size(2) / heads})
        .transpose(1, 2);
  };
  return attend(split(q), split(k), split(v)).transpose(1, 2).flatten(2);
}

// Tokens [B, h * h, C] -> [B * side * side, tokens of a window, C].
at::Tensor windows(const at::Tensor &tokens, int64_t side) {
  const int64_t channels = tokens.size(2);
  const int64_t grid =
      std::lround(std::sqrt(static_cast<double>(tokens.size(1))));
  const int64_t window = grid / side;
  return tokens.reshape({-1, side, window, side, window, channels})
      .transpose(2, 3)
      .reshape({-1, window * window, channels});
}

}  // namespace

PerceiverFeedForward::PerceiverFeedForward(int64_t channels)
    : norm{channels, kNormEps, {}, {}},
      expand(without_bias(channels, 4 * channels)),
      reduce(without_bias(4 * channels, channels)) {}

void PerceiverFeedForward::visit(const ParameterScope &scope) {
  // In the reference's sequence entry 2 is the activation.
  norm.visit(scope / 0);
  expand.visit(scope / 1);
  reduce.visit(scope / 3);
}

at::Tensor PerceiverFeedForward::forward(const at::Tensor &x) const {
  return reduce.forward(at::gelu(expand.forward(norm.forward(x))));
}

PerceiverProjections::PerceiverProjections(int64_t channels)
    : to_q(without_bias(channels, channels)),
      to_kv(without_bias(channels, 2 * channels)),
      to_out(without_bias(channels, channels)) {}

void PerceiverProjections::visit(const ParameterScope &scope) {
  to_q.visit(scope / "to_q");
  to_kv.visit(scope / "to_kv");
  to_out.visit(scope / "to_out");
}

PerceiverLayer::PerceiverLayer(const ModelConfig &config)
    : heads(config.perceiver.heads),
      latents(config.perceiver.latents),
      side(config.perceiver.side()),
      norm_x{config.mem_dim, kNormEps, {}, {}},
      norm_latents{config.mem_dim, kNormEps, {}, {}},
      cross(config.mem_dim),
      cross_ff(config.mem_dim),
      norm_self{config.mem_dim, kNormEps, {}, {}},
      self(config.mem_dim),
      self_ff(config.mem_dim) {}

void PerceiverLayer::visit(const ParameterScope &scope) {
  norm_x.visit(scope / "attn" / "norm_x");
  norm_latents.visit(scope / "attn" / "norm_latents");
  cross.visit(scope / "attn");
  cross_ff.visit(scope / "ff");
  norm_self.visit(scope / "self_attn" / "norm");
  self.visit(scope / "self_attn");
  self_ff.visit(scope / "self_ff");
}

// The position code is added to keys AND values, and for the first kind only.
at::Tensor PerceiverLayer::attend_to_memory(const at::Tensor &z,
                                            const at::Tensor &memory,
                                            const at::Tensor &positions) const {
  const at::Tensor q = cross.to_q.forward(norm_latents.forward(z));
  const auto kv = cross.to_kv.forward(norm_x.forward(memory)).chunk(2, -1);
  const at::Tensor whole = attend_in_heads(
      q.slice(1, 0, latents), kv[0] + positions, kv[1] + positions, heads);
  const at::Tensor local =
      attend_in_heads(q.slice(1, latents).reshape({-1, 1, q.size(2)}),
                      windows(kv[0], side), windows(kv[1], side), heads);
  return cross.to_out.forward(
      at::cat({whole, local.view({z.size(0), -1, q.size(2)})}, 1));
}

// A latent of the second kind sees itself alone: its attention is its value.
at::Tensor PerceiverLayer::attend_to_latents(const at::Tensor &z) const {
  const at::Tensor normed = norm_self.forward(z);
  const at::Tensor whole = normed.slice(1, 0, latents);
  const auto kv = self.to_kv.forward(normed).chunk(2, -1);
  const at::Tensor mixed =
      attend_in_heads(self.to_q.forward(whole), kv[0].slice(1, 0, latents),
                      kv[1].slice(1, 0, latents), heads);
  return self.to_out.forward(at::cat({mixed, kv[1].slice(1, latents)}, 1));
}

at::Tensor PerceiverLayer::forward(const at::Tensor &z,
                                   const at::Tensor &memory,
                                   const at::Tensor &positions) const {
  at::Tensor y = z + attend_to_memory(z, memory, positions);
  y = y + cross_ff.forward(y);
  y = y + attend_to_latents(y);
  return y + self_ff.forward(y);
}

SpatialPerceiver::SpatialPerceiver(const ModelConfig &config)
    : layers(config.perceiver.depth, PerceiverLayer(config)),
      norm{config.mem_dim, kNormEps, {}, {}},
      config(config.perceiver) {}

void SpatialPerceiver::visit(const ParameterScope &scope) {
  scope("latents", latents, {config.latents, norm.channels});
  scope("latents_2d", latents_2d, {config.latents_2d, norm.channels});
  for (size_t i = 0; i < layers.size(); ++i)
    layers[i].visit(scope / "layers" / i);
  norm.visit(scope / "norm");
}

at::Tensor SpatialPerceiver::forward(const at::Tensor &memory,
                                     const at::Tensor &positions) const {
  at::Tensor z = at::cat({latents, latents_2d})
                     .unsqueeze(0)
                     .expand({memory.size(0), -1, -1});
  for (const auto &layer : layers) z = layer.forward(z, memory, positions);
  return norm.forward(z);
}

at::Tensor SpatialPerceiver::token_positions() const {
  return at::cat({at::zeros({config.latents, norm.channels}, at::kFloat),
                  sine_grid(config.side(), config.side(), norm.channels)});
}

}  // namespace sam2
