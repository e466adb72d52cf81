// Memory encoder: a mask and the features of its frame become a memory.
// Letters: B objects, C d_model, Cm mem_dim, S model input size, h = S / 16.
// Source: sam2/modeling/memory_encoder.py.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "model/config.h"
#include "model/layers.h"

namespace sam2 {

// Mask to features: four strided convolutions and a 1x1 one.
struct MaskDownSampler {
  std::vector<Conv2d> convs;
  std::vector<ChannelNorm> norms;
  Conv2d last;

  explicit MaskDownSampler(int64_t d_model);
  void visit(const ParameterScope &scope);
  // mask [B, 1, S, S] -> [B, C, h, h].
  at::Tensor forward(const at::Tensor &mask) const;
};

// ConvNeXt block (Liu et al. 2022).
struct FuserBlock {
  Conv2d depthwise;
  LayerNorm norm;
  Linear expand;
  Linear reduce;
  at::Tensor gamma;  // [C], layer scale

  explicit FuserBlock(int64_t d_model);
  void visit(const ParameterScope &scope);
  at::Tensor forward(const at::Tensor &x) const;  // [B, C, h, h]
};

struct MemoryEncoder {
  MaskDownSampler mask_downsampler;
  Conv2d pix_feat_proj;
  std::vector<FuserBlock> fuser;
  Conv2d out_proj;

  explicit MemoryEncoder(const ModelConfig &config);
  void visit(const ParameterScope &scope);
  // What is the same for all objects of a frame: pix_feat [1 or B, C, h, h],
  // without memory, -> the same shape.
  at::Tensor project(const at::Tensor &pix_feat) const;
  // The rest: mask_for_memory [B, 1, S, S] in [-10, 10] (sigmoid x 20 - 10).
  // Returns [B, Cm, h, h].
  at::Tensor fuse(const at::Tensor &projected,
                  const at::Tensor &mask_for_memory) const;
  // Both.
  at::Tensor forward(const at::Tensor &pix_feat,
                     const at::Tensor &mask_for_memory) const {
    return fuse(project(pix_feat), mask_for_memory);
  }
};

}  // namespace sam2
