// What one engine may use of its device.
#pragma once

#include <algorithm>
#include <mutex>

#include "base/pressure_gauge.h"
#include "engine/memory_plan.h"
#include "gpu/memory_governor.h"

namespace sam2 {

// Holds the limit of `settings` on the device for as long as it lives.
// Thread-safe.
class DeviceBudget {
 public:
  DeviceBudget(c10::Device device, const MemorySettings &settings)
      : governor_(MemoryGovernor::of(device)),
        limit_(governor_, governor_.limit_bytes_for(settings)),
        settings_(settings),
        gauge_(settings.warning, settings.critical) {}

  bool allows_growth() const { return settings_.growth; }
  // For one who holds `own_bytes` already. What others compute with is theirs
  // for a moment only, and not in it: a plan must not depend on the moment.
  MemoryRoom room(uint64_t own_bytes) const {
    const uint64_t held_bytes = governor_.held_bytes();
    return {held_bytes - std::min(own_bytes, held_bytes),
            governor_.limit_bytes(),
            settings_.limit_bytes > 0 ? "memory-limit" : "memory-fraction"};
  }
  void release_cached() { governor_.release_cached(); }

  PressureLevel pressure() {
    const double share = governor_.share_in_use();
    const std::lock_guard<std::mutex> lock(mutex_);
    return gauge_.update(share);
  }
  MemoryReport report() {
    MemoryReport report = governor_.report();
    report.pressure = pressure();
    return report;
  }

 private:
  MemoryGovernor &governor_;
  MemoryLimit limit_;
  MemorySettings settings_;
  std::mutex mutex_;  // guards gauge_
  PressureGauge gauge_;
};

}  // namespace sam2
