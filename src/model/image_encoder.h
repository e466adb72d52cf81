// Trunk and feature pyramid: a picture becomes features at three scales.
#pragma once

#include <ATen/core/Tensor.h>

#include <variant>
#include <vector>

#include "model/config.h"
#include "model/hiera.h"
#include "model/layers.h"
#include "model/repvit.h"

namespace sam2 {

// Feature pyramid: 1x1 convolutions to d_model; the stride-16 level adds the
// stride-32 level enlarged twice (nearest), the finer ones stand alone.
// Source: sam2/modeling/backbones/image_encoder.py:43-134.
struct FpnNeck {
  std::vector<Conv2d> convs;  // convs[0] belongs to the deepest level

  explicit FpnNeck(const ModelConfig &config);
  void visit(const ParameterScope &scope);
  // Stage outputs [B, H, W, C] from fine to coarse -> the same levels with
  // d_model channels.
  std::vector<at::Tensor> forward(const std::vector<at::Tensor> &stages) const;
};

struct ImageEncoder {
  std::variant<Hiera, RepVit> trunk;
  FpnNeck neck;

  explicit ImageEncoder(const ModelConfig &config);
  void visit(const ParameterScope &scope);
  // Makes what the trunk derives from its weights, in `type`. To be called once
  // they are loaded.
  void fold(at::ScalarType type);

  // Position table of Hiera for an input of `size_px`; undefined for RepViT,
  // which has none.
  at::Tensor position_table(int64_t size_px) const;
  // The trunk's outputs, [B, H, W, C] from fine to coarse; `positions` from
  // position_table(S).
  std::vector<at::Tensor> stages(const at::Tensor &image,
                                 const at::Tensor &positions) const;
  // image [B, 3, S, S] -> levels of stride 4, 8, 16, 32, each [B, H, W,
  // d_model]; the tracker reads the first three.
  std::vector<at::Tensor> forward(const at::Tensor &image,
                                  const at::Tensor &positions) const;
};

}  // namespace sam2
