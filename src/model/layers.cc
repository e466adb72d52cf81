#include "model/layers.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/baddbmm.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/conv_transpose2d.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/relu.h>

#include <algorithm>

namespace sam2 {
namespace {

// OpenBLAS adds up products of fewer multiplications than about a million in
// another order (its kernels for small matrices); the rest is margin.
constexpr int64_t kSmallProduct = 4 << 20;

// Whether dimension 0 of x, the objects, goes through products of its own. One
// product for all would round each object's numbers by how many there are, if
// it is small; so they are the same to the bit beside others. Training has no
// use for that.
bool goes_apart(const at::Tensor &x, int64_t out) {
  return x.dim() <= 3 && x.device().is_cpu() && x.scalar_type() == at::kFloat &&
         !at::GradMode::is_enabled() &&
         x.numel() / std::max<int64_t>(x.size(0), 1) * out <= kSmallProduct;
}

// x [B, in] or [B, n, in] -> [B, out] or [B, n, out].
at::Tensor multiply_apart(const at::Tensor &x, const at::Tensor &weight,
                          const at::Tensor &bias) {
  if (x.dim() == 2)
    return multiply_apart(x.unsqueeze(1), weight, bias).squeeze(1);
  const at::Tensor shared = weight.t().unsqueeze(0).expand(
      {x.size(0), weight.size(1), weight.size(0)});
  return bias.defined() ? at::baddbmm(bias, x, shared) : at::bmm(x, shared);
}

// x [..., in], weight [out, in], bias [out] or undefined.
at::Tensor multiply(const at::Tensor &x, const at::Tensor &weight,
                    const at::Tensor &bias) {
  return goes_apart(x, weight.size(0)) ? multiply_apart(x, weight, bias)
                                       : at::linear(x, weight, bias);
}

}  // namespace

void Linear::visit(const ParameterScope &scope) {
  scope("weight", weight, {out, in});
  if (has_bias) scope("bias", bias, {out});
}

at::Tensor Linear::forward(const at::Tensor &x) const {
  return multiply(x, weight, bias);
}

void LayerNorm::visit(const ParameterScope &scope) {
  scope("weight", weight, {channels});
  scope("bias", bias, {channels});
}

at::Tensor LayerNorm::forward(const at::Tensor &x) const {
  return at::layer_norm(x, {channels}, weight, bias, eps);
}

at::Tensor ChannelNorm::forward(const at::Tensor &x) const {
  return as_bchw(norm.forward(as_bhwc(x)));
}

void Conv2d::visit(const ParameterScope &scope) {
  scope("weight", weight, {out, in / groups, kernel, kernel});
  if (has_bias) scope("bias", bias, {out});
}

at::Tensor Conv2d::forward(const at::Tensor &x) const {
  return at::conv2d(x.contiguous(at::MemoryFormat::ChannelsLast), weight, bias,
                    {stride, stride}, {padding, padding}, {1, 1}, groups);
}

at::Tensor Conv2d::forward_tokens(const at::Tensor &x) const {
  return multiply(x, weight.view({out, in}), bias);
}

void UpConv2d::visit(const ParameterScope &scope) {
  scope("weight", weight, {in, out, 2, 2});
  scope("bias", bias, {out});
}

at::Tensor UpConv2d::forward(const at::Tensor &x) const {
  return at::conv_transpose2d(x.contiguous(at::MemoryFormat::ChannelsLast),
                              weight, bias, {2, 2});
}

at::Tensor activate(const at::Tensor &x, Activation activation) {
  return activation == Activation::kRelu ? at::relu(x) : at::gelu(x);
}

Mlp::Mlp(const std::vector<int64_t> &widths, Activation activation)
    : activation(activation) {
  for (size_t i = 0; i + 1 < widths.size(); ++i)
    layers.push_back({widths[i], widths[i + 1], {}, {}});
}

void Mlp::visit(const ParameterScope &scope) {
  for (size_t i = 0; i < layers.size(); ++i)
    layers[i].visit(scope / "layers" / i);
}

at::Tensor Mlp::forward(at::Tensor x) const {
  for (size_t i = 0; i < layers.size(); ++i) {
    x = layers[i].forward(x);
    if (i + 1 < layers.size()) x = activate(x, activation);
  }
  return x;
}

}  // namespace sam2
