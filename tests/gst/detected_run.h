// sam2track on the fake engine behind a detector.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "analytics_meta.h"
#include "detector_stub.h"
#include "support/gst_test.h"

namespace sam2 {

class DetectedRun {
 public:
  using Objects = std::vector<AnalyticsObject>;
  using Things = std::vector<FoundThing>;

  explicit DetectedRun(const std::string &properties)
      : info_(video_info(GST_VIDEO_FORMAT_RGB, 64, 48)),
        harness_(
            video_harness("sam2track model-file=fake.pt " + properties, info_)),
        element_(gst_harness_find_element(harness_.get(), "sam2track")),
        bus_(gst_bus_new()) {
    gst_element_set_bus(harness_->element, bus_.get());
  }
  ~DetectedRun() { gst_element_set_bus(harness_->element, nullptr); }

  // The objects that come out with the next frame. Of the tracker only: an id
  // and a score are its own.
  Objects push_bare() { return pushed(frame()); }
  Objects push(const Things &things) {
    BufferPtr buffer = frame();
    detect(buffer.get(), things);
    return pushed(std::move(buffer));
  }
  // The same, `count` times; the last answer.
  Objects push(const Things &things, int count) {
    Objects objects;
    for (int i = 0; i < count; ++i) objects = push(things);
    return objects;
  }

  BufferPtr frame() { return video_buffer(info_, 9, next_frame_++); }
  Objects pushed(BufferPtr buffer) {
    const BufferPtr out = push_and_pull(harness_.get(), std::move(buffer));
    Objects objects;
    for (AnalyticsObject &object : read_objects(out.get()))
      if (object.object_score) objects.push_back(std::move(object));
    return objects;
  }

  void flush() {
    gst_harness_push_event(harness(), gst_event_new_flush_start());
    gst_harness_push_event(harness(), gst_event_new_flush_stop(TRUE));
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_harness_push_event(harness(), gst_event_new_segment(&segment));
  }
  void resize(int width, int height) {
    info_ = video_info(GST_VIDEO_FORMAT_RGB, width, height);
    const CapsPtr caps(gst_video_info_to_caps(&info_));
    gst_harness_push_event(harness(), gst_event_new_caps(caps.get()));
  }

  GstHarness *harness() const { return harness_.get(); }
  GstElement *element() const { return element_.get(); }
  GstBus *bus() const { return bus_.get(); }

 private:
  GstVideoInfo info_;
  HarnessPtr harness_;
  ElementPtr element_;
  BusPtr bus_;
  int next_frame_ = 0;
};

}  // namespace sam2
