// What the tracker says about one frame.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/geometry.h"

namespace sam2 {

struct ObjectResult {
  int64_t object_id = 0;
  std::string label;        // from the prompt, may be empty
  float predicted_iou = 0;  // the model's own estimate of mask quality, [0, 1]
  float object_score = 0;   // logit; > 0 means the object is in the picture
  // Of policies with a motion model. IoU of the mask's box with the predicted
  // one, [0, 1]; none until the motion has a say and on prompted frames.
  std::optional<float> kf_score;
  // Good frames in a row, up to the number after which the motion has a say.
  std::optional<int> stable_frames;
  bool is_lost = false;  // no pixel of the object on this frame
  // The frame was skipped: box and mask are guessed from earlier frames, the
  // scores are those of the latest tracked one.
  bool is_coasted = false;
  int64_t first_seen = 0;  // index of the frame with the first prompt
  int64_t last_seen = 0;   // index of the last tracked frame with a pixel
  BoxPx box;               // tight box of the mask, frame pixels, empty if lost
  // 0 or 255; empty if lost. The mask inside `box` only, in the frame's
  // resolution (mask.width == box.width, ...), or, if it covers the frame, in a
  // resolution of its own.
  MaskImage mask;
  bool mask_covers_frame = false;
};

// Where the mask of `object` lies, in pixels of its frame.
inline BoxPx mask_box(const ObjectResult &object, SizePx frame_size) {
  if (!object.mask_covers_frame) return object.box;
  return {0, 0, static_cast<float>(frame_size.width),
          static_cast<float>(frame_size.height)};
}

// Objects in the order in which they were first prompted.
struct FrameResult {
  int64_t frame_index = 0;  // among all frames, tracked or skipped
  // Frames since the latest tracked one, this one counted; 0 = it was tracked.
  int64_t coasted_frames = 0;
  SizePx frame_size;
  std::vector<ObjectResult> objects;
};

}  // namespace sam2
