// Which frames would come too late downstream to be worth tracking.
#pragma once

#include <gst/gst.h>

#include <mutex>

namespace sam2 {

// Thread-safe: QoS events come from downstream's threads.
class QosGate {
 public:
  // Frames that would have to be shown before this are late: the next frame
  // that can be in time if the present delay goes on (the rule of
  // GstVideoDecoder). `frame_ns` is the time from frame to frame, 0 = unknown.
  void update(GstEvent *qos_event, GstClockTime frame_ns);

  bool is_late(GstClockTime running_ns) const;

  // No event has come yet, or a flush.
  void reset();

  // Of the latest event, for messages.
  GstClockTimeDiff jitter_ns() const;
  double proportion() const;

 private:
  mutable std::mutex mutex_;  // guards all that follows
  GstClockTime earliest_ns_ = GST_CLOCK_TIME_NONE;
  GstClockTimeDiff jitter_ns_ = 0;
  double proportion_ = 1;
};

}  // namespace sam2
