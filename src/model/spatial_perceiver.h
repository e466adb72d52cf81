// Spatial perceiver: a memory becomes a fixed, small number of tokens (EdgeTAM,
// 512 instead of 4096), so that memory attention costs an eighth.
// Letters: B objects, h side of the memory's grid, C mem_dim, L latents that
// attend to the whole memory, W = w * w latents that attend to one window each
// of a w x w grid of windows, T = L + W.
// Source: sam2/modeling/perceiver.py of
// https://github.com/facebookresearch/EdgeTAM.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "model/config.h"
#include "model/layers.h"

namespace sam2 {

// LayerNorm, linear to 4 C, GELU, linear; no biases in the linear layers.
struct PerceiverFeedForward {
  LayerNorm norm;
  Linear expand;
  Linear reduce;

  explicit PerceiverFeedForward(int64_t channels);
  void visit(const ParameterScope &scope);
  at::Tensor forward(const at::Tensor &x) const;
};

// Projections of one attention, without biases. Keys and values are made by
// one layer: keys in the first half of its outputs.
struct PerceiverProjections {
  Linear to_q;
  Linear to_kv;
  Linear to_out;

  explicit PerceiverProjections(int64_t channels);
  void visit(const ParameterScope &scope);
};

// Both kinds of latents go through the same layer. All but the attention works
// token by token, so they stay in one tensor z [B, T, C], L first.
struct PerceiverLayer {
  int64_t heads;
  int64_t latents;  // L
  int64_t side;     // w
  LayerNorm norm_x;
  LayerNorm norm_latents;
  PerceiverProjections cross;
  PerceiverFeedForward cross_ff;
  LayerNorm norm_self;
  PerceiverProjections self;
  PerceiverFeedForward self_ff;

  explicit PerceiverLayer(const ModelConfig &config);
  void visit(const ParameterScope &scope);
  // memory [B, h * h, C], positions [h * h, C] -> z, [B, T, C].
  at::Tensor forward(const at::Tensor &z, const at::Tensor &memory,
                     const at::Tensor &positions) const;

 private:
  at::Tensor attend_to_memory(const at::Tensor &z, const at::Tensor &memory,
                              const at::Tensor &positions) const;
  at::Tensor attend_to_latents(const at::Tensor &z) const;
};

struct SpatialPerceiver {
  at::Tensor latents;     // [L, C]
  at::Tensor latents_2d;  // [W, C]
  std::vector<PerceiverLayer> layers;
  LayerNorm norm;
  PerceiverConfig config;

  explicit SpatialPerceiver(const ModelConfig &config);
  void visit(const ParameterScope &scope);

  // memory [B, h * h, C], row-major, h a multiple of w; positions [h * h, C],
  // its sine code. Returns [B, T, C]: L tokens that stand for the whole, then
  // W in the order of their windows. Objects of a batch do not mix. Const, any
  // thread.
  at::Tensor forward(const at::Tensor &memory,
                     const at::Tensor &positions) const;

  // Position code of the returned tokens, [T, C] float32: zeros for the first
  // L, the sine code of the w x w grid for the others.
  at::Tensor token_positions() const;
};

}  // namespace sam2
