#include "yuv_matrix.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace sam2 {
namespace {

// Products of 16 bits, which every processor makes eight of at once: samples
// with 7 and coefficients with 13 bits behind the point, of which 4 are left.
constexpr int kSampleBits = 7;
constexpr int kCoefficientBits = 13;  // up to 4; the largest is 2.2
constexpr int kSumBits = kSampleBits + kCoefficientBits - 16;
constexpr int kHalf = 1 << (kSumBits - 1);
constexpr int kNoChroma = 128;

int16_t fixed(double coefficient) {
  return static_cast<int16_t>(
      std::lround(coefficient * (1 << kCoefficientBits)));
}

int16_t sample(int value) { return static_cast<int16_t>(value << kSampleBits); }

int16_t product(int16_t a, int16_t b) {
  return static_cast<int16_t>((int32_t{a} * b) >> 16);
}

uint8_t rounded(int16_t sum) {
  const auto value = static_cast<int16_t>((sum + kHalf) >> kSumBits);
  return static_cast<uint8_t>(
      std::min<int16_t>(std::max<int16_t>(value, 0), 255));
}

}  // namespace

std::optional<YuvMatrix> YuvMatrix::of(const GstVideoColorimetry &colorimetry) {
  double kr = 0, kb = 0;
  if (colorimetry.range == GST_VIDEO_COLOR_RANGE_UNKNOWN ||
      !gst_video_color_matrix_get_Kr_Kb(colorimetry.matrix, &kr, &kb))
    return std::nullopt;
  gint offset[GST_VIDEO_MAX_COMPONENTS] = {};
  gint scale[GST_VIDEO_MAX_COMPONENTS] = {};
  gst_video_color_range_offsets(
      colorimetry.range, gst_video_format_get_info(GST_VIDEO_FORMAT_Y444),
      offset, scale);
  const double luma = 255.0 / scale[0];
  const double chroma = 255.0 / scale[1];
  const double kg = 1 - kr - kb;
  YuvMatrix matrix;
  matrix.black_ = offset[0];
  matrix.luma_ = fixed(luma);
  matrix.red_of_v_ = fixed(chroma * 2 * (1 - kr));
  matrix.blue_of_u_ = fixed(chroma * 2 * (1 - kb));
  matrix.green_of_u_ = fixed(-chroma * 2 * (1 - kb) * kb / kg);
  matrix.green_of_v_ = fixed(-chroma * 2 * (1 - kr) * kr / kg);
  return matrix;
}

void YuvMatrix::apply(uint8_t *row, int count) const {
  constexpr int kAtOnce = 64;
  const uint8_t *ayuv = row;
  uint8_t *rgb = row;  // is never ahead of what has been read
  uint32_t colours[kAtOnce];
  for (; count > 0; count -= kAtOnce, ayuv += 4 * kAtOnce) {
    const int n = std::min(kAtOnce, count);
    for (int i = 0; i < n; ++i) {
      const int16_t y = product(luma_, sample(ayuv[4 * i + 1] - black_));
      const int16_t u = sample(ayuv[4 * i + 2] - kNoChroma);
      const int16_t v = sample(ayuv[4 * i + 3] - kNoChroma);
      const int red = rounded(y + product(red_of_v_, v));
      const int green =
          rounded(y + product(green_of_u_, u) + product(green_of_v_, v));
      const int blue = rounded(y + product(blue_of_u_, u));
      colours[i] =
          GUINT32_TO_LE(static_cast<uint32_t>(red | green << 8 | blue << 16));
    }
    // The fourth byte is the next pixel's, but for the last one.
    for (int i = 0; i < n - 1; ++i, rgb += 3) std::memcpy(rgb, &colours[i], 4);
    std::memcpy(rgb, &colours[n - 1], 3);
    rgb += 3;
  }
}

}  // namespace sam2
