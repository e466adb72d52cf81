#include "model/memory_encoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/gelu.h>

namespace sam2 {

MaskDownSampler::MaskDownSampler(int64_t d_model) {
  int64_t channels = 1;
  for (int i = 0; i < 4; ++i, channels *= 4) {
    convs.push_back({channels, 4 * channels, 3, 2, 1, 1, {}, {}});
    norms.emplace_back(4 * channels);
  }
  last = {channels, d_model, 1, 1, 0, 1, {}, {}};
}

void MaskDownSampler::visit(const ParameterScope &scope) {
  // In the reference's sequence every third entry is the activation.
  for (size_t i = 0; i < convs.size(); ++i) {
    convs[i].visit(scope / "encoder" / (3 * i));
    norms[i].visit(scope / "encoder" / (3 * i + 1));
  }
  last.visit(scope / "encoder" / (3 * convs.size()));
}

at::Tensor MaskDownSampler::forward(const at::Tensor &mask) const {
  at::Tensor x = mask;
  for (size_t i = 0; i < convs.size(); ++i)
    x = at::gelu(norms[i].forward(convs[i].forward(x)));
  return last.forward(x);
}

FuserBlock::FuserBlock(int64_t d_model)
    : depthwise{d_model, d_model, 7, 1, 3, d_model, {}, {}},
      norm{d_model, 1e-6, {}, {}},
      expand{d_model, 4 * d_model, {}, {}},
      reduce{4 * d_model, d_model, {}, {}} {}

void FuserBlock::visit(const ParameterScope &scope) {
  scope("gamma", gamma, {norm.channels});
  depthwise.visit(scope / "dwconv");
  norm.visit(scope / "norm");
  expand.visit(scope / "pwconv1");
  reduce.visit(scope / "pwconv2");
}

at::Tensor FuserBlock::forward(const at::Tensor &x) const {
  const at::Tensor y = norm.forward(as_bhwc(depthwise.forward(x)));
  return x + as_bchw(gamma * reduce.forward(at::gelu(expand.forward(y))));
}

MemoryEncoder::MemoryEncoder(const ModelConfig &config)
    : mask_downsampler(config.d_model),
      pix_feat_proj{config.d_model, config.d_model, 1, 1, 0, 1, {}, {}},
      fuser(2, FuserBlock(config.d_model)),
      out_proj{config.d_model, config.mem_dim, 1, 1, 0, 1, {}, {}} {}

void MemoryEncoder::visit(const ParameterScope &scope) {
  mask_downsampler.visit(scope / "mask_downsampler");
  pix_feat_proj.visit(scope / "pix_feat_proj");
  for (size_t i = 0; i < fuser.size(); ++i)
    fuser[i].visit(scope / "fuser" / "layers" / i);
  out_proj.visit(scope / "out_proj");
}

at::Tensor MemoryEncoder::project(const at::Tensor &pix_feat) const {
  return pix_feat_proj.forward(pix_feat);
}

at::Tensor MemoryEncoder::forward(const at::Tensor &projected,
                                  const at::Tensor &mask_for_memory) const {
  at::Tensor x = projected + mask_downsampler.forward(mask_for_memory);
  for (const auto &block : fuser) x = block.forward(x);
  return out_proj.forward(x);
}

}  // namespace sam2
