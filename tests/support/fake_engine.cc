// A tracker library without a model, for tests of the plugin: canned results
// behind the entry point of the real one.
//
// Model files are not opened; their names choose what happens: "missing.pt",
// "damaged.pt", "memory.pt" and "bug.pt" refuse to load, "track-error.pt"
// fails at the second frame, "gate.pt" stops at a gate (fake_engine_gate.h),
// "small-memory.pt" has none for two frames at once, "record.pt" keeps what it
// sees (fake_engine_picture.h), "passes.pt" has room for one object at a time
// in frames wider than 64 pixels, and labels say how many go together ("pass
// N"). With "spill.pt" memories can be spilled, and with "full-host.pt" they
// find no room on the host. Devices other than auto and cpu and model types but
// auto and tiny are refused. Memory is as large as fake_engine_gate.h says.
//
// An object is its prompt's box (8 x 8 pixels around a point) without its top
// left pixel, and moves one pixel to the right with each frame until it has
// left the picture and is lost. An object prompted by a mask of the frame's
// size is that mask and stays where it is; its box is the whole frame. Its
// predicted IoU is the red of the picture's top left pixel / 255; its object
// score is the number of frames tracked since the start or the last reset,
// negative if it is lost. With another memory policy than "recent" its label
// is the policy with its settings; with "recent" and other tracker settings
// than the defaults, those settings. On frames encoded with others its label is
// "batch N". On a skipped frame every object is where it was, marked coasted,
// and on the tracked frame behind N of them its label is "N skipped".
// Proposals are the picture's left half and its right one.
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/error.h"
#include "engine/engine.h"
#include "support/fake_engine_gate.h"
#include "support/fake_engine_picture.h"

#ifndef FAKE_ENGINE_ABI
#define FAKE_ENGINE_ABI sam2::kEngineAbi
#endif

namespace {

using sam2::Error;
using sam2::ErrorCode;

constexpr float kPointBoxPx = 8;

class Gate {
 public:
  void close() {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_open_ = false;
  }
  void open() {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_open_ = true;
    changed_.notify_all();
  }
  void wait_for_arrival() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return waiting_ > 0; });
  }
  void pass() {
    std::unique_lock<std::mutex> lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return is_open_; });
    --waiting_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_open_ = true;
  int waiting_ = 0;
};

Gate &gate() {
  static Gate the_gate;
  return the_gate;
}

class Record {
 public:
  void keep(const sam2::ImageView &view) {
    const std::lock_guard<std::mutex> lock(mutex_);
    latest_.width = view.width;
    latest_.height = view.height;
    latest_.rgb.clear();
    for (int y = 0; y < view.height; ++y) {
      const uint8_t *row = view.data + ptrdiff_t{1} * y * view.stride_bytes;
      latest_.rgb.insert(latest_.rgb.end(), row, row + 3 * view.width);
    }
  }
  sam2::SeenPicture latest() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return latest_;
  }

 private:
  std::mutex mutex_;
  sam2::SeenPicture latest_;
};

Record &record() {
  static Record the_record;
  return the_record;
}

// There is no end of it unless a test says so.
class FakeMemory {
 public:
  void set(int units, int cached) {
    const std::lock_guard<std::mutex> lock(mutex_);
    units_ = units;
    cached_ = cached;
  }
  void release_cached() {
    const std::lock_guard<std::mutex> lock(mutex_);
    cached_ = 0;
  }
  void need(int units) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (units + cached_ <= units_) return;
    throw Error(ErrorCode::kNoMemory, "Memory is full. Buy more.",
                std::to_string(units) + " of " + std::to_string(units_));
  }

 private:
  std::mutex mutex_;
  int units_ = 1000000;
  int cached_ = 0;
};

FakeMemory &fake_memory() {
  static FakeMemory the_memory;
  return the_memory;
}

// How often the device was lost, and whether it can be opened again.
std::atomic<int> losses{0};
std::atomic<bool> is_device_gone{false};

void fail_if_lost(int losses_at_start) {
  if (losses_at_start == losses) return;
  throw Error(ErrorCode::kDeviceLost, "The device has failed. Restart.",
              "CUDA error: unspecified launch failure");
}

struct FakeObject {
  int64_t id;
  std::string label;
  sam2::BoxPx box;
  sam2::MaskImage mask;  // empty unless prompted
  int64_t first_seen;
  int64_t last_seen;
};

// All that the results need of a frame.
class FakeImage final : public sam2::EncodedImage {
 public:
  explicit FakeImage(const sam2::ImageView &frame, size_t batch_size = 1)
      : frame_size_{frame.width, frame.height},
        red_(frame.data[0]),
        batch_size_(batch_size) {}
  sam2::SizePx frame_size() const override { return frame_size_; }
  int red() const { return red_; }
  size_t batch_size() const { return batch_size_; }

 private:
  sam2::SizePx frame_size_;
  int red_;
  size_t batch_size_;
};

sam2::BoxPx start_box(const sam2::Prompt &prompt, sam2::SizePx frame) {
  if (prompt.box) return *prompt.box;
  if (prompt.mask)
    return {0, 0, static_cast<float>(frame.width),
            static_cast<float>(frame.height)};
  const sam2::PointPrompt &point = prompt.points.front();
  return {point.x_px - kPointBoxPx / 2, point.y_px - kPointBoxPx / 2,
          kPointBoxPx, kPointBoxPx};
}

sam2::MaskImage notched_mask(const sam2::BoxPx &box) {
  sam2::MaskImage mask;
  mask.width = static_cast<int>(box.width);
  mask.height = static_cast<int>(box.height);
  mask.pixels.assign(static_cast<size_t>(mask.width) * mask.height, 255);
  if (mask.pixels.size() > 1) mask.pixels.front() = 0;
  return mask;
}

std::string numbers_of(const sam2::TrackerSettings &s) {
  std::ostringstream text;
  text << s.num_maskmem << " " << s.max_obj_ptrs << " " << s.max_cond_frames
       << " " << s.memory_stride << " " << s.fill_hole_area_px << " "
       << s.non_overlap_masks << " " << s.mask_threshold << " "
       << static_cast<int>(s.skipped_frames) << " " << s.max_coast_frames << " "
       << s.camera_motion;
  if (!s.keep_first_cond_frame) text << " oldest goes";
  if (s.mask_resolution == sam2::MaskResolution::kModel) text << " model";
  if (s.offload_state != sam2::OffloadState::kAuto)
    text << " offload " << static_cast<int>(s.offload_state);
  return text.str();
}

std::string text_of(const sam2::TrackerSettings &settings) {
  if (settings.memory_policy == "recent") {
    const std::string numbers = numbers_of(settings);
    return numbers == numbers_of({}) ? "" : numbers;
  }
  const sam2::SamuraiSettings &s = settings.samurai;
  std::ostringstream text;
  text << settings.memory_policy << " " << s.memory_iou_threshold << " "
       << s.memory_obj_score_threshold << " " << s.memory_kf_score_threshold
       << " " << s.kf_score_weight << " " << s.stable_frames_threshold << " "
       << s.stable_iou_threshold << " " << s.min_obj_score;
  return text.str();
}

using FrameCounter = std::atomic<int64_t>;

class FakeTracker final : public sam2::StreamTracker {
 public:
  FakeTracker(const std::string &model, const sam2::TrackerSettings &settings,
              std::shared_ptr<FrameCounter> counter)
      : is_failing_(model == "track-error.pt"),
        has_gate_(model == "gate.pt"),
        tells_passes_(model == "passes.pt"),
        settings_text_(text_of(settings)),
        can_spill_((model == "spill.pt" || model == "full-host.pt") &&
                   settings.offload_state != sam2::OffloadState::kNever),
        is_host_full_(model == "full-host.pt"),
        effort_{4, settings.num_maskmem,
                can_spill_ &&
                    settings.offload_state == sam2::OffloadState::kAlways},
        counter_(std::move(counter)) {}

  void add_prompt(const sam2::Prompt &prompt) override {
    prompts_.push_back(prompt);
  }

  // Holds no frames; a prompt for any frame to come is for the next one.
  std::vector<sam2::FrameResult> prompt_at(
      int64_t frame, const sam2::Prompt &prompt) override {
    if (frame >= frame_index_) {
      add_prompt(prompt);
      return {};
    }
    if (frame != frame_index_ - 1 || !latest_image_)
      throw Error(ErrorCode::kSetting, "The frame of the prompt is gone.");
    fake_memory().need(20);
    start(prompt, *latest_image_, frame);
    sam2::FrameResult result;
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

  sam2::FrameResult track(const sam2::ImageView &frame) override {
    if (!objects_.empty() || !prompts_.empty()) ++*counter_;
    return track(std::make_shared<const FakeImage>(frame));
  }

  sam2::FrameResult track(
      const std::shared_ptr<const sam2::EncodedImage> &encoded) override {
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
    for (const sam2::Prompt &prompt : prompts_)
      start(prompt, frame, frame_index_);
    prompts_.clear();
    ++tracked_frames_;
    latest_image_ = frame;
    sam2::FrameResult result;
    result.frame_index = frame_index_;
    result.frame_size = frame.frame_size();
    for (FakeObject &object : objects_)
      result.objects.push_back(result_of(object, frame));
    for (sam2::ObjectResult &object : result.objects)
      if (latest_.coasted_frames > 0)
        object.label = std::to_string(latest_.coasted_frames) + " skipped";
    ++frame_index_;
    latest_ = result;
    return result;
  }

  sam2::FrameResult skip(const sam2::ImageView &frame) override {
    fake_memory().need(1);
    sam2::FrameResult result = latest_;
    result.frame_index = frame_index_++;
    result.frame_size = {frame.width, frame.height};
    result.coasted_frames = ++latest_.coasted_frames;
    for (sam2::ObjectResult &object : result.objects) object.is_coasted = true;
    return result;
  }

  void look_at(const sam2::ImageView &) override {}

  // Each object remembers all frames of the tracker, as far as there is room.
  sam2::BankOccupancy bank_occupancy() const override {
    sam2::BankOccupancy bank;
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

  void set_effort(const sam2::TrackerEffort &effort) override {
    if (effort.spills_bank && is_host_full_)
      throw Error(ErrorCode::kNoMemory, "The host is full. Buy more.", "host");
    if (effort_.spills_bank) fake_memory().need(bank_units(effort));
    effort_ = effort;
    effort_.spills_bank = effort.spills_bank && can_spill_;
  }
  sam2::TrackerEffort effort() const override { return effort_; }
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
  static int bank_units(const sam2::TrackerEffort &effort) {
    return effort.spills_bank ? 0 : effort.num_maskmem;
  }
  void start(const sam2::Prompt &prompt, const FakeImage &frame,
             int64_t frame_index) {
    remove_object(prompt.object_id);
    objects_.push_back(
        {prompt.object_id, prompt.label, start_box(prompt, frame.frame_size()),
         prompt.mask.value_or(sam2::MaskImage{}), frame_index, frame_index});
  }
  sam2::ObjectResult result_of(FakeObject &object,
                               const FakeImage &frame) const {
    sam2::ObjectResult result;
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
  sam2::TrackerEffort effort_;
  std::shared_ptr<FrameCounter> counter_;
  std::vector<FakeObject> objects_;
  std::vector<sam2::Prompt> prompts_;
  sam2::FrameResult latest_;
  int64_t frame_index_ = 0;
  int64_t tracked_frames_ = 0;
  std::optional<FakeImage> latest_image_;
};

class FakeEngine final : public sam2::Engine {
 public:
  explicit FakeEngine(const sam2::ModelSettings &settings)
      : settings_(settings) {}

  sam2::ModelInfo info() const override {
    return {"fake", "cpu", "fp32", settings_.input_size_px, 0};
  }

  std::unique_ptr<sam2::StreamTracker> create_tracker(
      const sam2::TrackerSettings &settings) const override {
    return std::make_unique<FakeTracker>(settings_.model_file, settings,
                                         counter_);
  }

  std::vector<std::shared_ptr<const sam2::EncodedImage>> encode(
      const std::vector<sam2::ImageView> &frames) const override {
    if (settings_.model_file == "small-memory.pt" && frames.size() > 1)
      throw Error(ErrorCode::kNoMemory, "Memory is full.");
    fail_if_lost(losses_);
    fake_memory().need(4 * static_cast<int>(frames.size()));
    std::vector<std::shared_ptr<const sam2::EncodedImage>> images;
    if (settings_.model_file == "record.pt") record().keep(frames.back());
    for (const sam2::ImageView &frame : frames)
      images.push_back(std::make_shared<const FakeImage>(frame, frames.size()));
    *counter_ += static_cast<int64_t>(frames.size());
    return images;
  }

  void release_cached_memory() const override {
    fake_memory().release_cached();
  }

  int64_t encoded_frames() const override { return *counter_; }

  // Of a device with 1000 bytes: with "pressure.pt" the more is in use the more
  // frames were encoded, 100 bytes each, 1000 at most; 500 from the twentieth
  // on.
  sam2::MemoryReport memory() const override {
    sam2::MemoryReport report;
    report.device_bytes = 1000;
    report.limit_bytes = settings_.memory.limit_bytes;
    if (report.limit_bytes == 0)
      report.limit_bytes = uint64_t(1000 * settings_.memory.fraction);
    report.weights_bytes = 50;
    report.in_use_bytes = in_use();
    report.peak_bytes = 1000;
    report.cached_bytes = settings_.memory.growth ? 0 : 77;
    report.pressure = memory_pressure();
    return report;
  }
  sam2::PressureLevel memory_pressure() const override {
    if (in_use() >= 1000 * settings_.memory.critical)
      return sam2::PressureLevel::kCritical;
    return in_use() >= 1000 * settings_.memory.warning
               ? sam2::PressureLevel::kWarning
               : sam2::PressureLevel::kNormal;
  }

  // An object takes 10 bytes, a frame of a batch 100, a million pixels 10.
  sam2::MemoryPlan prepare(const sam2::MemoryDemand &demand) const override {
    sam2::MemoryPlan plan{
        demand.batch_size, demand.tracker.objects_per_pass, 0, {}};
    if (settings_.model_file == "passes.pt" && demand.frame_size.width > 64) {
      plan.objects_per_pass = 1;
      plan.warning = "There is room for fewer objects. Raise memory-limit.";
    }
    const uint64_t limit = settings_.memory.limit_bytes;
    const auto need = [&] {
      return 50 + 10 * uint64_t(demand.objects) +
             100 * uint64_t(plan.batch_size) +
             uint64_t(demand.frame_size.width) * demand.frame_size.height /
                 100000;
    };
    while (limit > 0 && need() > limit && plan.batch_size > 1) {
      plan.batch_size /= 2;
      plan.warning = "There is room for fewer frames. Raise memory-limit.";
    }
    plan.peak_bytes = need();
    if (limit > 0 && need() > limit)
      throw Error(ErrorCode::kNoMemory,
                  "That is too much. Raise memory-limit.");
    return plan;
  }

  std::vector<sam2::Proposal> propose(
      const std::shared_ptr<const sam2::EncodedImage> &frame,
      const sam2::ProposalSettings &settings) const override {
    const sam2::SizePx size = frame->frame_size();
    std::vector<sam2::Proposal> halves(std::min(settings.max_count, 2));
    for (size_t i = 0; i < halves.size(); ++i) {
      halves[i].mask = {size.width, size.height, {}};
      for (int pixel = 0; pixel < size.width * size.height; ++pixel) {
        const bool is_left = pixel % size.width < size.width / 2;
        halves[i].mask.pixels.push_back(is_left == (i == 0) ? 255 : 0);
      }
    }
    return halves;
  }

 private:
  uint64_t in_use() const {
    if (settings_.model_file != "pressure.pt") return 50;
    const uint64_t frames = *counter_;
    return frames < 20 ? std::min<uint64_t>(100 * frames, 1000) : 500;
  }

  int losses_ = losses;
  sam2::ModelSettings settings_;
  std::shared_ptr<FrameCounter> counter_ = std::make_shared<FrameCounter>();
};

std::shared_ptr<const sam2::Engine> open(const sam2::ModelSettings &settings) {
  const std::string &file = settings.model_file;
  if (file == "missing.pt")
    throw Error(ErrorCode::kNotFound,
                "Could not open the checkpoint \"" + file +
                    "\". Set model-file to a SAM 2.1 .pt file.",
                "errno 2");
  if (file == "damaged.pt")
    throw Error(ErrorCode::kUnreadable,
                "The checkpoint \"" + file + "\" is damaged. Get it again.");
  if (file == "memory.pt")
    throw Error(ErrorCode::kNoMemory, "Memory is full. Use a smaller model.");
  if (file == "bug.pt") throw std::runtime_error("index out of range");
  if (settings.model_type != "auto" && settings.model_type != "tiny")
    throw Error(ErrorCode::kSetting,
                "The model file holds sam2.1-tiny, and model-type is " +
                    settings.model_type + ". Set model-type to auto or tiny.");
  if (settings.device != "auto" && settings.device != "cpu")
    throw Error(ErrorCode::kNotFound,
                "There is no device \"" + settings.device +
                    "\" here. Set device to auto or cpu.");
  if (is_device_gone && settings.device != "cpu")
    throw Error(ErrorCode::kDeviceLost, "The device has failed. Restart.");
  return std::make_shared<FakeEngine>(settings);
}

std::string slow_matmul_warning() {
  const char *text = std::getenv("FAKE_SLOW_MATMUL_WARNING");
  return text ? text : "";
}

// The real library's dependencies take these signals over as they are loaded.
__attribute__((constructor)) void take_signals_over() {
  for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGHUP})
    signal(number, [](int) {});
}

constexpr sam2::EngineApi kApi = {FAKE_ENGINE_ABI, open, slow_matmul_warning};

}  // namespace

extern "C" __attribute__((visibility("default"))) const sam2::FakeEngineGate *
fake_engine_gate(void) {
  static const sam2::FakeEngineGate functions = {
      [] { gate().close(); }, [] { gate().open(); },
      [] { gate().wait_for_arrival(); },
      [](int units, int cached) { fake_memory().set(units, cached); },
      [](bool is_gone) {
        is_device_gone = is_gone;
        ++losses;
      }};
  return &functions;
}

extern "C" __attribute__((visibility("default"))) void fake_engine_picture(
    sam2::SeenPicture *picture) {
  *picture = record().latest();
}

extern "C" __attribute__((visibility("default"))) const sam2::EngineApi *
sam2_engine_api(void) {
  return &kApi;
}
