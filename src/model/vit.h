// A plain vision transformer, that encodes a picture for EfficientTAM: one grid
// of tokens of 16 x 16 pixels from the first block to the last.
// Letters: B pictures, H and W token rows and columns, C channels.
// Source of the names and rules: modeling/backbones/vitdet.py and
// image_encoder.py of https://github.com/yformer/EfficientTAM.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "model/config.h"
#include "model/hiera.h"
#include "model/layers.h"

namespace sam2 {

struct Vit {
  Conv2d patch_embed;
  at::Tensor pos_embed;  // [1, 1 + grid * grid, C], a class token's first
  std::vector<HieraBlock> blocks;  // that do not pool
  VitConfig config;

  explicit Vit(const VitConfig &config);
  void visit(const ParameterScope &scope);

  // Position table for a token grid of `side` x `side`: [1, side, side, C].
  at::Tensor position_table(int64_t side) const;

  // image [B, 3, S, S]; `positions` from position_table(S / 16).
  // Returns [B, S/16, S/16, C]. If `taps` is given, the embedded patches and
  // every block's output are appended to it (for tests).
  at::Tensor forward(const at::Tensor &image, const at::Tensor &positions,
                     std::vector<at::Tensor> *taps) const;
};

// Two convolutions, each with a norm over channels behind it: to d_model
// channels, then 3x3.
struct VitNeck {
  Conv2d reduce;
  ChannelNorm reduce_norm;
  Conv2d mix;
  ChannelNorm mix_norm;

  explicit VitNeck(const ModelConfig &config);
  void visit(const ParameterScope &scope);
  // x [B, H, W, C] -> [B, H, W, d_model].
  at::Tensor forward(const at::Tensor &x) const;
};

}  // namespace sam2
