#include "model/layers.h"

#include <ATen/ops/conv2d.h>
#include <ATen/ops/conv_transpose2d.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/relu.h>

namespace sam2 {

void Linear::visit(const ParameterScope &scope) {
  scope("weight", weight, {out, in});
  if (has_bias) scope("bias", bias, {out});
}

at::Tensor Linear::forward(const at::Tensor &x) const {
  return at::linear(x, weight, bias);
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
  scope("bias", bias, {out});
}

at::Tensor Conv2d::forward(const at::Tensor &x) const {
  return at::conv2d(x.contiguous(at::MemoryFormat::ChannelsLast), weight, bias,
                    {stride, stride}, {padding, padding}, {1, 1}, groups);
}

at::Tensor Conv2d::forward_tokens(const at::Tensor &x) const {
  return at::linear(x, weight.view({out, in}), bias);
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
