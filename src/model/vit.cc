#include "model/vit.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/upsample_bicubic2d.h>

#include <algorithm>

namespace sam2 {
namespace {

constexpr int64_t kPatchPx = 16;

}  // namespace

Vit::Vit(const VitConfig &config)
    : patch_embed{3, config.embed_dim, kPatchPx, kPatchPx, 0, 1, {}, {}},
      config(config) {
  const auto &global = config.global_blocks;
  for (int64_t i = 0; i < config.depth; ++i) {
    const bool is_global =
        std::find(global.begin(), global.end(), i) != global.end();
    blocks.emplace_back(config.embed_dim, config.embed_dim, config.num_heads,
                        is_global ? 0 : config.window_size);
  }
}

void Vit::visit(const ParameterScope &scope) {
  scope("pos_embed", pos_embed,
        {1, 1 + config.pos_grid * config.pos_grid, config.embed_dim});
  patch_embed.visit(scope / "patch_embed" / "proj");
  for (size_t i = 0; i < blocks.size(); ++i)
    blocks[i].visit(scope / "blocks" / i);
}

at::Tensor Vit::position_table(int64_t side) const {
  const int64_t stored = config.pos_grid;
  const at::Tensor grid = pos_embed.to(at::kFloat)
                              .slice(1, 1)
                              .view({1, stored, stored, config.embed_dim});
  const at::Tensor table =
      side == stored
          ? grid
          : as_bhwc(at::upsample_bicubic2d(as_bchw(grid), {side, side}, false));
  return table.contiguous().to(pos_embed.scalar_type());
}

at::Tensor Vit::forward(const at::Tensor &image, const at::Tensor &positions,
                        std::vector<at::Tensor> *taps) const {
  const at::Tensor patches = as_bhwc(patch_embed.forward(image));
  if (taps) taps->push_back(patches);
  at::Tensor x = patches + positions;
  for (const HieraBlock &block : blocks) {
    x = block.forward(x);
    if (taps) taps->push_back(x);
  }
  return x;
}

VitNeck::VitNeck(const ModelConfig &c)
    : reduce{c.vit.embed_dim, c.d_model, 1, 1, 0, 1, {}, {}, false},
      reduce_norm(c.d_model),
      mix{c.d_model, c.d_model, 3, 1, 1, 1, {}, {}, false},
      mix_norm(c.d_model) {}

void VitNeck::visit(const ParameterScope &scope) {
  const ParameterScope level = scope / "convs" / 0;
  reduce.visit(level / "conv_1x1");
  reduce_norm.visit(level / "norm_0");
  mix.visit(level / "conv_3x3");
  mix_norm.visit(level / "norm_1");
}

at::Tensor VitNeck::forward(const at::Tensor &x) const {
  const at::Tensor reduced = as_bchw(reduce.forward_tokens(x));
  return as_bhwc(mix_norm.forward(mix.forward(reduce_norm.forward(reduced))));
}

}  // namespace sam2
