// Luma and chroma to red, green and blue.
#pragma once

#include <gst/video/video.h>

#include <cstdint>
#include <optional>

namespace sam2 {

// GStreamer's converter makes 253 of white and 250 of saturated green, because
// it multiplies 8-bit pictures with 8 bits and cuts off the rest. This one errs
// by rounding only. Reentrant.
class YuvMatrix {
 public:
  // None if the frames' `colorimetry` names no matrix of luma and chroma, or no
  // range. Source: ITU-R BT.601-7 2.5, BT.709-6 3, BT.2100-2 table 9.
  static std::optional<YuvMatrix> of(const GstVideoColorimetry &colorimetry);

  // A row of `count` pixels, 1 or more, in place: AYUV, 4 bytes a pixel,
  // becomes RGB, 3 bytes a pixel.
  void apply(uint8_t *row, int count) const;

 private:
  // In the fixed point of the source file.
  int16_t luma_ = 0;
  int16_t red_of_v_ = 0;
  int16_t green_of_u_ = 0;
  int16_t green_of_v_ = 0;
  int16_t blue_of_u_ = 0;
  int black_ = 0;  // luma of it
};

}  // namespace sam2
