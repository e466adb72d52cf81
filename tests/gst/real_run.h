// sam2track on the real tracker library, with a small model that takes little
// time, and memory that a test can let run out.
#pragma once

#include <dlfcn.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analytics_meta.h"
#include "degradation_messages.h"
#include "engine_library.h"
#include "support/faulty_engine.h"
#include "support/gst_test.h"

namespace sam2 {

inline constexpr SizePx kRealFrame = {96, 64};

inline std::string micro_model() {
  const char *file = std::getenv("SAM2_MICRO_MODEL");
  fail_unless(file != nullptr, "SAM2_MICRO_MODEL is not set");
  return file;
}

inline void inject(const CpuFaults &faults) {
  void *library = dlopen(std::getenv("SAM2_ENGINE_LIBRARY"), RTLD_NOW);
  using Function = void (*)(const CpuFaults *);
  const auto function =
      reinterpret_cast<Function>(dlsym(library, kFaultyEngineInject));
  fail_unless(function != nullptr, "%s", kFaultyEngineInject);
  function(&faults);
}

// The settings of RealRun's engine.
inline ModelSettings real_model() {
  ModelSettings settings;
  settings.model_file = micro_model();
  settings.device = "cpu";
  settings.precision = Precision::kFp32;
  settings.input_size_px = 64;
  return settings;
}

// An object of a frame that came out, as far as tests compare it.
struct SeenObject {
  int64_t id;
  bool is_coasted;
  std::optional<float> score;  // tells apart objects without masks
  BoxPx box;
  std::vector<uint8_t> mask;
  bool operator==(const SeenObject &other) const {
    return id == other.id && is_coasted == other.is_coasted &&
           score == other.score && box.x == other.box.x &&
           box.y == other.box.y && box.width == other.box.width &&
           box.height == other.box.height && mask == other.mask;
  }
};
using SeenObjects = std::vector<SeenObject>;

class RealRun {
 public:
  // `seed` makes the pictures of one run others than those of another.
  explicit RealRun(const std::string &properties, int seed = 0)
      : seed_(seed),
        info_(video_info(GST_VIDEO_FORMAT_RGB, kRealFrame.width,
                         kRealFrame.height)),
        harness_(video_harness(
            "sam2track device=cpu precision=fp32 input-size=64 model-file=\"" +
                micro_model() + "\" " + properties,
            info_)),
        element_(gst_harness_find_element(harness_.get(), "sam2track")),
        bus_(gst_bus_new()) {
    gst_element_set_bus(harness_->element, bus_.get());
    gst_harness_set_live(harness(), FALSE);
    await_segment(harness());  // behind the caps, for which memory is planned
  }
  ~RealRun() { gst_element_set_bus(harness_->element, nullptr); }

  GstHarness *harness() const { return harness_.get(); }
  GstElement *element() const { return element_.get(); }
  GstBus *bus() const { return bus_.get(); }

  GstFlowReturn push() {
    return gst_harness_push(harness(), picture(pushed_++).release());
  }
  // The objects on the next frame that comes out, which must be the next.
  SeenObjects pull() {
    const BufferPtr frame(gst_harness_pull(harness()));
    fail_unless(frame != nullptr);
    fail_unless_equals_int(GST_BUFFER_PTS(frame.get()) / (40 * GST_MSECOND),
                           pulled_++);
    SeenObjects seen;
    for (AnalyticsObject &object : read_objects(frame.get()))
      seen.push_back({*object.object_id, object.is_coasted, object.object_score,
                      object.box, std::move(object.mask.pixels)});
    return seen;
  }
  std::vector<SeenObjects> pull(int frames) {
    std::vector<SeenObjects> seen;
    for (int i = 0; i < frames; ++i) seen.push_back(pull());
    return seen;
  }
  SeenObjects push_and_pull() {
    fail_unless_equals_int(push(), GST_FLOW_OK);
    return pull();
  }
  std::vector<SeenObjects> push_and_pull(int frames) {
    std::vector<SeenObjects> seen;
    for (int i = 0; i < frames; ++i) seen.push_back(push_and_pull());
    return seen;
  }

  // Objects `first` to `last` from the next frame on.
  void add_objects(int first, int last) const {
    for (int id = first; id <= last; ++id) {
      gint64 given = 0;
      g_signal_emit_by_name(element(), "add-box", gint64{id},
                            4.0 + 11 * (id % 7), 6.0 + 5 * (id % 5), 18.0, 16.0,
                            nullptr, GST_CLOCK_TIME_NONE, &given);
      fail_unless_equals_int64(given, id);
    }
  }
  void remove_objects(int first, int last) const {
    for (int id = first; id <= last; ++id) {
      gboolean is_known = FALSE;
      g_signal_emit_by_name(element(), "remove-object", gint64{id}, &is_known);
      fail_unless(is_known);
    }
  }
  guint64 stat(const char *field) const { return stat_of(element(), field); }

 private:
  // Squares that move to the right.
  BufferPtr picture(int index) const {
    auto buffer = video_buffer(info_, 0, index);
    VideoFrameMap frame(info_, buffer.get(), GST_MAP_WRITE);
    auto *pixels =
        static_cast<uint8_t *>(GST_VIDEO_FRAME_PLANE_DATA(frame.get(), 0));
    const int stride = GST_VIDEO_FRAME_PLANE_STRIDE(frame.get(), 0);
    const int side = 8 + 3 * seed_;
    for (int y = 0; y < kRealFrame.height; ++y)
      for (int i = 0; i < 3 * kRealFrame.width; ++i) {
        const int square = (i / 3 + side - index % side) / side + y / side;
        pixels[y * stride + i] =
            static_cast<uint8_t>(square % 2 == 0 ? 40 : 210 - 20 * (i % 3));
      }
    return buffer;
  }

  int seed_;
  int pushed_ = 0;
  int pulled_ = 0;
  GstVideoInfo info_;
  HarnessPtr harness_;
  ElementPtr element_;
  BusPtr bus_;
};

}  // namespace sam2
