// Frames of a camera that does not exist.
#pragma once

#include <gst/video/video.h>

#include <cstdint>

#include "base/geometry.h"

namespace sam2 {

inline constexpr int kSceneObjects = 5;

// Where object `index` is on frame `frame` of a picture of that size; inside
// it. Empty while the object is out of sight, which each one is for a fifth of
// the time. A function of its arguments alone.
BoxPx scene_box(int index, int64_t frame, SizePx size);

// Draws the objects over a ripple, in each plane alike, into a mapped frame.
void draw_scene(GstVideoFrame *picture, int64_t frame);

}  // namespace sam2
