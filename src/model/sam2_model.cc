#include "model/sam2_model.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/_upsample_bilinear2d_aa.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>

#include "base/error.h"

namespace sam2 {
namespace {

constexpr int64_t kMinSize = 64;
constexpr int64_t kMaxSize = 2048;
// Mask logit everywhere when the object is absent (NO_OBJ_SCORE).
constexpr double kNoObject = -1024.0;
// Mask prompts as logits: 0/1 -> -10/10.
constexpr double kMaskPromptScale = 20.0;
constexpr double kMaskPromptBias = -10.0;

int64_t checked_size(int64_t requested, const ModelConfig &config) {
  const int64_t size = requested == 0 ? config.image_size : requested;
  const int64_t step = config.size_step_px();
  const int64_t least = std::max(kMinSize, step);
  if (size % step == 0 && size >= least && size <= kMaxSize) return size;
  throw Error(ErrorCode::kSetting,
              "The input size " + std::to_string(size) +
                  " cannot be used. Set input-size to 0 (the model's own) or "
                  "to a multiple of " +
                  std::to_string(step) + " from " + std::to_string(least) +
                  " to " + std::to_string(kMaxSize) + ".");
}

at::Tensor select_row(const at::Tensor &x, const at::Tensor &index) {
  // x [B, n, ...], index [B] -> [B, 1, ...]
  std::vector<int64_t> view(x.dim(), 1);
  view[0] = x.size(0);
  auto expanded = x.sizes().vec();
  expanded[1] = 1;
  return x.gather(1, index.view(view).expand(expanded));
}

// Share of the pixels above -delta that are above delta too.
at::Tensor stability(const at::Tensor &mask_logits, double delta) {
  const at::Tensor flat = mask_logits.flatten(2);
  const at::Tensor inside = flat.gt(delta).sum(-1).to(at::kFloat);
  const at::Tensor around = flat.gt(-delta).sum(-1).to(at::kFloat);
  return at::where(around > 0, inside / around, at::ones({}, around.options()));
}

}  // namespace

int64_t EncodedFrame::bytes() const {
  int64_t bytes = 0;
  for (const at::Tensor &t : {pix_feat, s0, s1})
    if (t.defined()) bytes += static_cast<int64_t>(t.nbytes());
  return bytes;
}

Sam2Model::Sam2Model(Sam2Network network, int64_t input_size_px)
    : network_(std::move(network)),
      input_size_(checked_size(input_size_px, network_.config)),
      no_mem_embed_(network_.no_mem_embed) {
  const ModelConfig &c = network_.config;
  const auto on_device = [&](const at::Tensor &t) { return t.to(device()); };
  const auto typed = [&](const at::Tensor &t) {
    return t.to(device(), type()).contiguous();
  };
  encoder_positions_ = network_.image_encoder.position_table(input_size_);
  if (encoder_positions_.defined())
    encoder_positions_ = typed(encoder_positions_);
  feature_positions_ = typed(sine_grid(grid(), grid(), c.d_model));
  const at::Tensor by_grid = sine_grid(grid(), grid(), c.mem_dim);
  grid_positions_ = typed(by_grid);
  const auto &perceiver = network_.spatial_perceiver;
  const at::Tensor by_token =
      perceiver ? perceiver->token_positions() : by_grid;
  memory_positions_ =
      typed(on_device(by_token).unsqueeze(0) +
            network_.maskmem_tpos_enc.view({c.num_maskmem, 1, c.mem_dim}));
  // By token, as the decoder reads it.
  dense_positions_ = network_.prompt_encoder.dense_positions(grid()).contiguous(
      at::MemoryFormat::ChannelsLast);
  make_rotary_tables();
  claim_.emplace(device(), MemoryOwner::kWeights, table_bytes());
}

// Behind a perceiver keys have a grid of their own, whatever the input's size,
// and queries turn as their places do at the model's own size, so that the two
// keep the relation they were trained with. Latents without a place do not
// turn: angle 0.
void Sam2Model::make_rotary_tables() {
  const ModelConfig &c = config();
  const auto on_device = [&](const RotaryTable &t) {
    return RotaryTable{t.cosine.to(device()), t.sine.to(device())};
  };
  const RotaryTable frame = on_device(rotary_grid(grid(), c.d_model));
  rotary_ = {frame, frame, frame};
  if (!c.has_spatial_perceiver) return;
  const double step = static_cast<double>(c.image_size) / input_size_;
  rotary_.queries = on_device(rotary_grid(grid(), c.d_model, step));
  const RotaryTable windows = rotary_grid(c.perceiver.side(), c.d_model);
  const at::Tensor still =
      at::zeros({c.perceiver.latents, c.d_model / 2}, at::kFloat);
  rotary_.keys = on_device(
      {at::cat({still.cos(), windows.cosine}), at::cat({still, windows.sine})});
}

int64_t Sam2Model::parameter_count() const {
  int64_t count = 0;
  Sam2Network copy = network_;  // tensors are shared, only handles are copied
  copy.visit([&](const std::string &, at::Tensor &t,
                 const std::vector<int64_t> &) { count += t.numel(); });
  return count;
}

int64_t Sam2Model::table_bytes() const {
  int64_t bytes = 0;
  for (const at::Tensor &table :
       {encoder_positions_, feature_positions_, memory_positions_,
        grid_positions_, dense_positions_})
    if (table.defined()) bytes += table.nbytes();
  const auto bytes_of = [](const RotaryTable &table) {
    return static_cast<int64_t>(table.cosine.nbytes() + table.sine.nbytes());
  };
  bytes += bytes_of(rotary_.frame);
  if (!config().has_spatial_perceiver) return bytes;
  return bytes + bytes_of(rotary_.queries) + bytes_of(rotary_.keys);
}

EncodedFrame Sam2Model::encode_image(const at::Tensor &image) const {
  const ImageLevels levels =
      network_.image_encoder.forward(image.to(type()), encoder_positions_);
  const at::Tensor pix_feat = levels.stride16.flatten(1, 2);
  if (!config().has_high_res_features()) return {pix_feat, {}, {}};
  const auto reduced = [](const Conv2d &conv, const at::Tensor &level) {
    return as_bchw(conv.forward_tokens(level).to(at::kFloat));
  };
  return {pix_feat, reduced(network_.mask_decoder.conv_s0, levels.stride4),
          reduced(network_.mask_decoder.conv_s1, levels.stride8)};
}

at::Tensor Sam2Model::without_memory(const EncodedFrame &frame) const {
  return frame.pix_feat + no_mem_embed_;
}

at::Tensor Sam2Model::with_memory(const EncodedFrame &frame,
                                  const at::Tensor &memory,
                                  const at::Tensor &positions,
                                  int64_t pointer_tokens) const {
  return with_memory(start_attention(frame), memory, positions, pointer_tokens);
}

SelfAttended Sam2Model::start_attention(const EncodedFrame &frame) const {
  return network_.memory_attention.start(frame.pix_feat, feature_positions_,
                                         rotary_);
}

at::Tensor Sam2Model::with_memory(const SelfAttended &started,
                                  const at::Tensor &memory,
                                  const at::Tensor &positions,
                                  int64_t pointer_tokens) const {
  return network_.memory_attention.finish(started, memory, positions,
                                          pointer_tokens, rotary_);
}

// [B, N, C] -> [B, C, h, h], channels-last, no copy.
at::Tensor Sam2Model::as_image(const at::Tensor &tokens) const {
  return as_bchw(tokens.view({tokens.size(0), grid(), grid(), tokens.size(2)}));
}

// The reference's rules: sam2/modeling/sam2_base.py:341-412 and
// sam2/modeling/sam/mask_decoder.py:248-295.
MaskOutput Sam2Model::choose(const DecodedMasks &decoded, bool wants_multimask,
                             double min_object_score) const {
  const ModelConfig &c = config();
  const at::Tensor is_present = decoded.object_score > min_object_score;
  const at::Tensor masks = at::where(is_present.unsqueeze(-1).unsqueeze(-1),
                                     decoded.masks, kNoObject);
  const at::Tensor three_ious = decoded.ious.slice(1, 1);
  const at::Tensor best = three_ious.argmax(1) + 1;  // [B], 1...3
  at::Tensor chosen = best;
  at::Tensor token = best;
  if (!wants_multimask) {
    token = at::zeros_like(best);
    chosen = token;
    if (c.dynamic_multimask_via_stability) {
      const at::Tensor is_stable =
          stability(decoded.masks.slice(1, 0, 1), c.stability_delta)
              .ge(c.stability_threshold)
              .squeeze(1);
      chosen = at::where(is_stable, token, best);
    }
  }
  MaskOutput out;
  out.low_res_masks = select_row(masks, chosen);
  out.chosen_iou = select_row(decoded.ious, chosen);
  out.ious = wants_multimask ? three_ious : out.chosen_iou;
  out.candidates = wants_multimask ? masks.slice(1, 1) : out.low_res_masks;
  out.all_ious = decoded.ious;
  out.object_score = decoded.object_score;
  out.tokens = wants_multimask ? decoded.tokens.slice(1, 1)
                               : decoded.tokens.slice(1, 0, 1);
  out.is_present = is_present;
  out.obj_ptr = pointer(decoded.tokens, token, is_present);
  return out;
}

at::Tensor Sam2Model::pointer(const at::Tensor &tokens, const at::Tensor &index,
                              const at::Tensor &is_present) const {
  return at::where(
      is_present,
      network_.obj_ptr_proj.forward(select_row(tokens, index).squeeze(1)),
      network_.no_obj_ptr);
}

MaskOutput Sam2Model::with_candidate(const MaskOutput &output,
                                     const at::Tensor &index) const {
  MaskOutput out = output;
  out.low_res_masks = select_row(output.candidates, index);
  out.chosen_iou = select_row(output.ious, index);
  out.obj_ptr = pointer(output.tokens, index, output.is_present);
  return out;
}

DecodedMasks Sam2Model::decode_candidates(const EncodedFrame &frame,
                                          const at::Tensor &features,
                                          const PointInput &points,
                                          const at::Tensor &mask_logits) const {
  const int64_t batch = features.size(0);
  const auto options = features.options().dtype(at::kFloat);
  PointInput input = points;
  if (!input.coords.defined()) {  // one padding point stands for "no points"
    input.coords = at::zeros({batch, 1, 2}, options);
    input.labels = at::full({batch, 1}, kPadding, options.dtype(at::kInt));
  }
  const PromptEncoder &encoder = network_.prompt_encoder;
  const at::Tensor sparse =
      encoder.encode_points(input.coords, input.labels, input_size_);
  const at::Tensor dense = mask_logits.defined()
                               ? encoder.encode_mask(mask_logits, grid())
                               : encoder.encode_no_mask();
  return network_.mask_decoder.forward(as_image(features.to(at::kFloat)),
                                       dense_positions_, sparse, dense,
                                       frame.s0, frame.s1);
}

MaskOutput Sam2Model::decode(const EncodedFrame &frame,
                             const at::Tensor &features,
                             const PointInput &points,
                             const at::Tensor &mask_logits,
                             bool wants_multimask,
                             double min_object_score) const {
  return choose(decode_candidates(frame, features, points, mask_logits),
                wants_multimask, min_object_score);
}

MaskOutput Sam2Model::use_mask(const EncodedFrame &frame,
                               const at::Tensor &mask,
                               double min_object_score) const {
  const at::Tensor hint = network_.mask_downsample.forward(mask);
  // Features WITHOUT no_mem_embed, as the reference does.
  MaskOutput out = decode(frame, frame.pix_feat.expand({mask.size(0), -1, -1}),
                          {}, hint, false, min_object_score);
  const at::Tensor is_present = mask.flatten(1).gt(0).any(1, true);
  const int64_t side = 4 * grid();
  out.low_res_masks = at::_upsample_bilinear2d_aa(
      mask * kMaskPromptScale + kMaskPromptBias, {side, side}, false);
  out.candidates = out.low_res_masks;
  out.is_present = is_present;
  out.ious = at::ones({mask.size(0), 1}, mask.options());
  out.chosen_iou = out.ious;
  out.all_ious = at::Tensor();
  out.object_score =
      is_present.to(at::kFloat) * kMaskPromptScale + kMaskPromptBias;
  out.obj_ptr = at::where(is_present, out.obj_ptr, network_.no_obj_ptr);
  return out;
}

at::Tensor Sam2Model::project_features(const EncodedFrame &frame) const {
  return network_.memory_encoder.project(as_image(frame.pix_feat));
}

at::Tensor Sam2Model::encode_memory(const EncodedFrame &frame,
                                    const at::Tensor &low_res_masks,
                                    const at::Tensor &object_score,
                                    bool is_prompted) const {
  return encode_memory(project_features(frame), low_res_masks, object_score,
                       is_prompted);
}

at::Tensor Sam2Model::encode_memory(const at::Tensor &projected,
                                    const at::Tensor &low_res_masks,
                                    const at::Tensor &object_score,
                                    bool is_prompted) const {
  const ModelConfig &c = config();
  const at::Tensor high_res =
      at::upsample_bilinear2d(low_res_masks, {input_size_, input_size_}, false);
  const at::Tensor mask = is_prompted && c.binarize_prompted_mask
                              ? high_res.gt(0).to(at::kFloat)
                              : high_res.sigmoid();
  const at::Tensor memory = network_.memory_encoder.fuse(
      projected, (mask * c.sigmoid_scale + c.sigmoid_bias).to(type()));
  at::Tensor tokens = memory.flatten(2).transpose(1, 2);
  if (c.has_no_obj_embed_spatial) {
    const at::Tensor is_absent = (object_score <= 0).unsqueeze(-1);
    tokens = at::where(
        is_absent, tokens + network_.no_obj_embed_spatial.to(type()), tokens);
  }
  if (network_.spatial_perceiver)
    tokens = network_.spatial_perceiver->forward(tokens, grid_positions_);
  return tokens;
}

at::Tensor Sam2Model::pointer_tokens(const at::Tensor &pointers) const {
  // One pointer = C / Cm consecutive tokens of Cm channels.
  return pointers.to(type()).reshape({pointers.size(0), -1, config().mem_dim});
}

at::Tensor Sam2Model::pointer_positions(const at::Tensor &times) const {
  const ModelConfig &c = config();
  const int64_t pieces = c.d_model / c.mem_dim;
  const int64_t count = times.size(0);
  if (!c.has_obj_ptr_times)
    return at::zeros({1, count * pieces, c.mem_dim}, no_mem_embed_.options());
  // In the middle of a frame: the host goes on. CUDA has taken the numbers
  // when the call returns.
  const at::Tensor sines =
      sine_times(times, c.d_model)
          .to(at::TensorOptions(device()), /*non_blocking=*/true);
  const at::Tensor code = network_.obj_ptr_tpos_proj.forward(sines);
  return code.unsqueeze(1)
      .expand({count, pieces, c.mem_dim})
      .reshape({1, count * pieces, c.mem_dim})
      .to(type());
}

}  // namespace sam2
