// Prompt encoder: clicks, boxes and masks become embeddings for the decoder.
// Letters: B objects, P points, C d_model, h token grid side.
// Source: sam2/modeling/sam/prompt_encoder.py.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "model/config.h"
#include "model/layers.h"

namespace sam2 {

// What a point means to the network.
enum PointLabel : int {
  kPadding = -1,
  kNegative = 0,
  kPositive = 1,
  kBoxTopLeft = 2,
  kBoxBottomRight = 3
};

struct PromptEncoder {
  at::Tensor gaussian;                       // [2, C/2], random frequencies
  std::vector<at::Tensor> point_embeddings;  // 4 x [1, C], by PointLabel
  at::Tensor not_a_point_embed;              // [1, C]
  at::Tensor no_mask_embed;                  // [1, C]
  Conv2d mask_conv0;
  ChannelNorm mask_norm0;
  Conv2d mask_conv1;
  ChannelNorm mask_norm1;
  Conv2d mask_conv2;
  int64_t d_model;

  explicit PromptEncoder(const ModelConfig &config);
  void visit(const ParameterScope &scope);

  // coords [B, P, 2] float32, pixels of the model input, x first; labels
  // [B, P] int32, see PointLabel; `input_size` in pixels. A padding point is
  // appended always. Returns [B, P + 1, C].
  at::Tensor encode_points(const at::Tensor &coords, const at::Tensor &labels,
                           int64_t input_size) const;
  // mask_logits [B, 1, 4h, 4h] (resized to that if it has another size)
  // -> [B, C, h, h].
  at::Tensor encode_mask(const at::Tensor &mask_logits, int64_t grid) const;
  // Without a mask: [1, C, 1, 1], to be broadcast.
  at::Tensor encode_no_mask() const;
  // Position code of the token grid: [1, C, grid, grid].
  at::Tensor dense_positions(int64_t grid) const;

 private:
  // Coordinates in [0, 1] -> [..., C].
  at::Tensor encode_unit_coords(const at::Tensor &coords) const;
};

}  // namespace sam2
