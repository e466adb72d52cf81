// A tracker library without a model, for tests of the plugin: canned results
// behind the entry point of the real one.
//
// Model files are not opened; their names choose what happens: "missing.pt",
// "damaged.pt", "memory.pt" and "bug.pt" refuse to load, "track-error.pt"
// fails at the second frame, "gate.pt" stops at a gate (fake_engine_gate.h),
// "small-memory.pt" has none for two frames at once, "record.pt" keeps what it
// sees (fake_engine_picture.h), "passes.pt" has room for one object at a time
// in frames wider than 64 pixels, and labels say how many go together ("pass
// N"). With "uncounted.pt" nothing limits the memory. With "spill.pt" memories
// can be spilled, and with "full-host.pt" they find no room on the host.
// Devices other than auto and cpu and model types but auto and tiny are
// refused. Memory is as large as fake_engine_gate.h says.
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
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/error.h"
#include "engine/engine.h"
#include "support/fake_controls.h"
#include "support/fake_tracker.h"

#ifndef FAKE_ENGINE_ABI
#define FAKE_ENGINE_ABI sam2::kEngineAbi
#endif

namespace sam2::fake {
namespace {

class FakeEngine final : public Engine {
 public:
  explicit FakeEngine(const ModelSettings &settings) : settings_(settings) {}

  ModelInfo info() const override {
    return {"fake", "cpu", "fp32", settings_.input_size_px, 0};
  }

  std::unique_ptr<StreamTracker> create_tracker(
      const TrackerSettings &settings) const override {
    return make_tracker(settings_.model_file, settings, counter_);
  }

  std::vector<std::shared_ptr<const EncodedImage>> encode(
      const std::vector<ImageView> &frames) const override {
    if (settings_.model_file == "small-memory.pt" && frames.size() > 1)
      throw Error(ErrorCode::kNoMemory, "Memory is full.");
    fail_if_lost(losses_);
    fake_memory().need(4 * static_cast<int>(frames.size()));
    std::vector<std::shared_ptr<const EncodedImage>> images;
    if (settings_.model_file == "record.pt") record().keep(frames.back());
    for (const ImageView &frame : frames)
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
  MemoryReport memory() const override {
    MemoryReport report;
    report.device_bytes = 1000;
    report.limit_bytes = settings_.memory.limit_bytes;
    if (settings_.model_file == "uncounted.pt")
      report.limit_bytes = 0;
    else if (report.limit_bytes == 0)
      report.limit_bytes = uint64_t(1000 * settings_.memory.fraction);
    report.weights_bytes = 50;
    report.in_use_bytes = in_use();
    report.peak_bytes = 1000;
    report.cached_bytes = settings_.memory.growth ? 0 : 77;
    report.pressure = memory_pressure();
    return report;
  }
  PressureLevel memory_pressure() const override {
    if (in_use() >= 1000 * settings_.memory.critical)
      return PressureLevel::kCritical;
    return in_use() >= 1000 * settings_.memory.warning ? PressureLevel::kWarning
                                                       : PressureLevel::kNormal;
  }

  // An object takes 10 bytes, a frame of a batch 100, a million pixels 10.
  MemoryPlan prepare(const MemoryDemand &demand) const override {
    MemoryPlan plan{demand.batch_size, demand.tracker.objects_per_pass, 0, {}};
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

  std::vector<Proposal> propose(
      const std::shared_ptr<const EncodedImage> &frame,
      const ProposalSettings &settings) const override {
    const SizePx size = frame->frame_size();
    std::vector<Proposal> halves(std::min(settings.max_count, 2));
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
  ModelSettings settings_;
  std::shared_ptr<FrameCounter> counter_ = std::make_shared<FrameCounter>();
};

std::shared_ptr<const Engine> open(const ModelSettings &settings) {
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

constexpr EngineApi kApi = {FAKE_ENGINE_ABI, open, slow_matmul_warning};

}  // namespace
}  // namespace sam2::fake

extern "C" __attribute__((visibility("default"))) const sam2::EngineApi *
sam2_engine_api(void) {
  return &sam2::fake::kApi;
}
