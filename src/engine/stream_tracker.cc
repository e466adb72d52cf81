#include "engine/stream_tracker.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/nearest_pixel.h"
#include "gpu/frame_tensor.h"
#include "track/mask_cleanup.h"

namespace sam2 {
namespace {

// Taken pixels have a logit of -10 at most, see without_overlap(): a lower
// threshold would bring them back.
constexpr float kMaxThreshold = 10;
// Beyond, a typing error is likelier than a wish.
constexpr int kMaxCondFrames = 256;
// More than a gigabyte of features at 1024 px.
constexpr int kMaxFramesHeld = 64;
constexpr int kMaxCoastFrames = 1000000;
// Pixels of the model's input to one logit of a mask, in each direction.
constexpr int64_t kPixelsOfLogit = 4;

void set_samurai_options(const SamuraiSettings &settings,
                         const ModelConfig &config, TrackerOptions &options) {
  options.min_object_score = settings.min_obj_score;
  options.memory_thresholds = {settings.memory_iou_threshold,
                               settings.memory_obj_score_threshold,
                               settings.memory_kf_score_threshold};
  options.motion = {settings.stable_frames_threshold,
                    settings.stable_iou_threshold,
                    settings.kf_score_weight == -1 ? config.kf_score_weight
                                                   : settings.kf_score_weight};
}

// Tracker checks the others.
void check(const TrackerSettings &settings) {
  const auto refuse = [](const std::string &property, const std::string &value,
                         const char *range) {
    throw Error(ErrorCode::kSetting,
                property + " is " + value + ". Set it to " + range + ".");
  };
  const int frames = settings.max_cond_frames;
  if (frames != -1 && (frames < 1 || frames > kMaxCondFrames))
    refuse("max-cond-frames", std::to_string(frames),
           "1...256, or to -1 to keep all");
  const float threshold = settings.mask_threshold;
  // Also refuses what is not a number.
  if (!(threshold >= -kMaxThreshold && threshold <= kMaxThreshold))
    refuse("mask-threshold", std::to_string(threshold), "-10...10");
  const int held = settings.frames_held;
  if (held < 0 || held > kMaxFramesHeld)
    refuse("frames-held", std::to_string(held), "0...64");
  if (settings.fill_hole_area_px < 0)
    refuse("fill-hole-area", std::to_string(settings.fill_hole_area_px),
           "0 or more pixels");
  const int coasted = settings.max_coast_frames;
  if (coasted < 0 || coasted > kMaxCoastFrames)
    refuse("max-coast-frames", std::to_string(coasted),
           "1...1000000, or to 0 for no limit");
}

TrackerOptions tracker_options(const TrackerSettings &settings,
                               const ModelConfig &config) {
  check(settings);
  TrackerOptions options;
  options.limits.num_maskmem = settings.num_maskmem;
  options.limits.max_obj_ptrs = settings.max_obj_ptrs;
  options.limits.memory_stride = settings.memory_stride;
  options.limits.max_cond_frames = settings.max_cond_frames;
  options.limits.keep_first_cond_frame = settings.keep_first_cond_frame;
  // So that an object that goes back finds what it had there.
  options.limits.extra_history = settings.frames_held;
  options.objects_per_pass = settings.objects_per_pass;
  options.spills_bank = settings.offload_state == OffloadState::kAlways;
  options.memory_policy = settings.memory_policy;
  if (find_selection_policy(settings.memory_policy).has_motion_model)
    set_samurai_options(settings.samurai, config, options);
  return options;
}

CoastSettings coast_settings(const TrackerSettings &settings) {
  return {settings.skipped_frames, settings.max_coast_frames,
          settings.non_overlap_masks};
}

// One read-back for all objects: [n, 2] of IoU and object score.
at::Tensor scores(const std::vector<ObjectOutput> &outputs) {
  std::vector<at::Tensor> rows;
  for (const auto &o : outputs)
    rows.push_back(at::cat({o.masks.chosen_iou, o.masks.object_score}, 1));
  return at::cat(rows).to(at::kCPU, at::kFloat);
}

at::Tensor video_logits(const std::vector<ObjectOutput> &outputs, SizePx size,
                        bool non_overlap) {
  std::vector<at::Tensor> masks;
  for (const auto &o : outputs) masks.push_back(o.masks.low_res_masks[0]);
  const at::Tensor logits = to_video_size(at::cat(masks), size);
  return (non_overlap ? without_overlap(logits) : logits)
      .to(at::kCPU, at::kFloat)
      .contiguous();
}

double area_px(SizePx size) { return double(size.width) * size.height; }

}  // namespace

PromptTensors prompt_tensors(const Prompt &prompt, SizePx frame_size,
                             int64_t input_size_px, at::Device device) {
  PromptTensors out;
  if (prompt.mask) {
    out.mask = mask_prompt_tensor(*prompt.mask, input_size_px).to(device);
    return out;
  }
  std::vector<float> coords;
  std::vector<int> labels;
  const auto add = [&](float x_px, float y_px, int label) {
    coords.push_back(x_px / frame_size.width * input_size_px);
    coords.push_back(y_px / frame_size.height * input_size_px);
    labels.push_back(label);
  };
  if (prompt.box) {
    const BoxPx &b = *prompt.box;
    add(b.x, b.y, kBoxTopLeft);
    add(b.x + b.width, b.y + b.height, kBoxBottomRight);
  }
  for (const auto &p : prompt.points)
    add(p.x_px, p.y_px, p.is_positive ? kPositive : kNegative);
  out.points.coords = at::tensor(coords).view({1, -1, 2}).to(device);
  out.points.labels = at::tensor(labels, at::kInt).view({1, -1}).to(device);
  return out;
}

StreamTrackerImpl::StreamTrackerImpl(
    const std::shared_ptr<const FrameEncoder> &encoder,
    const TrackerSettings &settings, const std::shared_ptr<HostStore> &store)
    : encoder_(encoder),
      settings_(settings),
      tracker_(
          encoder->model(),
          tracker_options(settings, encoder->model()->config()),
          settings.offload_state == OffloadState::kNever ? nullptr : store),
      coaster_(coast_settings(settings)),
      held_(settings.frames_held) {}

void StreamTrackerImpl::take_over(StreamTrackerImpl next) noexcept {
  tracker_.swap_objects(next.tracker_);
  coaster_ = std::move(next.coaster_);
  camera_ = std::move(next.camera_);
  camera_for_coaster_ = next.camera_for_coaster_;
  camera_for_tracker_ = next.camera_for_tracker_;
  held_ = std::move(next.held_);
  latest_.swap(next.latest_);
  pending_.swap(next.pending_);
  memos_.swap(next.memos_);
  next_frame_ = next.next_frame_;
  next_tracked_ = next.next_tracked_;
}

void StreamTrackerImpl::set_effort(const TrackerEffort &effort) {
  if (effort.num_maskmem > settings_.num_maskmem)
    throw Error(ErrorCode::kSetting,
                "num-maskmem is " + std::to_string(settings_.num_maskmem) +
                    " and cannot become " + std::to_string(effort.num_maskmem) +
                    ". Set it to 1..." + std::to_string(settings_.num_maskmem) +
                    ".");
  tracker_.set_effort(effort.objects_per_pass, effort.num_maskmem,
                      effort.spills_bank);
}

TrackerEffort StreamTrackerImpl::effort() const {
  const TrackerOptions &options = tracker_.options();
  return {options.objects_per_pass, options.limits.num_maskmem,
          options.spills_bank};
}

void StreamTrackerImpl::add_prompt(const Prompt &prompt) {
  pending_.push_back({next_frame_, checked(prompt)});
}

bool StreamTrackerImpl::remove_object(int64_t object_id) {
  pending_.erase(std::remove_if(pending_.begin(), pending_.end(),
                                [&](const Waiting &waiting) {
                                  return waiting.prompt.object_id == object_id;
                                }),
                 pending_.end());
  memos_.erase(object_id);
  latest_.erase(std::remove_if(latest_.begin(), latest_.end(),
                               [&](const ObjectOutput &output) {
                                 return output.object_id == object_id;
                               }),
                latest_.end());
  coaster_.remove_object(object_id);
  return tracker_.remove_object(object_id);
}

void StreamTrackerImpl::reset() {
  tracker_.reset();
  held_.clear();
  latest_.clear();
  pending_.clear();
  memos_.clear();
  coaster_.reset();
  forget_camera();
  next_frame_ = 0;
  next_tracked_ = 0;
}

bool StreamTrackerImpl::has_work() const {
  return !tracker_.is_empty() ||
         std::any_of(pending_.begin(), pending_.end(),
                     [&](const Waiting &waiting) { return is_due(waiting); });
}

std::vector<Prompt> StreamTrackerImpl::take_due_prompts() {
  std::vector<Prompt> due;
  std::vector<Waiting> later;
  for (Waiting &waiting : pending_)
    if (is_due(waiting))
      due.push_back(std::move(waiting.prompt));
    else
      later.push_back(std::move(waiting));
  pending_.swap(later);
  return due;
}

ObjectOutput StreamTrackerImpl::apply(const Prompt &prompt,
                                      const HeldFrame &frame) {
  const Sam2Model &model = tracker_.model();
  const EncodedImageImpl &image = *frame.image;
  if (!tracker_.has_object(prompt.object_id))
    memos_[prompt.object_id] = {prompt.label, frame.frame, {}};
  else if (!prompt.label.empty())
    memos_[prompt.object_id].label = prompt.label;
  coaster_.prompt(prompt.object_id);
  return tracker_.prompt(frame.tracked, image.features(), prompt.object_id,
                         prompt_tensors(prompt, image.frame_size(),
                                        model.input_size_px(), model.device()));
}

std::vector<ObjectOutput> StreamTrackerImpl::track_tensors(
    const HeldFrame &now) {
  std::vector<Prompt> prompts = take_due_prompts();
  const auto is_correction = [&](const Prompt &p) {
    return tracker_.has_object(p.object_id) && !p.box && !p.mask;
  };
  const auto corrections =
      std::stable_partition(prompts.begin(), prompts.end(),
                            [&](const Prompt &p) { return !is_correction(p); });
  for (auto it = prompts.begin(); it != corrections; ++it) apply(*it, now);
  auto outputs = tracker_.track(now.tracked, now.image->features());
  for (auto it = corrections; it != prompts.end(); ++it) {
    const ObjectOutput corrected = apply(*it, now);
    for (auto &output : outputs)
      if (output.object_id == it->object_id) output = corrected;
  }
  return outputs;
}

void StreamTrackerImpl::describe(const ObjectOutput &output, int64_t frame,
                                 CutOut cut, float iou, float score,
                                 ObjectResult &out) {
  Memo &memo = memos_[output.object_id];
  out.object_id = output.object_id;
  out.label = memo.label;
  out.predicted_iou = iou;
  out.object_score = score;
  if (output.scores.kf_score)
    out.kf_score = static_cast<float>(*output.scores.kf_score);
  const MotionModel *motion = tracker_.motion(output.object_id);
  if (motion && find_selection_policy(settings_.memory_policy).has_motion_model)
    out.stable_frames = motion->stable_frames();
  out.is_lost = cut.mask.is_empty();
  // Once for each frame, though a late prompt may change it.
  if (!memo.seen.empty() && memo.seen.back() == frame) memo.seen.pop_back();
  if (!out.is_lost) memo.seen.push_back(frame);
  if (memo.seen.size() > size_t{1} + settings_.frames_held)
    memo.seen.erase(memo.seen.begin());
  out.first_seen = memo.first_seen;
  out.last_seen = memo.last_seen();
  out.box = cut.box;
  out.mask = std::move(cut.mask);
}

SizePx StreamTrackerImpl::grid_size(SizePx frame_size) const {
  if (settings_.mask_resolution == MaskResolution::kFrame) return frame_size;
  const auto side =
      static_cast<int>(tracker_.model().input_size_px() / kPixelsOfLogit);
  return {side, side};
}

FrameResult StreamTrackerImpl::shown(FrameResult on_grid,
                                     SizePx frame_size) const {
  if (settings_.mask_resolution == MaskResolution::kFrame) return on_grid;
  const SizePx grid = std::exchange(on_grid.frame_size, frame_size);
  for (ObjectResult &object : on_grid.objects) {
    object.mask_covers_frame = true;
    if (object.is_lost) continue;
    object.mask = whole_mask({object.box, std::move(object.mask)}, grid);
    object.box = shown_box(object.box, grid, frame_size);
  }
  return on_grid;
}

std::vector<CutOut> StreamTrackerImpl::masks(
    const std::vector<ObjectOutput> &outputs, SizePx frame_size) const {
  const SizePx grid = grid_size(frame_size);
  const at::Tensor logits =
      video_logits(outputs, grid, settings_.non_overlap_masks);
  std::vector<CutOut> cuts;
  for (int64_t i = 0; i < logits.size(0); ++i)
    cuts.push_back(cut_out(logits[i], settings_.mask_threshold));
  const double pixels_of_one = area_px(frame_size) / area_px(grid);
  const double area =
      std::min(settings_.fill_hole_area_px / pixels_of_one, area_px(grid));
  clean_up(static_cast<int>(area), grid, settings_.non_overlap_masks, cuts);
  return cuts;
}

FrameResult StreamTrackerImpl::result(const std::vector<ObjectOutput> &outputs,
                                      int64_t frame, SizePx frame_size) {
  FrameResult out;
  out.frame_index = frame;
  out.frame_size = grid_size(frame_size);
  if (outputs.empty()) return out;
  std::vector<CutOut> cuts = masks(outputs, frame_size);
  const at::Tensor table = scores(outputs);
  const auto row = table.accessor<float, 2>();
  out.objects.resize(outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i)
    describe(outputs[i], frame, std::move(cuts[i]), row[i][0], row[i][1],
             out.objects[i]);
  return out;
}

FrameResult StreamTrackerImpl::finish(const std::vector<ObjectOutput> &outputs,
                                      SizePx frame_size) {
  FrameResult out =
      follow(result(outputs, next_frame_, frame_size), frame_size);
  ++next_frame_;
  ++next_tracked_;
  return out;
}

FrameResult StreamTrackerImpl::track(const ImageView &frame) {
  return all_or_nothing(
      [&](StreamTrackerImpl &next) { return next.track_picture(frame); });
}

FrameResult StreamTrackerImpl::track(
    const std::shared_ptr<const EncodedImage> &frame) {
  return all_or_nothing(
      [&](StreamTrackerImpl &next) { return next.track_encoded(frame); });
}

FrameResult StreamTrackerImpl::track_picture(const ImageView &frame) {
  follow_camera(frame);
  if (has_work() || settings_.frames_held > 0)
    return track_encoded(encoder_->encode({frame}).front());
  return finish({}, {frame.width, frame.height});
}

FrameResult StreamTrackerImpl::track_encoded(
    const std::shared_ptr<const EncodedImage> &frame) {
  const c10::InferenceMode guard;
  const auto image = encoder_->checked(frame);
  std::vector<ObjectOutput> outputs;
  tracker_.warp_motion(std::exchange(camera_for_tracker_, {}));
  const HeldFrame now{next_frame_, next_tracked_, image};
  if (has_work()) outputs = track_tensors(now);
  FrameResult out = finish(outputs, image->frame_size());
  held_.add(now);
  latest_.clear();
  if (keeps_latest())
    for (const ObjectOutput &output : outputs) keep_latest(output);
  return out;
}

}  // namespace sam2
