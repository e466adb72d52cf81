// Mask decoder: features and prompt embeddings become masks and scores.
// Letters: B objects, C d_model, h token grid side, T prompt tokens.
// Source: sam2/modeling/sam/mask_decoder.py.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "model/config.h"
#include "model/layers.h"
#include "model/two_way_transformer.h"

namespace sam2 {

// All four candidates: mask 0 is the single-mask answer, 1..3 the ambiguous
// (multimask) ones.
struct DecodedMasks {
  at::Tensor masks;         // [B, 4, 4h, 4h], mask logits, unbounded
  at::Tensor ious;          // [B, 4], predicted IoU in [0, 1]
  at::Tensor tokens;        // [B, 4, C], one per mask
  at::Tensor object_score;  // [B, 1], logit; > 0 means present
};

struct MaskDecoder {
  TwoWayTransformer transformer;
  at::Tensor iou_token;        // [1, C]
  at::Tensor mask_tokens;      // [4, C]
  at::Tensor obj_score_token;  // [1, C]
  UpConv2d up0;
  ChannelNorm up_norm;
  UpConv2d up1;
  bool has_high_res_features;
  Conv2d conv_s0;  // stride-4 features, if any, to C/8 channels
  Conv2d conv_s1;  // stride-8 features, if any, to C/4 channels
  std::vector<Mlp> hypernetworks;
  Mlp iou_head;
  Mlp object_score_head;
  int64_t d_model;

  explicit MaskDecoder(const ModelConfig &config);
  void visit(const ParameterScope &scope);

  // image [B, C, h, h] (features with memory or no_mem_embed); image_pos
  // [1, C, h, h]; sparse [B, T, C]; dense [B or 1, C, h or 1, h or 1];
  // s0 [1, C/8, 4h, 4h], s1 [1, C/4, 2h, 2h] from conv_s0 and conv_s1, or
  // undefined without high-resolution features.
  DecodedMasks forward(const at::Tensor &image, const at::Tensor &image_pos,
                       const at::Tensor &sparse, const at::Tensor &dense,
                       const at::Tensor &s0, const at::Tensor &s1) const;

 private:
  at::Tensor all_tokens(const at::Tensor &sparse) const;
  at::Tensor upscale(const at::Tensor &image, const at::Tensor &s0,
                     const at::Tensor &s1) const;
};

}  // namespace sam2
