// How frames travel through sam2track.
#pragma once

#include <cstdint>
#include <string>

#include "base/geometry.h"

namespace sam2 {

// What happens when more frames come than can be tracked.
enum class DropPolicy {
  kAuto,    // kOldest in live pipelines, else kNone
  kNone,    // the thread that brings them waits
  kOldest,  // the frame that has waited longest is dropped
};

// What happens when memory runs out.
enum class OomPolicy {
  kDegrade,     // step by step less is used, see DegradationLadder
  kDropFrames,  // the frame is not tracked, objects coast over it
  kError,       // the stream ends
};

struct FlowSettings {
  unsigned frame_buffer_size = 8;  // frames that wait, 1...1024
  unsigned batch_size = 0;         // frames encoded together; 0 = auto
  // So long a frame waits for others of its batch.
  uint64_t batch_timeout_ns = 50'000'000;
  DropPolicy drop_policy = DropPolicy::kAuto;
  OomPolicy oom_policy = OomPolicy::kDegrade;
  bool obeys_qos = true;
  unsigned inference_interval = 1;  // every so many frames one is tracked
  uint64_t stats_interval_ns = 0;   // between stats messages; 0 = none
  // Streams with the same one are encoded together; empty = none.
  std::string model_instance_id;
};

// Frames encoded together, 1...frame_buffer_size + 1: what `settings` say, or,
// if that is "auto", 1 on the CPU, where more gain nothing, and in live
// pipelines; else 8 up to 1280x720, 4 up to 1920x1080 and 2 above.
unsigned batch_size(const FlowSettings &settings, bool is_cpu, bool is_live,
                    SizePx frame_size);

// The same for a batch of several streams: "auto" is for the CPU and live
// pipelines what it is for others.
unsigned shared_batch_size(const FlowSettings &settings, SizePx frame_size);

// So long a frame of a live stream waits for its batch; `frame_ns` is the time
// from frame to frame. 0 in batches of several streams: that wait is measured.
uint64_t batch_wait_ns(const FlowSettings &settings, uint64_t frame_ns);

}  // namespace sam2
