#include "model/memory_attention.h"

#include <ATen/TensorOperators.h>

namespace sam2 {
namespace {

constexpr double kNormEps = 1e-5;
// Share of the position code added to the input (pos_enc_at_input).
constexpr double kInputPositionWeight = 0.1;

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

at::Tensor MemoryAttentionLayer::attend_to_self(
    const at::Tensor &x, const RotaryTable &rotary) const {
  const int64_t tokens = x.size(1);
  const at::Tensor q = rotate(self_attn.q_proj.forward(x), rotary, tokens);
  const at::Tensor k = rotate(self_attn.k_proj.forward(x), rotary, tokens);
  const at::Tensor v = self_attn.v_proj.forward(x);
  const at::Tensor out =
      attend(q.unsqueeze(1), k.unsqueeze(1), v.unsqueeze(1)).squeeze(1);
  return self_attn.out_proj.forward(out);
}

// softmax(q kᵀ)(m Wᵀ + b) = (softmax(q kᵀ) m) Wᵀ + b, because each row of the
// softmax sums to 1: the values stay mem_dim wide in the large product.
at::Tensor MemoryAttentionLayer::attend_to_memory(
    const at::Tensor &x, const at::Tensor &keys, const at::Tensor &memory,
    int64_t spatial_tokens, const RotaryTables &rotary) const {
  const at::Tensor q =
      rotate(cross_attn.q_proj.forward(x), rotary.queries, x.size(1));
  const at::Tensor k =
      rotate(cross_attn.k_proj.forward(keys), rotary.keys, spatial_tokens);
  const at::Tensor out =
      attend(q.unsqueeze(1), k.unsqueeze(1), memory.unsqueeze(1)).squeeze(1);
  return cross_attn.out_proj.forward(cross_attn.v_proj.forward(out));
}

at::Tensor MemoryAttentionLayer::forward(const at::Tensor &x,
                                         const at::Tensor &keys,
                                         const at::Tensor &memory,
                                         int64_t spatial_tokens,
                                         const RotaryTables &rotary) const {
  at::Tensor y = x + attend_to_self(norm1.forward(x), rotary.frame);
  y = y +
      attend_to_memory(norm2.forward(y), keys, memory, spatial_tokens, rotary);
  const at::Tensor hidden = linear1.forward(norm3.forward(y)).relu_();
  return y + linear2.forward(hidden);
}

MemoryAttention::MemoryAttention(const ModelConfig &config)
    : layers(config.memory_attention_layers, MemoryAttentionLayer(config)),
      norm{config.d_model, kNormEps, {}, {}} {}

void MemoryAttention::visit(const ParameterScope &scope) {
  for (size_t i = 0; i < layers.size(); ++i)
    layers[i].visit(scope / "layers" / i);
  norm.visit(scope / "norm");
}

at::Tensor MemoryAttention::forward(const at::Tensor &features,
                                    const at::Tensor &positions,
                                    const at::Tensor &memory,
                                    const at::Tensor &memory_positions,
                                    int64_t pointer_tokens,
                                    const RotaryTables &rotary) const {
  at::Tensor x = features + positions * kInputPositionWeight;
  const at::Tensor keys = memory + memory_positions;
  const int64_t spatial_tokens = memory.size(1) - pointer_tokens;
  for (const auto &layer : layers)
    x = layer.forward(x, keys, memory, spatial_tokens, rotary);
  return norm.forward(x);
}

}  // namespace sam2
