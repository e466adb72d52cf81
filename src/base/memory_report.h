// What a device's memory is used for, as numbers.
#pragma once

#include <cstdint>

namespace sam2 {

// How close what is in use is to the limit.
enum class PressureLevel { kNormal, kWarning, kCritical };

// "normal", "warning" or "critical".
constexpr const char *pressure_name(PressureLevel level) {
  switch (level) {
    case PressureLevel::kWarning:
      return "warning";
    case PressureLevel::kCritical:
      return "critical";
    default:
      return "normal";
  }
}

// All in bytes, of the whole process but for what the device says of itself.
// Tensors only: what the process holds beside them (libraries, pictures that
// wait) is in process_bytes alone.
struct MemoryReport {
  uint64_t limit_bytes = 0;    // that in_use_bytes stays below; 0 = none
  uint64_t in_use_bytes = 0;   // tensors, the sum of the next four
  uint64_t weights_bytes = 0;  // with position tables; a shared model once
  uint64_t bank_bytes = 0;     // memories of the objects of all streams
  uint64_t frame_bytes = 0;    // encoded frames that somebody holds
  uint64_t other_bytes = 0;    // what the network computes with just now
  uint64_t peak_bytes = 0;     // the most of in_use_bytes so far
  uint64_t cached_bytes = 0;   // kept by LibTorch or us for later
  // 0 = unknown.
  uint64_t device_bytes = 0;       // all there is, in use or not
  uint64_t device_free_bytes = 0;  // for anybody
  uint64_t process_bytes = 0;      // ours by the system's count
  PressureLevel pressure = PressureLevel::kNormal;
};

}  // namespace sam2
