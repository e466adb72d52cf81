// Frames to features, apart from tracking.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/engine.h"
#include "gpu/memory_governor.h"
#include "model/sam2_model.h"

namespace sam2 {

// Keeps its model alive, so that no other model can have the same address.
class EncodedImageImpl final : public EncodedImage {
 public:
  EncodedImageImpl(std::shared_ptr<const Sam2Model> model,
                   EncodedFrame features, SizePx frame_size)
      : model_(std::move(model)),
        features_(std::move(features)),
        frame_size_(frame_size),
        claim_(model_->device(), MemoryOwner::kFrames, features_.bytes()) {}

  SizePx frame_size() const override { return frame_size_; }
  const EncodedFrame &features() const { return features_; }
  const Sam2Model &model() const { return *model_; }

 private:
  std::shared_ptr<const Sam2Model> model_;
  EncodedFrame features_;
  SizePx frame_size_;
  MemoryClaim claim_;
};

// The image encoder of one model. An engine and its trackers share one, so
// that its counter knows every run. Thread-safe.
class FrameEncoder {
 public:
  explicit FrameEncoder(std::shared_ptr<const Sam2Model> model)
      : model_(std::move(model)) {}

  const std::shared_ptr<const Sam2Model> &model() const { return model_; }

  // One pass for all frames, whatever their sizes. Each result owns its memory:
  // it keeps nothing of the others alive. Error kFormat for a frame without
  // pixels.
  std::vector<std::shared_ptr<const EncodedImage>> encode(
      const std::vector<ImageView> &frames) const;

  // The image as this model made it; kSetting for null and for an image of
  // another model.
  std::shared_ptr<const EncodedImageImpl> checked(
      const std::shared_ptr<const EncodedImage> &image) const;

  int64_t encoded_frames() const { return encoded_frames_; }

 private:
  std::shared_ptr<const Sam2Model> model_;
  mutable std::atomic<int64_t> encoded_frames_{0};
};

}  // namespace sam2
