#include "latency_meter.h"

#include <algorithm>

namespace sam2 {

using Lock = std::lock_guard<std::mutex>;

bool LatencyMeter::add(GstClockTime busy_ns) {
  const Lock lock(mutex_);
  turns_ns_[next_] = busy_ns;
  next_ = (next_ + 1) % kTurns;
  const GstClockTime longest =
      *std::max_element(turns_ns_.begin(), turns_ns_.end());
  const GstClockTime margin = announced_ns_ / 4;
  if (longest <= announced_ns_ + margin && longest + margin >= announced_ns_)
    return false;
  announced_ns_ = longest;
  return true;
}

GstClockTime LatencyMeter::latency_ns() const {
  const Lock lock(mutex_);
  return announced_ns_;
}

void LatencyMeter::reset() {
  const Lock lock(mutex_);
  turns_ns_ = {};
  next_ = 0;
  announced_ns_ = 0;
}

}  // namespace sam2
