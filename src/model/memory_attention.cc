#include "model/memory_attention.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

#include <cmath>

namespace sam2 {
namespace {

constexpr double kNormEps = 1e-5;
// Share of the position code added to the input (pos_enc_at_input).
constexpr double kInputPositionWeight = 0.1;

// The first `spatial` tokens of x [B, M, c], whole square grids of `grid`
// tokens, become the averages of 2x2 of them, to which `shift` is added:
// [B, M - 3/4 spatial, c].
// Source: modeling/sam/transformer.py of yformer/EfficientTAM.
at::Tensor pool_grids(const at::Tensor &x, int64_t spatial, int64_t grid,
                      double shift) {
  const int64_t side = std::lround(std::sqrt(static_cast<double>(grid)));
  const at::Tensor grids =
      x.slice(1, 0, spatial).reshape({-1, side, side, x.size(2)});
  const at::Tensor pooled = as_bhwc(at::avg_pool2d(as_bchw(grids), {2, 2}));
  return at::cat({pooled.reshape({x.size(0), spatial / 4, x.size(2)}) + shift,
                  x.slice(1, spatial)},
                 1);
}

// ln 4: an averaged token stands for four.
const double kPooledBias = std::log(4.0);

}  // namespace

MemoryAttentionLayer::MemoryAttentionLayer(const ModelConfig &config)
    : self_attn(config.d_model, config.d_model, 1, config.d_model),
      cross_attn(config.d_model, config.d_model, 1, config.mem_dim),
      linear1{config.d_model, config.memory_attention_hidden, {}, {}},
      linear2{config.memory_attention_hidden, config.d_model, {}, {}},
      norm1{config.d_model, kNormEps, {}, {}},
      norm2{config.d_model, kNormEps, {}, {}},
      norm3{config.d_model, kNormEps, {}, {}} {}

void MemoryAttentionLayer::visit(const ParameterScope &scope) {
  self_attn.visit(scope / "self_attn");
  cross_attn.visit(scope / "cross_attn_image");
  linear1.visit(scope / "linear1");
  linear2.visit(scope / "linear2");
  norm1.visit(scope / "norm1");
  norm2.visit(scope / "norm2");
  norm3.visit(scope / "norm3");
}

SelfAttended MemoryAttentionLayer::attend_to_self(
    const at::Tensor &x, const RotaryTables &rotary) const {
  const int64_t tokens = x.size(1);
  const at::Tensor normed = norm1.forward(x);
  const at::Tensor q =
      rotate(self_attn.q_proj.forward(normed), rotary.frame, tokens);
  const at::Tensor k =
      rotate(self_attn.k_proj.forward(normed), rotary.frame, tokens);
  const at::Tensor v = self_attn.v_proj.forward(normed);
  const at::Tensor out =
      attend(q.unsqueeze(1), k.unsqueeze(1), v.unsqueeze(1)).squeeze(1);
  const at::Tensor y = x + self_attn.out_proj.forward(out);
  return {y, rotate(cross_attn.q_proj.forward(norm2.forward(y)), rotary.queries,
                    tokens)};
}

// softmax(q kᵀ)(m Wᵀ + b) = (softmax(q kᵀ) m) Wᵀ + b, because each row of the
// softmax sums to 1: the values stay mem_dim wide in the large product.
at::Tensor MemoryAttentionLayer::attend_to_memory(
    const SelfAttended &frame, const AttendedMemory &memory,
    const RotaryTables &rotary) const {
  at::Tensor k = rotate(cross_attn.k_proj.forward(memory.keys), rotary.keys,
                        memory.spatial_tokens);
  if (memory.pooling != MemoryPooling::kNone)
    k = pool_grids(k, memory.spatial_tokens, frame.x.size(1),
                   memory.pooling == MemoryPooling::kShifted ? kPooledBias : 0);
  const at::Tensor q = frame.queries.expand({k.size(0), -1, -1});
  const at::Tensor out = attend(q.unsqueeze(1), k.unsqueeze(1),
                                memory.values.unsqueeze(1), memory.key_bias)
                             .squeeze(1);
  const at::Tensor y =
      frame.x + cross_attn.out_proj.forward(cross_attn.v_proj.forward(out));
  const at::Tensor hidden = linear1.forward(norm3.forward(y)).relu_();
  return y + linear2.forward(hidden);
}

MemoryAttention::MemoryAttention(const ModelConfig &config)
    : layers(config.memory_attention_layers, MemoryAttentionLayer(config)),
      norm{config.d_model, kNormEps, {}, {}},
      pooling(config.memory_pooling) {}

void MemoryAttention::visit(const ParameterScope &scope) {
  for (size_t i = 0; i < layers.size(); ++i)
    layers[i].visit(scope / "layers" / i);
  norm.visit(scope / "norm");
}

SelfAttended MemoryAttention::start(const at::Tensor &features,
                                    const at::Tensor &positions,
                                    const RotaryTables &rotary) const {
  return layers.front().attend_to_self(
      features + positions * kInputPositionWeight, rotary);
}

// A single memory is never averaged.
AttendedMemory MemoryAttention::tokens_of(const at::Tensor &memory,
                                          const at::Tensor &positions,
                                          int64_t pointer_tokens,
                                          int64_t frame_tokens) const {
  const int64_t spatial = memory.size(1) - pointer_tokens;
  AttendedMemory tokens{
      memory + positions, memory, spatial, MemoryPooling::kNone, {}};
  if (pooling == MemoryPooling::kNone || spatial <= frame_tokens) return tokens;
  tokens.pooling = pooling;
  tokens.values = pool_grids(memory, spatial, frame_tokens, 0);
  if (pooling == MemoryPooling::kWeighted) {
    tokens.key_bias = at::zeros({tokens.values.size(1)}, memory.options());
    tokens.key_bias.slice(0, 0, spatial / 4).fill_(kPooledBias);
  }
  return tokens;
}

at::Tensor MemoryAttention::pass(const SelfAttended &started,
                                 const AttendedMemory &memory,
                                 const RotaryTables &rotary) const {
  SelfAttended state = started;
  for (size_t i = 0; i < layers.size(); ++i) {
    if (i > 0) state = layers[i].attend_to_self(state.x, rotary);
    state.x = layers[i].attend_to_memory(state, memory, rotary);
  }
  return norm.forward(state.x);
}

// On the CPU a batch only spreads the data beyond the cache, so the objects
// take turns there.
at::Tensor MemoryAttention::finish(const SelfAttended &started,
                                   const at::Tensor &memory,
                                   const at::Tensor &memory_positions,
                                   int64_t pointer_tokens,
                                   const RotaryTables &rotary) const {
  const AttendedMemory tokens = tokens_of(
      memory, memory_positions, pointer_tokens, started.queries.size(1));
  const int64_t objects = memory.size(0);
  if (objects == 1 || !memory.is_cpu() || at::GradMode::is_enabled())
    return pass(started, tokens, rotary);
  std::vector<at::Tensor> out;
  for (int64_t b = 0; b < objects; ++b) {
    const auto own = [&](const at::Tensor &t) {
      return t.size(0) == 1 ? t : t.slice(0, b, b + 1);
    };
    AttendedMemory own_tokens = tokens;
    own_tokens.keys = own(tokens.keys);
    own_tokens.values = own(tokens.values);
    out.push_back(
        pass({own(started.x), own(started.queries)}, own_tokens, rotary));
  }
  return at::cat(out);
}

}  // namespace sam2
