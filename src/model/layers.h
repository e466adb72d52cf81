// The layers the network is made of: plain structs of weights with a forward.
// Letters: B batch, N tokens, C channels, H and W rows and columns.
// All are const in forward: any thread, no synchronisation.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "model/parameters.h"

namespace sam2 {

// y = x Wᵀ + b over the last dimension.
struct Linear {
  int64_t in = 0;
  int64_t out = 0;
  at::Tensor weight;  // [out, in]
  at::Tensor bias;    // [out]
  bool has_bias = true;

  void visit(const ParameterScope &scope);
  at::Tensor forward(const at::Tensor &x) const;
};

// Over the last dimension.
struct LayerNorm {
  int64_t channels = 0;
  double eps = 1e-6;
  at::Tensor weight;
  at::Tensor bias;

  void visit(const ParameterScope &scope);
  at::Tensor forward(const at::Tensor &x) const;
};

// Over the channels of each pixel of x [B, C, H, W] ("LayerNorm2d").
struct ChannelNorm {
  LayerNorm norm;

  explicit ChannelNorm(int64_t channels = 0) : norm{channels, 1e-6, {}, {}} {}
  void visit(const ParameterScope &scope) { norm.visit(scope); }
  at::Tensor forward(const at::Tensor &x) const;
};

// x [B, in, H, W] -> [B, out, H', W'], channels-last memory.
struct Conv2d {
  int64_t in = 0;
  int64_t out = 0;
  int64_t kernel = 1;
  int64_t stride = 1;
  int64_t padding = 0;
  int64_t groups = 1;
  at::Tensor weight;  // [out, in/groups, kernel, kernel]
  at::Tensor bias;
  bool has_bias = true;

  void visit(const ParameterScope &scope);
  at::Tensor forward(const at::Tensor &x) const;
  // A 1x1 convolution on tokens x [..., in] -> [..., out].
  at::Tensor forward_tokens(const at::Tensor &x) const;
};

// Transposed convolution, kernel 2, stride 2: doubles H and W.
struct UpConv2d {
  int64_t in = 0;
  int64_t out = 0;
  at::Tensor weight;  // [in, out, 2, 2]
  at::Tensor bias;

  void visit(const ParameterScope &scope);
  at::Tensor forward(const at::Tensor &x) const;
};

enum class Activation { kRelu, kGelu };  // GELU is the exact one (erf)

at::Tensor activate(const at::Tensor &x, Activation activation);

// Linear layers with an activation between them, keys "layers.N".
struct Mlp {
  std::vector<Linear> layers;
  Activation activation = Activation::kRelu;

  Mlp() = default;
  // `widths` = input, hidden..., output.
  Mlp(const std::vector<int64_t> &widths, Activation activation);
  void visit(const ParameterScope &scope);
  at::Tensor forward(at::Tensor x) const;
};

// [B, H, W, C] seen as [B, C, H, W] without a copy (channels-last), and back.
inline at::Tensor as_bchw(const at::Tensor &x_bhwc) {
  return x_bhwc.permute({0, 3, 1, 2});
}
inline at::Tensor as_bhwc(const at::Tensor &x_bchw) {
  return x_bchw.permute({0, 2, 3, 1});
}

}  // namespace sam2
