// How long a frame stays in the element, measured.
#pragma once

#include <gst/gst.h>

#include <array>
#include <cstddef>
#include <mutex>

namespace sam2 {

// Thread-safe: the tracking thread measures, anybody asks.
class LatencyMeter {
 public:
  // One turn of the tracking thread took so long. True if latency_ns() has
  // changed, so that the pipeline must hear of it.
  bool add(GstClockTime busy_ns);

  // The longest of the latest turns, as last announced: it changes when the
  // measurement differs by more than a quarter. 0 before the first.
  GstClockTime latency_ns() const;

  void reset();

 private:
  static constexpr size_t kTurns = 16;

  mutable std::mutex mutex_;  // guards all that follows
  std::array<GstClockTime, kTurns> turns_ns_ = {};
  size_t next_ = 0;
  GstClockTime announced_ns_ = 0;
};

}  // namespace sam2
