#include "model/two_way_transformer.h"

#include <ATen/TensorOperators.h>

namespace sam2 {
namespace {

constexpr double kNormEps = 1e-5;

// Cross attentions work at half width.
Attention cross_attention(const ModelConfig &c) {
  return {c.d_model, c.d_model / 2, c.decoder_heads, c.d_model};
}

}  // namespace

TwoWayBlock::TwoWayBlock(const ModelConfig &c, bool is_first)
    : self_attn(c.d_model, c.d_model, c.decoder_heads, c.d_model),
      token_to_image(cross_attention(c)),
      image_to_token(cross_attention(c)),
      mlp({c.d_model, c.decoder_hidden, c.d_model}, Activation::kRelu),
      norm1{c.d_model, kNormEps, {}, {}},
      norm2(norm1),
      norm3(norm1),
      norm4(norm1),
      is_first(is_first) {}

void TwoWayBlock::visit(const ParameterScope &scope) {
  self_attn.visit(scope / "self_attn");
  norm1.visit(scope / "norm1");
  token_to_image.visit(scope / "cross_attn_token_to_image");
  norm2.visit(scope / "norm2");
  mlp.visit(scope / "mlp");
  norm3.visit(scope / "norm3");
  norm4.visit(scope / "norm4");
  image_to_token.visit(scope / "cross_attn_image_to_token");
}

TwoWayState TwoWayBlock::forward(const TwoWayState &state,
                                 const at::Tensor &token_pos,
                                 const at::Tensor &image_pos) const {
  at::Tensor tokens = state.tokens;
  if (is_first) {
    tokens = self_attn.forward(tokens, tokens, tokens);
  } else {
    const at::Tensor q = tokens + token_pos;
    tokens = tokens + self_attn.forward(q, q, tokens);
  }
  tokens = norm1.forward(tokens);
  const at::Tensor image_key = state.image + image_pos;
  tokens =
      norm2.forward(tokens + token_to_image.forward(tokens + token_pos,
                                                    image_key, state.image));
  tokens = norm3.forward(tokens + mlp.forward(tokens));
  const at::Tensor image =
      norm4.forward(state.image + image_to_token.forward(
                                      image_key, tokens + token_pos, tokens));
  return {tokens, image};
}

TwoWayTransformer::TwoWayTransformer(const ModelConfig &config)
    : final_attn(cross_attention(config)),
      norm_final{config.d_model, kNormEps, {}, {}} {
  for (int64_t i = 0; i < config.decoder_depth; ++i)
    layers.emplace_back(config, i == 0);
}

void TwoWayTransformer::visit(const ParameterScope &scope) {
  for (size_t i = 0; i < layers.size(); ++i)
    layers[i].visit(scope / "layers" / i);
  final_attn.visit(scope / "final_attn_token_to_image");
  norm_final.visit(scope / "norm_final_attn");
}

TwoWayState TwoWayTransformer::forward(const at::Tensor &tokens,
                                       const at::Tensor &image,
                                       const at::Tensor &image_pos) const {
  TwoWayState state{tokens, image};
  for (const auto &layer : layers)
    state = layer.forward(state, tokens, image_pos);
  const at::Tensor attended = final_attn.forward(
      state.tokens + tokens, state.image + image_pos, state.image);
  return {norm_final.forward(state.tokens + attended), state.image};
}

}  // namespace sam2
