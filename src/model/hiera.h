// Hiera: the hierarchical vision transformer that encodes a picture.
// Letters: B pictures, H and W token rows and columns, C channels.
// Source: sam2/modeling/backbones/hieradet.py, .../backbones/utils.py.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "model/config.h"
#include "model/layers.h"

namespace sam2 {

// One transformer block; the first of stages 2 to 4 halves the grid by pooling
// its queries and doubles the channels.
struct HieraBlock {
  int64_t heads = 1;
  int64_t window = 0;  // tokens per side; 0 = attends to the whole grid
  bool pools = false;  // 2x2
  LayerNorm norm1;
  LayerNorm norm2;
  Linear qkv;
  Linear attn_proj;
  Linear shortcut_proj;  // only where the channels change
  Mlp mlp;

  HieraBlock(int64_t dim, int64_t dim_out, int64_t heads, int64_t window);
  void visit(const ParameterScope &scope);
  // x [B, H, W, C] -> [B, H', W', C'].
  at::Tensor forward(const at::Tensor &x) const;

 private:
  at::Tensor attention(const at::Tensor &x) const;
};

struct Hiera {
  Conv2d patch_embed;
  at::Tensor pos_embed;         // [1, C, grid, grid]
  at::Tensor pos_embed_window;  // [1, C, window, window]
  std::vector<HieraBlock> blocks;
  HieraConfig config;

  explicit Hiera(const HieraConfig &config);
  void visit(const ParameterScope &scope);

  // Position table for a token grid of `side` x `side`: [1, side, side, C].
  at::Tensor position_table(int64_t side) const;

  // image [B, 3, S, S]; `positions` from position_table(S / 4).
  // Returns the output of each stage's last block, [B, S/4, S/4, C],
  // [B, S/8, S/8, 2C], ... If `taps` is given, the embedded patches and every
  // block's output are appended to it (for tests).
  std::vector<at::Tensor> forward(const at::Tensor &image,
                                  const at::Tensor &positions,
                                  std::vector<at::Tensor> *taps) const;
};

}  // namespace sam2
