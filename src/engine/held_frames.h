// The encoded frames that a stream may go back to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "engine/frame_encoder.h"

namespace sam2 {

struct HeldFrame {
  int64_t frame = 0;    // of the stream
  int64_t tracked = 0;  // of those that were tracked
  std::shared_ptr<const EncodedImageImpl> image;
};

// The latest `capacity` frames added; the oldest goes first. Thread-bound.
class HeldFrames {
 public:
  explicit HeldFrames(size_t capacity) : capacity_(capacity) {}

  // `frame` is later than those there are.
  void add(HeldFrame frame) {
    frames_.push_back(std::move(frame));
    if (frames_.size() > capacity_) frames_.pop_front();
  }
  void clear() { frames_.clear(); }

  size_t count() const { return frames_.size(); }

  // The first frame from that one on, for it may have been skipped, and those
  // after it, oldest first; none if it is older than those there are.
  std::vector<HeldFrame> from(int64_t frame) const {
    auto it = frames_.begin();
    if (it == frames_.end() || frame < it->frame) return {};
    while (it != frames_.end() && it->frame < frame) ++it;
    return {it, frames_.end()};
  }

 private:
  size_t capacity_;
  std::deque<HeldFrame> frames_;
};

}  // namespace sam2
