// How frames travel through sam2track.
#pragma once

#include <cstdint>

namespace sam2 {

// What happens when more frames come than can be tracked.
enum class DropPolicy {
  kAuto,    // kOldest in live pipelines, else kNone
  kNone,    // the thread that brings them waits
  kOldest,  // the frame that has waited longest is dropped
};

struct FlowSettings {
  unsigned frame_buffer_size = 8;  // frames that wait, 1...1024
  DropPolicy drop_policy = DropPolicy::kAuto;
  bool obeys_qos = true;
  uint64_t stats_interval_ns = 0;  // between stats messages; 0 = none
};

}  // namespace sam2
