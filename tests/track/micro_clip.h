// The smallest model and the drawn clip, for suites that track: a few
// milliseconds a frame.
#pragma once

#include <c10/core/InferenceMode.h>

#include <memory>
#include <vector>

#include "generated_model.h"
#include "golden_file.h"
#include "gpu/frame_tensor.h"

namespace sam2::test {

inline constexpr int kClipFrames = 18;
inline constexpr int kClipWidth = 214;
inline constexpr int kClipHeight = 120;

inline const std::shared_ptr<const Sam2Model> &micro_model() {
  static const std::shared_ptr<const Sam2Model> model =
      generated_model(config_named("sam2.1-micro"), "small_adjust.json");
  return model;
}

// Frame of the clip, which repeats itself.
inline ImageView clip_frame(int64_t frame) {
  static const GoldenFile clip("clip");
  return image_view(clip.tensor("frames")[frame % kClipFrames]);
}

// The same, encoded by micro_model().
inline const EncodedFrame &encoded_frame(int64_t frame) {
  static const std::vector<EncodedFrame> encoded = [] {
    const c10::InferenceMode guard;
    std::vector<EncodedFrame> all;
    for (int i = 0; i < kClipFrames; ++i)
      all.push_back(micro_model()->encode_image(
          frame_tensor(clip_frame(i), micro_model()->input_size_px())));
    return all;
  }();
  return encoded[frame % kClipFrames];
}

}  // namespace sam2::test
