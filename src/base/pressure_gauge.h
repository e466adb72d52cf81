// Use against a limit, as a level that does not flutter.
#pragma once

#include "base/memory_report.h"

namespace sam2 {

// A level is reached at its threshold and left 0.05 below it. Thread-bound.
class PressureGauge {
 public:
  static constexpr double kHysteresis = 0.05;

  // Shares of the limit, 0...1; `critical` is not below `warning`.
  PressureGauge(double warning, double critical)
      : warning_(warning), critical_(critical) {}

  // `share` of the limit that is in use now.
  PressureLevel update(double share) {
    if (share >= critical_ - hold(PressureLevel::kCritical))
      level_ = PressureLevel::kCritical;
    else if (share >= warning_ - hold(PressureLevel::kWarning))
      level_ = PressureLevel::kWarning;
    else
      level_ = PressureLevel::kNormal;
    return level_;
  }

 private:
  double hold(PressureLevel level) const {
    return level_ >= level ? kHysteresis : 0;
  }

  double warning_;
  double critical_;
  PressureLevel level_ = PressureLevel::kNormal;
};

}  // namespace sam2
