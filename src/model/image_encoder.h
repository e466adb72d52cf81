// Hiera trunk and feature pyramid: a picture becomes features at three scales.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "model/config.h"
#include "model/hiera.h"
#include "model/layers.h"

namespace sam2 {

// Feature pyramid: 1x1 convolutions to d_model; the stride-16 level adds the
// stride-32 level enlarged twice (nearest), the finer ones stand alone.
// Source: sam2/modeling/backbones/image_encoder.py:43-134.
struct FpnNeck {
  std::vector<Conv2d> convs;  // convs[0] belongs to the deepest level

  FpnNeck(const HieraConfig &hiera, int64_t d_model);
  void visit(const ParameterScope &scope);
  // Stage outputs [B, H, W, C] from fine to coarse -> the same levels with
  // d_model channels.
  std::vector<at::Tensor> forward(const std::vector<at::Tensor> &stages) const;
};

struct ImageEncoder {
  Hiera trunk;
  FpnNeck neck;

  explicit ImageEncoder(const ModelConfig &config)
      : trunk(config.hiera), neck(config.hiera, config.d_model) {}
  void visit(const ParameterScope &scope);
  // image [B, 3, S, S] -> levels of stride 4, 8, 16, 32, each [B, H, W,
  // d_model]; the tracker reads the first three.
  std::vector<at::Tensor> forward(const at::Tensor &image,
                                  const at::Tensor &positions) const;
};

}  // namespace sam2
