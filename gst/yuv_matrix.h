// Luma and chroma to red, green and blue.
#pragma once

#include <gst/video/video.h>

#include <cstdint>
#include <optional>

namespace sam2 {

// Where the 8-bit samples of a row of pixels are.
struct YuvRow {
  const uint8_t *luma = nullptr;
  const uint8_t *u = nullptr;
  const uint8_t *v = nullptr;
  int luma_step_bytes = 1;    // from sample to sample
  int chroma_step_bytes = 1;  // of u and of v
  int chroma_shift = 0;       // log2 of the pixels of a chroma sample, 0 or 1
};

// GStreamer's converter makes 253 of white and 250 of saturated green, because
// it multiplies 8-bit pictures with 8 bits and cuts off the rest. This one errs
// by rounding only. Reentrant.
class YuvMatrix {
 public:
  // None if the frames' `colorimetry` names no matrix of luma and chroma, or no
  // range. Source: ITU-R BT.601-7 2.5, BT.709-6 3, BT.2100-2 table 9.
  static std::optional<YuvMatrix> of(const GstVideoColorimetry &colorimetry);

  // Writes `count` pixels, 3 bytes each. A sample of chroma counts the same for
  // all its pixels. `rgb` may be where the row's 4 bytes a pixel begin.
  void apply(const YuvRow &row, int count, uint8_t *rgb) const;

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
