// Slots for the latest frames of a stream.
#pragma once

#include <cstdint>
#include <vector>

#include "track/selection_policy.h"

namespace sam2 {

// Maps frame numbers to a fixed number of slots (frame mod capacity), so that
// the storage behind the slots never moves or grows. What is kept: for each
// slot the frame written last; so after consecutive frames the latest
// `capacity`. Thread-bound.
class FrameRing {
 public:
  explicit FrameRing(int64_t capacity) : frames_(capacity, kNone) {}

  int64_t capacity() const { return static_cast<int64_t>(frames_.size()); }

  // Slot to write `frame` into; the slot's former frame is forgotten.
  int64_t claim(int64_t frame) {
    const int64_t slot = frame % capacity();
    frames_[slot] = frame;
    return slot;
  }
  // Slot that holds `frame`, or -1.
  int64_t find(int64_t frame) const {
    if (frame < 0) return -1;
    const int64_t slot = frame % capacity();
    return frames_[slot] == frame ? slot : -1;
  }
  void forget(int64_t frame) {
    const int64_t slot = find(frame);
    if (slot >= 0) frames_[slot] = kNone;
  }
  std::vector<FrameRecord> records() const {
    std::vector<FrameRecord> out;
    for (int64_t frame : frames_)
      if (frame != kNone) out.push_back({frame});
    return out;
  }

 private:
  static constexpr int64_t kNone = -1;
  std::vector<int64_t> frames_;
};

}  // namespace sam2
