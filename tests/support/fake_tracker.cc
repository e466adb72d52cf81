#include "support/fake_tracker.h"

#include <algorithm>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

#include "base/error.h"
#include "support/fake_controls.h"

namespace sam2::fake {
namespace {

constexpr float kPointBoxPx = 8;

struct FakeObject {
  int64_t id;
  std::string label;
  BoxPx box;
  MaskImage mask;  // empty unless prompted
  int64_t first_seen;
  int64_t last_seen;
};

BoxPx start_box(const Prompt &prompt, SizePx frame) {
  if (prompt.box) return *prompt.box;
  if (prompt.mask)
    return {0, 0, static_cast<float>(frame.width),
            static_cast<float>(frame.height)};
  const PointPrompt &point = prompt.points.front();
  return {point.x_px - kPointBoxPx / 2, point.y_px - kPointBoxPx / 2,
          kPointBoxPx, kPointBoxPx};
}

MaskImage notched_mask(const BoxPx &box) {
  MaskImage mask;
  mask.width = static_cast<int>(box.width);
  mask.height = static_cast<int>(box.height);
  mask.pixels.assign(static_cast<size_t>(mask.width) * mask.height, 255);
  if (mask.pixels.size() > 1) mask.pixels.front() = 0;
  return mask;
}

std::string numbers_of(const TrackerSettings &s) {
  std::ostringstream text;
  text << s.num_maskmem << " " << s.max_obj_ptrs << " " << s.max_cond_frames
       << " " << s.memory_stride << " " << s.fill_hole_area_px << " "
       << s.non_overlap_masks << " " << s.mask_threshold << " "
       << static_cast<int>(s.skipped_frames) << " " << s.max_coast_frames << " "
       << s.camera_motion;
  if (!s.keep_first_cond_frame) text << " oldest goes";
  if (s.mask_resolution == MaskResolution::kModel) text << " model";
  if (s.offload_state != OffloadState::kAuto)
    text << " offload " << static_cast<int>(s.offload_state);
  return text.str();
}

std::string text_of(const TrackerSettings &settings) {
  if (settings.memory_policy == "recent") {
    const std::string numbers = numbers_of(settings);
    return numbers == numbers_of({}) ? "" : numbers;
  }
  const SamuraiSettings &s = settings.samurai;
  std::ostringstream text;
  text << settings.memory_policy << " " << s.memory_iou_threshold << " "
       << s.memory_obj_score_threshold << " " << s.memory_kf_score_threshold
       << " " << s.kf_score_weight << " " << s.stable_frames_threshold << " "
       << s.stable_iou_threshold << " " << s.min_obj_score;
  return text.str();
}

class FakeTracker final : public StreamTracker {
 public:
  FakeTracker(const std::string &model, const TrackerSettings &settings,
              std::shared_ptr<FrameCounter> counter)
      : is_failing_(model == "track-error.pt"),
        has_gate_(model == "gate.pt"),
        tells_passes_(model == "passes.pt"),
        settings_text_(text_of(settings)),
        can_spill_((model == "spill.pt" || model == "full-host.pt") &&
                   settings.offload_state != OffloadState::kNever),
        is_host_full_(model == "full-host.pt"),
        effort_{4, settings.num_maskmem,
                can_spill_ && settings.offload_state == OffloadState::kAlways},
        counter_(std::move(counter)) {}

  void add_prompt(const Prompt &prompt) override { prompts_.push_back(prompt); }

  // Holds no frames; a prompt for any frame to come is for the next one.
  std::vector<FrameResult> prompt_at(int64_t frame,
                                     const Prompt &prompt) override {
    if (frame >= frame_index_) {
      add_prompt(prompt);
      return {};
    }
    if (frame != frame_index_ - 1 || !latest_image_)
      throw Error(ErrorCode::kSetting, "The frame of the prompt is gone.");
    fake_memory().need(20);
    start(prompt, *latest_image_, frame);
    FrameResult result;
    result.frame_index = frame;
    result.frame_size = latest_image_->frame_size();
    result.objects.push_back(result_of(objects_.back(), *latest_image_));
    return {result};
  }

  bool remove_object(int64_t object_id) override {
    const auto end = std::remove_if(objects_.begin(), objects_.end(),
                                    [object_id](const FakeObject &object) {
                                      return object.id == object_id;
                                    });
    const bool is_removed = end != objects_.end();
    objects_.erase(end, objects_.end());
    return is_removed;
  }

  FrameResult track(const ImageView &frame) override {
    if (!objects_.empty() || !prompts_.empty()) ++*counter_;
    return track(std::make_shared<const FakeImage>(frame));
  }

  FrameResult track(
      const std::shared_ptr<const EncodedImage> &encoded) override {
    const auto &frame = dynamic_cast<const FakeImage &>(*encoded);
    if (has_gate_) gate().pass();
    fail_if_lost(losses_);
    if (is_failing_ && frame_index_ == 1)
      throw Error(ErrorCode::kNoMemory,
                  "Memory is full: 5.1 of 5.0 GiB. Track fewer objects.",
                  "fake");
    const int together =
        std::min(static_cast<int>(objects_.size()), effort_.objects_per_pass);
    fake_memory().need(2 * together + bank_units(effort_));
    for (FakeObject &object : objects_)
      if (object.mask.is_empty()) object.box.x += 1;
    for (const Prompt &prompt : prompts_) start(prompt, frame, frame_index_);
    prompts_.clear();
    ++tracked_frames_;
    latest_image_ = frame;
    FrameResult result;
    result.frame_index = frame_index_;
    result.frame_size = frame.frame_size();
    for (FakeObject &object : objects_)
      result.objects.push_back(result_of(object, frame));
    for (ObjectResult &object : result.objects)
      if (latest_.coasted_frames > 0)
        object.label = std::to_string(latest_.coasted_frames) + " skipped";
    ++frame_index_;
    latest_ = result;
    return result;
  }

  FrameResult skip(const ImageView &frame) override {
    fake_memory().need(1);
    FrameResult result = latest_;
    result.frame_index = frame_index_++;
    result.frame_size = {frame.width, frame.height};
    result.coasted_frames = ++latest_.coasted_frames;
    for (ObjectResult &object : result.objects) object.is_coasted = true;
    return result;
  }

  void look_at(const ImageView &) override {}

  // Each object remembers all frames of the tracker, as far as there is room.
  BankOccupancy bank_occupancy() const override {
    BankOccupancy bank;
    bank.capacity = {7, 16, 4};
    bank.is_spilled = effort_.spills_bank;
    if (bank.is_spilled) bank.spilled_bytes = 700 * objects_.size();
    if (objects_.empty()) return bank;
    bank.fullest = {static_cast<int>(std::min<int64_t>(tracked_frames_, 7)),
                    static_cast<int>(std::min<int64_t>(tracked_frames_, 16)),
                    1};
    const auto count = static_cast<int>(objects_.size());
    bank.held = {count * bank.fullest.memories, count * bank.fullest.pointers,
                 count};
    return bank;
  }

  void set_effort(const TrackerEffort &effort) override {
    if (effort.spills_bank && is_host_full_)
      throw Error(ErrorCode::kNoMemory, "The host is full. Buy more.", "host");
    if (effort_.spills_bank) fake_memory().need(bank_units(effort));
    effort_ = effort;
    effort_.spills_bank = effort.spills_bank && can_spill_;
  }
  TrackerEffort effort() const override { return effort_; }
  bool can_spill_bank() const override { return can_spill_; }

  void reset() override {
    latest_ = {};
    latest_image_.reset();
    objects_.clear();
    prompts_.clear();
    frame_index_ = tracked_frames_ = 0;
  }

  int64_t bank_bytes() const override {
    return 1000 * static_cast<int64_t>(objects_.size());
  }
  void save(const std::string &) const override { refuse_state(); }
  void load(const std::string &) override { refuse_state(); }

 private:
  [[noreturn]] static void refuse_state() {
    throw Error(ErrorCode::kInternal, "The fake tracker saves no state.");
  }
  static int bank_units(const TrackerEffort &effort) {
    return effort.spills_bank ? 0 : effort.num_maskmem;
  }
  void start(const Prompt &prompt, const FakeImage &frame,
             int64_t frame_index) {
    remove_object(prompt.object_id);
    objects_.push_back(
        {prompt.object_id, prompt.label, start_box(prompt, frame.frame_size()),
         prompt.mask.value_or(MaskImage{}), frame_index, frame_index});
  }
  ObjectResult result_of(FakeObject &object, const FakeImage &frame) const {
    ObjectResult result;
    result.object_id = object.id;
    result.label = settings_text_.empty() ? object.label : settings_text_;
    if (tells_passes_)
      result.label = "pass " + std::to_string(effort_.objects_per_pass);
    if (frame.batch_size() > 1)
      result.label = "batch " + std::to_string(frame.batch_size());
    result.predicted_iou = frame.red() / 255.0f;
    result.object_score = static_cast<float>(tracked_frames_);
    const float right = std::min(object.box.x + object.box.width,
                                 float(frame.frame_size().width));
    result.is_lost = object.box.x >= right;
    if (result.is_lost) {
      result.object_score = -result.object_score;
    } else {
      result.box = object.box;
      result.box.width = right - object.box.x;
      result.mask =
          object.mask.is_empty() ? notched_mask(result.box) : object.mask;
      object.last_seen = frame_index_;
    }
    result.first_seen = object.first_seen;
    result.last_seen = object.last_seen;
    return result;
  }

  bool is_failing_;
  bool has_gate_;
  bool tells_passes_;
  int losses_ = losses;
  std::string settings_text_;
  bool can_spill_;
  bool is_host_full_;
  TrackerEffort effort_;
  std::shared_ptr<FrameCounter> counter_;
  std::vector<FakeObject> objects_;
  std::vector<Prompt> prompts_;
  FrameResult latest_;
  int64_t frame_index_ = 0;
  int64_t tracked_frames_ = 0;
  std::optional<FakeImage> latest_image_;
};

}  // namespace

std::unique_ptr<StreamTracker> make_tracker(
    const std::string &model, const TrackerSettings &settings,
    std::shared_ptr<FrameCounter> counter) {
  return std::make_unique<FakeTracker>(model, settings, std::move(counter));
}

}  // namespace sam2::fake
