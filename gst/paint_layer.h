// Single-colour drawings and how they get into a video frame.
#pragma once

#include <gst/video/video.h>

#include <cstdint>
#include <vector>

#include "base/geometry.h"
#include "object_colour.h"

namespace sam2 {

// A rectangle of opacities at whole pixels of a frame: 0 leaves a pixel as it
// is, 255 replaces it.
struct PaintLayer {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
  std::vector<uint8_t> opacity;  // width * height, row by row
};

// Every pixel of the object with the same `opacity`, [0, 1]. `mask` has the
// size of `box`. Reentrant, like all here.
PaintLayer tint_layer(const MaskImage &mask, const BoxPx &box, double opacity);

// Makes the outermost `width_px` pixels of the object opaque. `layer` is over
// the box of `mask`, as tint_layer() makes it. The frame's edge is no contour:
// an object that leaves the picture stays open there.
void add_contour(PaintLayer &layer, const MaskImage &mask, SizePx frame_size,
                 int width_px);

// The outermost `width_px` pixels of `box`, opaque, clipped to the frame.
PaintLayer box_layer(const BoxPx &box, SizePx frame_size, int width_px);

// Paints `layer` in `colour` into a frame mapped for writing. The layer lies
// inside the frame. Works for every format with 8 bits per component; where
// chroma is subsampled, a chroma sample takes the mean opacity of its pixels.
// Alpha stays.
void paint(GstVideoFrame *frame, const PaintLayer &layer, Colour colour);

}  // namespace sam2
