#include "model/mask_decoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/stack.h>

namespace sam2 {

MaskDecoder::MaskDecoder(const ModelConfig &c)
    : transformer(c),
      up0{c.d_model, c.d_model / 4, {}, {}},
      up_norm(c.d_model / 4),
      up1{c.d_model / 4, c.d_model / 8, {}, {}},
      has_high_res_features(c.has_high_res_features()),
      conv_s0{c.d_model, c.d_model / 8, 1, 1, 0, 1, {}, {}},
      conv_s1{c.d_model, c.d_model / 4, 1, 1, 0, 1, {}, {}},
      hypernetworks(c.num_mask_tokens,
                    Mlp({c.d_model, c.d_model, c.d_model, c.d_model / 8},
                        Activation::kRelu)),
      iou_head(
          {c.d_model, c.iou_head_hidden, c.iou_head_hidden, c.num_mask_tokens},
          Activation::kRelu),
      object_score_head({c.d_model, c.d_model, c.d_model, 1},
                        Activation::kRelu),
      d_model(c.d_model) {}

void MaskDecoder::visit(const ParameterScope &scope) {
  transformer.visit(scope / "transformer");
  (scope / "iou_token")("weight", iou_token, {1, d_model});
  (scope / "mask_tokens")(
      "weight", mask_tokens,
      {static_cast<int64_t>(hypernetworks.size()), d_model});
  (scope / "obj_score_token")("weight", obj_score_token, {1, d_model});
  up0.visit(scope / "output_upscaling" / 0);
  up_norm.visit(scope / "output_upscaling" / 1);
  up1.visit(scope / "output_upscaling" / 3);
  if (has_high_res_features) {
    conv_s0.visit(scope / "conv_s0");
    conv_s1.visit(scope / "conv_s1");
  }
  for (size_t i = 0; i < hypernetworks.size(); ++i)
    hypernetworks[i].visit(scope / "output_hypernetworks_mlps" / i);
  iou_head.visit(scope / "iou_prediction_head");
  object_score_head.visit(scope / "pred_obj_score_head");
}

// Object score, IoU, masks, then the prompt: [B, 2 + 4 + T, C].
at::Tensor MaskDecoder::all_tokens(const at::Tensor &sparse) const {
  const at::Tensor own =
      at::cat({obj_score_token, iou_token, mask_tokens}, 0).unsqueeze(0);
  return at::cat({own.expand({sparse.size(0), -1, -1}), sparse}, 1);
}

at::Tensor MaskDecoder::upscale(const at::Tensor &image, const at::Tensor &s0,
                                const at::Tensor &s1) const {
  const auto plus = [&](const at::Tensor &x, const at::Tensor &level) {
    return has_high_res_features ? x + level : x;
  };
  const at::Tensor x = at::gelu(up_norm.forward(plus(up0.forward(image), s1)));
  return at::gelu(plus(up1.forward(x), s0));
}

DecodedMasks MaskDecoder::forward(const at::Tensor &image,
                                  const at::Tensor &image_pos,
                                  const at::Tensor &sparse,
                                  const at::Tensor &dense, const at::Tensor &s0,
                                  const at::Tensor &s1) const {
  const int64_t batch = sparse.size(0);
  const int64_t side = image.size(2);
  const auto as_tokens = [](const at::Tensor &x) {
    return x.flatten(2).transpose(1, 2);
  };
  const TwoWayState state = transformer.forward(
      all_tokens(sparse), as_tokens(image + dense), as_tokens(image_pos));
  constexpr int64_t kFirstMaskToken = 2;
  DecodedMasks out;
  out.tokens = state.tokens.slice(
      1, kFirstMaskToken,
      kFirstMaskToken + static_cast<int64_t>(hypernetworks.size()));
  const at::Tensor upscaled =
      upscale(as_bchw(state.image.view({batch, side, side, d_model})), s0, s1);
  std::vector<at::Tensor> filters;
  for (size_t i = 0; i < hypernetworks.size(); ++i)
    filters.push_back(hypernetworks[i].forward(out.tokens.select(1, i)));
  // Pixels are rows here: channels-last memory multiplies without a copy.
  const at::Tensor pixels = as_bhwc(upscaled).flatten(1, 2);
  out.masks = at::matmul(at::stack(filters, 1), pixels.transpose(1, 2))
                  .view({batch, -1, 4 * side, 4 * side});
  out.ious = at::sigmoid(iou_head.forward(state.tokens.select(1, 1)));
  out.object_score = object_score_head.forward(state.tokens.select(1, 0));
  return out;
}

}  // namespace sam2
