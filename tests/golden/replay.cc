#include "replay.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cstring>

#include "gpu/frame_tensor.h"
#include "track/video_masks.h"

namespace sam2::test {
namespace {

constexpr SizePx kVideoSize = {214, 120};
// The reference goes back as far as it likes; the clip has 18 frames.
constexpr int kClipHistory = 32;
constexpr int kMaxObjPtrs = 16;
// Mask logits are within +-10 or so; bfloat16 features move them by less.
constexpr double kMaskNoise = 0.1;
// Two objects' logits closer than so many tolerances may change places.
constexpr double kOwnerGaps = 2;
// Mask logit of an object without a result on a frame.
constexpr double kNoObject = -1024;

constexpr ReplayTolerances kBf16 = {kTrackedMask, kTrackedIou, kTrackedScore,
                                    kTrackedPointer, kForegroundSlack};
constexpr ReplayTolerances kF32 = {kTrackedMaskF32, kTrackedIouF32,
                                   kTrackedScoreF32, kTrackedScoreF32,
                                   kForegroundSlackF32};
// Prompted frames without memory: nothing but the decoder.
constexpr ReplayTolerances kPrompted = {kDecoder, kDecoderIou, kDecoder,
                                        kDecoder, kForegroundSlackF32};

// EdgeTAM comes with the older predictor, which tracks all objects at once.
bool is_batched(const Scenario &scenario) {
  return scenario.model == "edgetam_small";
}

TrackerOptions options_of(const Scenario &scenario, int max_obj_ptrs) {
  TrackerOptions options;
  options.limits.max_obj_ptrs = max_obj_ptrs;
  options.limits.memory_stride = scenario.memory_stride;
  options.limits.max_cond_frames = -1;
  // SAMURAI only goes forward, so it shows what a live bank forgets.
  if (scenario.model != "samurai") options.limits.extra_history = kClipHistory;
  options.max_cond_frames_in_attn = scenario.max_cond_frames_in_attn;
  options.corrections_are_conditioning = scenario.corrections_are_conditioning;
  options.keeps_corrections = is_batched(scenario);
  options.memory_policy = scenario.memory_policy;
  options.min_object_score = scenario.min_object_score;
  options.memory_thresholds = scenario.memory_thresholds;
  options.motion = scenario.motion;
  if (scenario.has_float_memories) options.memory_type = at::kFloat;
  return options;
}

MaskImage mask_image(const at::Tensor &mask) {
  MaskImage image;
  image.height = static_cast<int>(mask.size(0));
  image.width = static_cast<int>(mask.size(1));
  const uint8_t *bytes = mask.data_ptr<uint8_t>();
  image.pixels.assign(bytes, bytes + mask.numel());
  return image;
}

// Where it is clear which of the objects in logits [B, H, W] owns the pixel, or
// none does: [H, W]. Elsewhere the last digits decide, and the loser's logit
// jumps to -10.
at::Tensor is_owner_clear(const at::Tensor &logits, double gap) {
  if (logits.size(0) < 2) return logits[0].eq(logits[0]);
  const at::Tensor sorted = std::get<0>(logits.sort(0, /*descending=*/true));
  return (sorted[0] - sorted[1]).gt(gap).logical_or(sorted[0].le(-10));
}

// Memory tokens [1, Nm, Cm] in the shape that the reference keeps: those of a
// grid as [1, Cm, h, h].
at::Tensor as_kept(const at::Tensor &tokens, const at::Tensor &expected) {
  return expected.dim() == 4 ? tokens.transpose(1, 2).reshape(expected.sizes())
                             : tokens;
}

std::vector<int64_t> int64s(const at::Tensor &tensor) {
  const int64_t *data = tensor.data_ptr<int64_t>();
  return {data, data + tensor.numel()};
}

}  // namespace

void MaskAgreement::add(const at::Tensor &found, const at::Tensor &expected,
                        double noise) {
  const at::Tensor is_clear = expected.abs().gt(noise);
  const at::Tensor a = found.gt(0).logical_and(is_clear);
  const at::Tensor b = expected.gt(0).logical_and(is_clear);
  const double both = a.logical_and(b).sum().item<double>();
  const double any = a.logical_or(b).sum().item<double>();
  const double iou = any == 0 ? 1 : both / any;
  ++masks_;
  iou_sum_ += iou;
  least_iou_ = std::min(least_iou_, iou);
}

Replay::Replay(const Scenario &scenario, std::shared_ptr<const Sam2Model> model,
               const std::vector<EncodedFrame> &frames)
    : scenario_(scenario),
      golden_(scenario.name),
      model_(model),
      frames_(frames),
      max_obj_ptrs_(std::min(kMaxObjPtrs, scenario.video_frames)),
      tolerances_(scenario.has_float_memories ? kF32 : kBf16),
      tracker_(model, options_of(scenario, max_obj_ptrs_)) {}

void Replay::run(Comparison &comparison) {
  const c10::InferenceMode guard;
  for (const Event &event : events_of(golden_)) {
    switch (event.kind) {
      case EventKind::kPrompt:
        on_prompt(event, comparison);
        break;
      case EventKind::kTrack:
        on_track(event, comparison);
        break;
      case EventKind::kPromptMemory:
        on_prompt_memory(event, comparison);
        break;
      case EventKind::kResult:
        on_result(event, comparison);
        break;
    }
  }
}

PromptTensors Replay::prompt_tensors(const Call &call) {
  PromptTensors prompt;
  const int64_t side = model_->input_size_px();
  if (call.is_mask) {
    prompt.mask =
        mask_prompt_tensor(mask_image(golden_.tensor("mask_prompt")), side);
    return prompt;
  }
  const Place place = {call.object_id, call.frame};
  std::vector<float> &points = old_points_[place];
  std::vector<int> &labels = old_labels_[place];
  if (!call.keeps_old_points) {
    points = call.box_corners;
    labels.assign(points.size() / 2, kBoxTopLeft);
    if (!labels.empty()) labels.back() = kBoxBottomRight;
  }
  points.insert(points.end(), call.points_xy.begin(), call.points_xy.end());
  labels.insert(labels.end(), call.labels.begin(), call.labels.end());
  const float s = static_cast<float>(side);
  const at::Tensor scale =
      at::tensor({s / kVideoSize.width, s / kVideoSize.height});
  prompt.points.coords = at::tensor(points).view({1, -1, 2}) * scale;
  prompt.points.labels = at::tensor(labels, at::kInt).unsqueeze(0);
  return prompt;
}

void Replay::on_prompt(const Event &event, Comparison &comparison) {
  const PromptTensors prompt = prompt_tensors(scenario_.calls.at(event.call));
  const std::string coords = event.prefix + "point_coords";
  if (golden_.has(coords)) {
    comparison.close(coords, prompt.points.coords, golden_.tensor(coords),
                     kNormalisedImage);
    comparison.close(event.prefix + "point_labels", prompt.points.labels,
                     golden_.tensor(event.prefix + "point_labels"), kExact);
  }
  const ObjectOutput output =
      tracker_.prompt(event.frame, frames_.at(event.frame), event.object_id,
                      prompt, event.is_reverse);
  compare_output(event, output, comparison);
  if (std::count(objects_.begin(), objects_.end(), event.object_id) == 0)
    objects_.push_back(event.object_id);
  const Place place = {event.object_id, event.frame};
  outputs_[place] = output;
  auto &waiting = without_memory_event_;
  waiting.erase(std::remove(waiting.begin(), waiting.end(), place),
                waiting.end());
  waiting.push_back(place);
}

void Replay::visit(const Event &event) {
  const std::pair<size_t, int64_t> visit = {event.call, event.frame};
  if (visited_ == visit) return;
  visited_ = visit;
  for (const ObjectOutput &output :
       tracker_.track(event.frame, frames_.at(event.frame), event.is_reverse))
    outputs_[{output.object_id, event.frame}] = output;
}

void Replay::on_track(const Event &event, Comparison &comparison) {
  visit(event);
  const int64_t id = event.object_id < 0 ? objects_.front() : event.object_id;
  compare_output(event, outputs_.at({id, event.frame}), comparison);
}

// The reference makes the memories of prompted frames when tracking starts,
// object by object; ours came with the prompt.
void Replay::on_prompt_memory(const Event &event, Comparison &comparison) {
  const std::string name = event.prefix + "maskmem";
  auto &waiting = without_memory_event_;
  for (const int64_t id : objects_) {
    const auto place =
        std::find(waiting.begin(), waiting.end(), Place{id, event.frame});
    if (place == waiting.end()) continue;
    const at::Tensor &expected = golden_.tensor(name);
    comparison.close(name, as_kept(outputs_.at(*place).memory, expected),
                     expected, kPromptedMemory);
    waiting.erase(place);
    return;
  }
  comparison.fail(name, "no prompt gave this memory");
}

void Replay::compare_output(const Event &event, const ObjectOutput &output,
                            Comparison &comparison) {
  const std::string &e = event.prefix;
  const bool has_memory = golden_.has(e + "mem");
  const ReplayTolerances &tolerances = has_memory ? tolerances_ : kPrompted;
  const MaskOutput &found = output.masks;
  agreement_.add(found.low_res_masks.squeeze(1),
                 golden_.tensor(e + "low_res_masks"), kMaskNoise);
  comparison.close(e + "low_res_masks", found.low_res_masks.squeeze(1),
                   golden_.tensor(e + "low_res_masks"), tolerances.mask);
  // For a mask prompt the file holds what the decoder said on the way; the
  // user's mask counts as perfect.
  const bool is_mask_prompt = !found.all_ious.defined();
  comparison.close(e + "ious", found.ious,
                   is_mask_prompt ? at::ones({1, 1}, at::kFloat)
                                  : golden_.tensor(e + "ious"),
                   tolerances.iou);
  comparison.close(e + "obj_score", found.object_score,
                   golden_.tensor(e + "obj_score"), tolerances.score);
  comparison.close(e + "obj_ptr", found.obj_ptr, golden_.tensor(e + "obj_ptr"),
                   tolerances.pointer);
  if (!is_mask_prompt)
    comparison.close(e + "all_ious", found.all_ious,
                     golden_.tensor(e + "all_ious"), tolerances.iou);
  if (event.best_index >= 0)
    comparison.close(e + "best index", found.low_res_masks[0][0],
                     found.candidates[0][event.best_index], kExact);
  compare_motion(event, output, comparison);
  if (has_memory) compare_selection(event, output.selection, comparison);
  if (!golden_.has(e + "maskmem")) return;
  const at::Tensor &expected = golden_.tensor(e + "maskmem");
  comparison.close(e + "maskmem", as_kept(output.memory, expected), expected,
                   tolerances.mask);
}

void Replay::compare_motion(const Event &event, const ObjectOutput &output,
                            Comparison &comparison) const {
  const std::string &e = event.prefix;
  const auto &filter = tracker_.motion(output.object_id)->filter();
  comparison.equal(e + "has motion", {filter.has_value()},
                   {golden_.has(e + "kf_mean")});
  comparison.equal(e + "has kf_score", {output.scores.kf_score.has_value()},
                   {golden_.has(e + "kf_score")});
  if (output.scores.kf_score && golden_.has(e + "kf_score"))
    comparison.close(e + "kf_score", at::tensor({*output.scores.kf_score}),
                     golden_.tensor(e + "kf_score"), kKalman);
  if (!filter || !golden_.has(e + "kf_mean")) return;
  const KalmanMean &mean = filter->mean();
  comparison.close(e + "kf_mean",
                   at::tensor(std::vector<double>(mean.begin(), mean.end())),
                   golden_.tensor(e + "kf_mean"), kKalman);
  std::vector<double> covariance;
  for (const KalmanMean &row : filter->covariance())
    covariance.insert(covariance.end(), row.begin(), row.end());
  comparison.close(e + "kf_cov", at::tensor(covariance).view({8, 8}),
                   golden_.tensor(e + "kf_cov"), kKalman);
}

void Replay::compare_selection(const Event &event, const Selection &selection,
                               Comparison &comparison) const {
  const std::string &e = event.prefix;
  std::vector<int64_t> memories, pointers;
  std::vector<float> times;
  for (const MemoryPick &pick : selection.memories)
    memories.insert(memories.end(),
                    {pick.frame, pick.is_conditioning, pick.position_row});
  for (const PointerPick &pick : selection.pointers) {
    pointers.insert(pointers.end(), {pick.frame, pick.is_conditioning});
    times.push_back(static_cast<float>(pick.frames_back) /
                    static_cast<float>(max_obj_ptrs_ - 1));
  }
  comparison.equal(e + "mem", memories, int64s(golden_.tensor(e + "mem")));
  comparison.equal(e + "ptr", pointers, int64s(golden_.tensor(e + "ptr")));
  if (golden_.has(e + "ptr_tpos"))
    comparison.close(e + "ptr_tpos", at::tensor(times),
                     golden_.tensor(e + "ptr_tpos"), kNormalisedImage);
}

// Logits at video size, overlapping.
at::Tensor Replay::video_logits(int64_t frame) const {
  const int64_t side = 4 * model_->grid();
  std::vector<at::Tensor> masks;
  for (const int64_t id : objects_) {
    const auto output = outputs_.find({id, frame});
    masks.push_back(output == outputs_.end()
                        ? at::full({1, side, side}, kNoObject, at::kFloat)
                        : output->second.masks.low_res_masks.squeeze(1));
  }
  return to_video_size(at::cat(masks), kVideoSize);
}

void Replay::compare_video_masks(const std::string &name,
                                 const at::Tensor &logits,
                                 const at::Tensor &masks,
                                 Comparison &comparison) const {
  const at::Tensor &expected = golden_.tensor(name);
  if (!scenario_.non_overlap_masks) {
    comparison.close(name, masks, expected, tolerances_.mask);
    return;
  }
  const at::Tensor clear =
      is_owner_clear(logits, kOwnerGaps * tolerances_.mask.atol);
  comparison.close(name, at::where(clear, masks, expected), expected,
                   tolerances_.mask);
  comparison.within(name + " of another object",
                    (masks - expected).abs().gt(1).any(0).sum().item<int64_t>(),
                    0, tolerances_.foreground_slack);
}

void Replay::on_result(const Event &event, Comparison &comparison) {
  if (!scenario_.calls.at(event.call).is_prompt) visit(event);
  const at::Tensor logits = video_logits(event.frame);
  const at::Tensor masks =
      scenario_.non_overlap_masks ? without_overlap(logits) : logits;
  const std::string name = event.prefix + "video_res_masks";
  if (golden_.has(name)) compare_video_masks(name, logits, masks, comparison);
  const auto found = int64s(masks.gt(0).sum({1, 2}));
  const auto expected = int64s(golden_.tensor(event.prefix + "fg_count"));
  comparison.equal(event.prefix + "objects",
                   {static_cast<int64_t>(found.size())},
                   {static_cast<int64_t>(expected.size())});
  for (size_t i = 0; i < std::min(found.size(), expected.size()); ++i)
    comparison.within(event.prefix + "fg_count", found[i], expected[i],
                      tolerances_.foreground_slack);
}

}  // namespace sam2::test
