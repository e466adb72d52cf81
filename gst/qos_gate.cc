#include "qos_gate.h"

#include <algorithm>

namespace sam2 {

using Lock = std::lock_guard<std::mutex>;

void QosGate::update(GstEvent *qos_event, GstClockTime frame_ns) {
  GstClockTimeDiff jitter = 0;
  GstClockTime shown_ns = 0;
  double proportion = 1;
  gst_event_parse_qos(qos_event, nullptr, &proportion, &jitter, &shown_ns);
  const Lock lock(mutex_);
  jitter_ns_ = jitter;
  proportion_ = proportion;
  if (!GST_CLOCK_TIME_IS_VALID(shown_ns)) {
    earliest_ns_ = GST_CLOCK_TIME_NONE;
    return;
  }
  const auto shown = static_cast<GstClockTimeDiff>(shown_ns);
  const GstClockTimeDiff earliest =
      jitter > 0 ? shown + 2 * jitter + static_cast<GstClockTimeDiff>(frame_ns)
                 : shown + jitter;
  earliest_ns_ =
      static_cast<GstClockTime>(std::max<GstClockTimeDiff>(earliest, 0));
}

bool QosGate::is_late(GstClockTime running_ns) const {
  const Lock lock(mutex_);
  return GST_CLOCK_TIME_IS_VALID(earliest_ns_) &&
         GST_CLOCK_TIME_IS_VALID(running_ns) && running_ns < earliest_ns_;
}

void QosGate::reset() {
  const Lock lock(mutex_);
  earliest_ns_ = GST_CLOCK_TIME_NONE;
}

GstClockTimeDiff QosGate::jitter_ns() const {
  const Lock lock(mutex_);
  return jitter_ns_;
}

double QosGate::proportion() const {
  const Lock lock(mutex_);
  return proportion_;
}

}  // namespace sam2
