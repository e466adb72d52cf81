// Trunk and neck: a picture becomes features, at three scales if the trunk has
// them.
#pragma once

#include <ATen/core/Tensor.h>

#include <variant>
#include <vector>

#include "model/config.h"
#include "model/hiera.h"
#include "model/layers.h"
#include "model/repvit.h"
#include "model/vit.h"

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

// What the rest of the network reads of a picture, [B, S/n, S/n, d_model] for
// the stride n.
struct ImageLevels {
  at::Tensor stride16;
  at::Tensor stride8;  // this and the next undefined behind a plain transformer
  at::Tensor stride4;
};

struct ImageEncoder {
  std::variant<Hiera, RepVit, Vit> trunk;
  std::variant<FpnNeck, VitNeck> neck;  // VitNeck belongs to Vit

  explicit ImageEncoder(const ModelConfig &config);
  void visit(const ParameterScope &scope);
  // Makes what the trunk derives from its weights, in `type`. To be called once
  // they are loaded.
  void fold(at::ScalarType type);

  // Position table of the trunk for an input of `size_px`; undefined for
  // RepViT, which has none.
  at::Tensor position_table(int64_t size_px) const;
  // The trunk's outputs, [B, H, W, C] from fine to coarse; `positions` from
  // position_table(S). A plain transformer has one.
  std::vector<at::Tensor> stages(const at::Tensor &image,
                                 const at::Tensor &positions) const;
  // image [B, 3, S, S].
  ImageLevels forward(const at::Tensor &image,
                      const at::Tensor &positions) const;
};

}  // namespace sam2
