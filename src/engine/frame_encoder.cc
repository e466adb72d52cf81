#include "engine/frame_encoder.h"

#include <ATen/ops/cat.h>
#include <c10/core/InferenceMode.h>

#include <string>

#include "base/error.h"
#include "gpu/frame_tensor.h"

namespace sam2 {
namespace {

void check(const ImageView &frame) {
  if (frame.data && frame.width > 0 && frame.height > 0) return;
  throw Error(ErrorCode::kFormat,
              "A frame of " + std::to_string(frame.width) + "x" +
                  std::to_string(frame.height) +
                  " pixels cannot be encoded. Give frames of 1x1 or more.");
}

at::Tensor model_input(const std::vector<ImageView> &frames,
                       const Sam2Model &model) {
  std::vector<at::Tensor> images;
  for (const ImageView &frame : frames) {
    check(frame);
    images.push_back(frame_tensor(frame, model.input_size_px()));
  }
  return at::cat(images).to(model.device());
}

// A part of a batch is copied out of it, layout kept: a view would hold the
// whole batch for as long as one of its frames is held.
at::Tensor frame_of(const at::Tensor &batch, int64_t index) {
  return batch.size(0) == 1 ? batch : batch.slice(0, index, index + 1).clone();
}

std::string name_of(const Sam2Model &model) {
  return model.config().name + " at " + std::to_string(model.input_size_px()) +
         " px";
}

}  // namespace

std::vector<std::shared_ptr<const EncodedImage>> FrameEncoder::encode(
    const std::vector<ImageView> &frames) const {
  std::vector<std::shared_ptr<const EncodedImage>> images;
  if (frames.empty()) return images;
  const c10::InferenceMode guard;
  const EncodedFrame batch = model_->encode_image(model_input(frames, *model_));
  for (size_t i = 0; i < frames.size(); ++i) {
    images.push_back(std::make_shared<EncodedImageImpl>(
        model_, batch.with([&](const at::Tensor &t) { return frame_of(t, i); }),
        SizePx{frames[i].width, frames[i].height}));
  }
  encoded_frames_ += static_cast<int64_t>(frames.size());
  return images;
}

std::shared_ptr<const EncodedImageImpl> FrameEncoder::checked(
    const std::shared_ptr<const EncodedImage> &image) const {
  if (!image)
    throw Error(ErrorCode::kSetting,
                "There is no encoded frame to track. Give one that encode() "
                "returned.");
  auto known = std::dynamic_pointer_cast<const EncodedImageImpl>(image);
  if (known && &known->model() == model_.get()) return known;
  throw Error(ErrorCode::kSetting,
              "The frame was encoded by another engine (" +
                  (known ? name_of(known->model()) : "of another library") +
                  "; this one is " + name_of(*model_) +
                  "). Encode it with the engine that made the tracker.");
}

}  // namespace sam2
