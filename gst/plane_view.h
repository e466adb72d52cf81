// The planes of a mapped frame, whatever its format.
#pragma once

#include <gst/video/video.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace sam2 {

// The index of alpha among a frame's components.
inline constexpr int kAlphaComponent = 3;

// A grid of samples with one byte per component. A sample covers 2^x_shift by
// 2^y_shift pixels.
struct PlaneView {
  uint8_t *data = nullptr;
  int stride_bytes = 0;
  int step_bytes = 1;  // of a sample, 1 to 4
  int width = 0;       // in samples
  int height = 0;
  int x_shift = 0;
  int y_shift = 0;
  bool is_cosited = false;  // a sample lies on the first of its columns
  // Which component each byte of a sample is; -1 = none, padding.
  std::array<int, 4> components = {-1, -1, -1, -1};

  uint8_t *row(int y) const {
    return data + static_cast<ptrdiff_t>(y) * stride_bytes;
  }
  // The byte of a sample that is alpha, or -1.
  int alpha_byte() const;
};

// Plane `index` of `frame`, which has 8 bits per component. Reentrant.
PlaneView plane_view(GstVideoFrame *frame, int index);

}  // namespace sam2
