#include "model/prompt_encoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/_upsample_bilinear2d_aa.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include <cmath>

namespace sam2 {

PromptEncoder::PromptEncoder(const ModelConfig &config)
    : point_embeddings(4), d_model(config.d_model) {
  const int64_t wide = config.mask_in_channels;
  mask_conv0 = {1, wide / 4, 2, 2, 0, 1, {}, {}};
  mask_norm0 = ChannelNorm(wide / 4);
  mask_conv1 = {wide / 4, wide, 2, 2, 0, 1, {}, {}};
  mask_norm1 = ChannelNorm(wide);
  mask_conv2 = {wide, d_model, 1, 1, 0, 1, {}, {}};
}

void PromptEncoder::visit(const ParameterScope &scope) {
  (scope / "pe_layer")("positional_encoding_gaussian_matrix", gaussian,
                       {2, d_model / 2});
  for (size_t i = 0; i < point_embeddings.size(); ++i)
    (scope / "point_embeddings" / i)("weight", point_embeddings[i],
                                     {1, d_model});
  (scope / "not_a_point_embed")("weight", not_a_point_embed, {1, d_model});
  mask_conv0.visit(scope / "mask_downscaling" / 0);
  mask_norm0.visit(scope / "mask_downscaling" / 1);
  mask_conv1.visit(scope / "mask_downscaling" / 3);
  mask_norm1.visit(scope / "mask_downscaling" / 4);
  mask_conv2.visit(scope / "mask_downscaling" / 6);
  (scope / "no_mask_embed")("weight", no_mask_embed, {1, d_model});
}

at::Tensor PromptEncoder::encode_unit_coords(const at::Tensor &coords) const {
  const at::Tensor angle = at::matmul(coords * 2 - 1, gaussian) * (2 * M_PI);
  return at::cat({angle.sin(), angle.cos()}, -1);
}

at::Tensor PromptEncoder::encode_points(const at::Tensor &coords,
                                        const at::Tensor &labels,
                                        int64_t input_size) const {
  const int64_t batch = coords.size(0);
  // 0.5 moves to the centre of the pixel.
  const at::Tensor points =
      at::cat({(coords + 0.5) / static_cast<double>(input_size),
               at::zeros({batch, 1, 2}, coords.options())},
              1);
  const at::Tensor kinds =
      at::cat({labels, at::full({batch, 1}, kPadding, labels.options())}, 1)
          .unsqueeze(-1);
  at::Tensor out = at::where(kinds == kPadding, not_a_point_embed,
                             encode_unit_coords(points));
  for (int label = kNegative; label <= kBoxBottomRight; ++label)
    out = at::where(kinds == label, out + point_embeddings[label], out);
  return out;
}

at::Tensor PromptEncoder::encode_mask(const at::Tensor &mask_logits,
                                      int64_t grid) const {
  const int64_t side = 4 * grid;
  const bool fits = mask_logits.size(2) == side && mask_logits.size(3) == side;
  at::Tensor x =
      fits ? mask_logits
           : at::_upsample_bilinear2d_aa(mask_logits, {side, side}, false);
  x = at::gelu(mask_norm0.forward(mask_conv0.forward(x)));
  x = at::gelu(mask_norm1.forward(mask_conv1.forward(x)));
  return mask_conv2.forward(x);
}

at::Tensor PromptEncoder::encode_no_mask() const {
  return no_mask_embed.view({1, d_model, 1, 1});
}

at::Tensor PromptEncoder::dense_positions(int64_t grid) const {
  const at::Tensor centres =
      (at::arange(grid, gaussian.options()) + 0.5) / static_cast<double>(grid);
  const at::Tensor x = centres.unsqueeze(0).expand({grid, grid});
  const at::Tensor y = centres.unsqueeze(1).expand({grid, grid});
  return as_bchw(encode_unit_coords(at::stack({x, y}, -1)).unsqueeze(0))
      .contiguous();
}

}  // namespace sam2
