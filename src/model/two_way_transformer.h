// The decoder's transformer: prompt tokens and picture attend to each other.
// Letters: B objects, T tokens, N picture tokens, C channels.
// Source: sam2/modeling/sam/transformer.py:21-173.
#pragma once

#include <ATen/core/Tensor.h>

#include <utility>
#include <vector>

#include "model/attention.h"
#include "model/config.h"
#include "model/layers.h"

namespace sam2 {

// Tokens [B, T, C] and picture [B, N, C] on their way through the blocks.
struct TwoWayState {
  at::Tensor tokens;
  at::Tensor image;
};

struct TwoWayBlock {
  Attention self_attn;
  Attention token_to_image;
  Attention image_to_token;
  Mlp mlp;
  LayerNorm norm1, norm2, norm3, norm4;
  bool is_first;  // its self-attention has no positions and no shortcut

  TwoWayBlock(const ModelConfig &config, bool is_first);
  void visit(const ParameterScope &scope);
  TwoWayState forward(const TwoWayState &state, const at::Tensor &token_pos,
                      const at::Tensor &image_pos) const;
};

struct TwoWayTransformer {
  std::vector<TwoWayBlock> layers;
  Attention final_attn;
  LayerNorm norm_final;

  explicit TwoWayTransformer(const ModelConfig &config);
  void visit(const ParameterScope &scope);
  // tokens [B, T, C]; image [B, N, C]; image_pos [1, N, C].
  TwoWayState forward(const at::Tensor &tokens, const at::Tensor &image,
                      const at::Tensor &image_pos) const;
};

}  // namespace sam2
