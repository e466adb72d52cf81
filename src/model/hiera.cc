#include "model/hiera.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/upsample_bicubic2d.h>

#include <algorithm>

#include "model/attention.h"

namespace sam2 {
namespace {

constexpr double kNormEps = 1e-6;

at::Tensor pool_2x2(const at::Tensor &x_bhwc) {
  return as_bhwc(at::max_pool2d(as_bchw(x_bhwc), {2, 2}, {2, 2}));
}

// Grid of windows over a padded picture.
struct WindowGrid {
  int64_t side;  // tokens per window side
  int64_t rows;  // windows
  int64_t columns;

  WindowGrid(int64_t height, int64_t width, int64_t side)
      : side(side),
        rows((height + side - 1) / side),
        columns((width + side - 1) / side) {}
};

// [B, H, W, C] -> [B * windows, side, side, C]; zeros fill the last row and
// column of windows.
at::Tensor partition(const at::Tensor &x, const WindowGrid &grid) {
  const int64_t pad_bottom = grid.rows * grid.side - x.size(1);
  const int64_t pad_right = grid.columns * grid.side - x.size(2);
  const at::Tensor padded =
      pad_bottom || pad_right
          ? at::constant_pad_nd(x, {0, 0, 0, pad_right, 0, pad_bottom})
          : x;
  return padded
      .reshape(
          {x.size(0), grid.rows, grid.side, grid.columns, grid.side, x.size(3)})
      .transpose(2, 3)
      .reshape({-1, grid.side, grid.side, x.size(3)});
}

// Back to [B, height, width, C], padding dropped.
at::Tensor unpartition(const at::Tensor &windows, const WindowGrid &grid,
                       int64_t height, int64_t width) {
  const int64_t batch = windows.size(0) / (grid.rows * grid.columns);
  return windows
      .reshape({batch, grid.rows, grid.columns, grid.side, grid.side,
                windows.size(3)})
      .transpose(2, 3)
      .reshape({batch, grid.rows * grid.side, grid.columns * grid.side,
                windows.size(3)})
      .slice(1, 0, height)
      .slice(2, 0, width);
}

}  // namespace

HieraBlock::HieraBlock(int64_t dim, int64_t dim_out, int64_t heads,
                       int64_t window)
    : heads(heads),
      window(window),
      pools(dim != dim_out),
      norm1{dim, kNormEps, {}, {}},
      norm2{dim_out, kNormEps, {}, {}},
      qkv{dim, 3 * dim_out, {}, {}},
      attn_proj{dim_out, dim_out, {}, {}},
      shortcut_proj{dim, dim_out, {}, {}},
      mlp({dim_out, 4 * dim_out, dim_out}, Activation::kGelu) {}

void HieraBlock::visit(const ParameterScope &scope) {
  norm1.visit(scope / "norm1");
  qkv.visit(scope / "attn" / "qkv");
  attn_proj.visit(scope / "attn" / "proj");
  norm2.visit(scope / "norm2");
  mlp.visit(scope / "mlp");
  if (pools) shortcut_proj.visit(scope / "proj");
}

// x [B, H, W, C]: attention inside each B, queries pooled if this block does.
at::Tensor HieraBlock::attention(const at::Tensor &x) const {
  const int64_t batch = x.size(0);
  const int64_t head_dim = qkv.out / 3 / heads;
  const auto parts = qkv.forward(x).chunk(3, -1);
  const at::Tensor q = pools ? pool_2x2(parts[0]) : parts[0];
  const auto split = [&](const at::Tensor &t) {
    return t.reshape({batch, -1, heads, head_dim}).transpose(1, 2).contiguous();
  };
  const at::Tensor out = attend(split(q), split(parts[1]), split(parts[2]));
  return attn_proj.forward(out.transpose(1, 2).reshape(
      {batch, q.size(1), q.size(2), heads * head_dim}));
}

at::Tensor HieraBlock::forward(const at::Tensor &x) const {
  const at::Tensor normed = norm1.forward(x);
  const at::Tensor shortcut =
      pools ? pool_2x2(shortcut_proj.forward(normed)) : x;
  at::Tensor mixed;
  if (window == 0) {
    mixed = attention(normed);
  } else {
    WindowGrid grid(x.size(1), x.size(2), window);
    mixed = attention(partition(normed, grid));
    if (pools) grid.side /= 2;
    mixed = unpartition(mixed, grid, shortcut.size(1), shortcut.size(2));
  }
  const at::Tensor sum = shortcut + mixed;
  return sum + mlp.forward(norm2.forward(sum));
}

Hiera::Hiera(const HieraConfig &config) : config(config) {
  patch_embed = {3, config.embed_dim, 7, 4, 3, 1, {}, {}};
  int64_t dim = config.embed_dim;
  int64_t heads = config.num_heads;
  int64_t index = 0;
  for (size_t stage = 0; stage < config.stages.size(); ++stage) {
    for (int64_t i = 0; i < config.stages[stage]; ++i, ++index) {
      const bool is_first_of_later_stage = stage > 0 && i == 0;
      if (is_first_of_later_stage) heads *= 2;
      const int64_t dim_out = is_first_of_later_stage ? 2 * dim : dim;
      const bool is_global = std::count(config.global_blocks.begin(),
                                        config.global_blocks.end(), index) > 0;
      // The first block of a stage still has the window of the one before.
      const int64_t window =
          config.window_sizes[is_first_of_later_stage ? stage - 1 : stage];
      blocks.emplace_back(dim, dim_out, heads, is_global ? 0 : window);
      dim = dim_out;
    }
  }
}

void Hiera::visit(const ParameterScope &scope) {
  const int64_t dim = config.embed_dim;
  const int64_t window = config.window_sizes[0];
  scope("pos_embed", pos_embed, {1, dim, config.pos_grid, config.pos_grid});
  scope("pos_embed_window", pos_embed_window, {1, dim, window, window});
  patch_embed.visit(scope / "patch_embed" / "proj");
  for (size_t i = 0; i < blocks.size(); ++i)
    blocks[i].visit(scope / "blocks" / i);
}

at::Tensor Hiera::position_table(int64_t side) const {
  const at::Tensor background =
      at::upsample_bicubic2d(pos_embed.to(at::kFloat), {side, side}, false);
  const int64_t window = pos_embed_window.size(2);
  const int64_t repeats = (side + window - 1) / window;
  const at::Tensor tiled = pos_embed_window.to(at::kFloat)
                               .repeat({1, 1, repeats, repeats})
                               .slice(2, 0, side)
                               .slice(3, 0, side);
  return as_bhwc(background + tiled).contiguous().to(pos_embed.scalar_type());
}

std::vector<at::Tensor> Hiera::forward(const at::Tensor &image,
                                       const at::Tensor &positions,
                                       std::vector<at::Tensor> *taps) const {
  const at::Tensor patches = as_bhwc(patch_embed.forward(image));
  if (taps) taps->push_back(patches);
  at::Tensor x = patches + positions;
  std::vector<at::Tensor> stages;
  size_t next = 0;
  for (size_t stage = 0; stage < config.stages.size(); ++stage) {
    for (int64_t i = 0; i < config.stages[stage]; ++i) {
      x = blocks[next++].forward(x);
      if (taps) taps->push_back(x);
    }
    stages.push_back(x);
  }
  return stages;
}

}  // namespace sam2
