// sam2track on the fake engine in a harness, with a bus and a gate that stops
// the tracker.
#pragma once

#include <dlfcn.h>

#include <condition_variable>
#include <cstdlib>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "analytics_meta.h"
#include "support/fake_engine_gate.h"
#include "support/gst_test.h"

namespace sam2 {

inline const FakeEngineGate &fake_gate() {
  void *library = dlopen(std::getenv("SAM2_ENGINE_LIBRARY"), RTLD_NOW);
  using Function = const FakeEngineGate *(*)();
  return *reinterpret_cast<Function>(dlsym(library, kFakeEngineGate))();
}

class TrackRun {
 public:
  explicit TrackRun(const std::string &properties)
      : info_(video_info(GST_VIDEO_FORMAT_RGB, 64, 48)),
        gate_(fake_gate()),
        harness_(video_harness("sam2track model-file=gate.pt "
                               "prompt=\"1:box=10,12,6,5\" " +
                                   properties,
                               info_)),
        element_(gst_harness_find_element(harness_.get(), "sam2track")),
        bus_(gst_bus_new()) {
    gst_element_set_bus(harness_->element, bus_.get());
    gst_harness_set_live(harness(), FALSE);
    await_segment(harness());
  }
  ~TrackRun() {
    gate_.open();
    gst_element_set_bus(harness_->element, nullptr);
  }

  const FakeEngineGate &gate() const { return gate_; }
  GstHarness *harness() const { return harness_.get(); }
  GstElement *element() const { return element_.get(); }
  GstBus *bus() const { return bus_.get(); }
  const GstVideoInfo &info() const { return info_; }

  GstFlowReturn push(int frame_index) const {
    return gst_harness_push(harness(),
                            video_buffer(info_, 9, frame_index).release());
  }
  // On a thread of its own; what push() answered.
  std::future<GstFlowReturn> push_beside(int frame_index) const {
    return std::async(std::launch::async,
                      [this, frame_index] { return push(frame_index); });
  }
  // Pushes a frame that the tracker is busy with until the gate opens.
  void push_into_gate(int frame_index) const {
    gate_.close();
    push(frame_index);
    gate_.wait_for_arrival();
  }
  bool send(GstEvent *event) const {
    return gst_harness_push_event(harness(), event);
  }
  void send_segment() const {
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    send(gst_event_new_segment(&segment));
  }
  // The number of the next frame that comes out, waited for.
  int pull() const { return number_of(BufferPtr(gst_harness_pull(harness()))); }
  BufferPtr pull_frame() const {
    return BufferPtr(gst_harness_pull(harness()));
  }
  static int number_of(const BufferPtr &frame) {
    return static_cast<int>(GST_BUFFER_PTS(frame.get()) / (40 * GST_MSECOND));
  }
  guint64 stat(const char *field) const { return stat_of(element(), field); }
  // Waits until so many frames have come in (one may still have to wait for
  // room).
  void await_frames_in(guint64 count) const {
    while (stat("frames-in") < count) std::this_thread::yield();
  }

 private:
  GstVideoInfo info_;
  const FakeEngineGate &gate_;
  HarnessPtr harness_;
  ElementPtr element_;
  BusPtr bus_;
};

// What reaches the pad, in order: "3" for frame 3, else the event's type.
class Witness {
 public:
  explicit Witness(GstPad *pad) : pad_(pad) {
    id_ = gst_pad_add_probe(
        pad_,
        static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER |
                                     GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM),
        [](GstPad *, GstPadProbeInfo *info, gpointer self) {
          static_cast<Witness *>(self)->note(info);
          return GST_PAD_PROBE_OK;
        },
        this, nullptr);
  }
  ~Witness() { gst_pad_remove_probe(pad_, id_); }
  Witness(const Witness &) = delete;
  Witness &operator=(const Witness &) = delete;

  // The first `count` things seen, waited for.
  std::vector<std::string> await(size_t count) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return seen_.size() >= count; });
    return {seen_.begin(), seen_.begin() + count};
  }
  size_t count() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return seen_.size();
  }

 private:
  void note(GstPadProbeInfo *info) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER)
      seen_.push_back(
          std::to_string(GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info)) /
                         (40 * GST_MSECOND)));
    else
      seen_.push_back(GST_EVENT_TYPE_NAME(GST_PAD_PROBE_INFO_EVENT(info)));
    changed_.notify_all();
  }

  GstPad *pad_;
  gulong id_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> seen_;
};

}  // namespace sam2
