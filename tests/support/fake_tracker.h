// The tracker of the fake tracker library; what it does says fake_engine.cc.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "engine/engine.h"

namespace sam2::fake {

// All that the results need of a frame.
class FakeImage final : public EncodedImage {
 public:
  explicit FakeImage(const ImageView &frame, size_t batch_size = 1)
      : frame_size_{frame.width, frame.height},
        red_(frame.data[0]),
        batch_size_(batch_size) {}
  SizePx frame_size() const override { return frame_size_; }
  int red() const { return red_; }
  size_t batch_size() const { return batch_size_; }

 private:
  SizePx frame_size_;
  int red_;
  size_t batch_size_;
};

// Of an engine and all of its trackers.
using FrameCounter = std::atomic<int64_t>;

// `model` is the name of the file.
std::unique_ptr<StreamTracker> make_tracker(
    const std::string &model, const TrackerSettings &settings,
    std::shared_ptr<FrameCounter> counter);

}  // namespace sam2::fake
