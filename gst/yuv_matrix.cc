#include "yuv_matrix.h"

#include <algorithm>
#include <cmath>

#include "base/wide_vectors.h"

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

// Multiplied: to shift a negative value left is undefined before C++20.
int16_t sample(int value) {
  return static_cast<int16_t>(value * (1 << kSampleBits));
}

int16_t product(int16_t a, int16_t b) {
  return static_cast<int16_t>((int32_t{a} * b) >> 16);
}

uint8_t rounded(int16_t sum) {
  const auto value = static_cast<int16_t>((sum + kHalf) >> kSumBits);
  return static_cast<uint8_t>(
      std::min<int16_t>(std::max<int16_t>(value, 0), 255));
}

// Rows are worked through in parts that stay in the processor's registers and
// nearest memory.
constexpr int kAtOnce = 64;

struct YuvPart {
  uint8_t luma[kAtOnce] = {};
  uint8_t u[kAtOnce] = {};
  uint8_t v[kAtOnce] = {};
};

struct RgbPart {
  uint8_t red[kAtOnce];
  uint8_t green[kAtOnce];
  uint8_t blue[kAtOnce];
};

template <int kStep>
void gather(const uint8_t *source, int count, uint8_t *target) {
  for (int i = 0; i < count; ++i) target[i] = source[i * kStep];
}

// Steps that are known to the compiler make vector instructions possible.
void gather(const uint8_t *source, int step, int count, uint8_t *target) {
  switch (step) {
    case 1:
      return gather<1>(source, count, target);
    case 2:
      return gather<2>(source, count, target);
    case 4:
      return gather<4>(source, count, target);
    default:
      for (int i = 0; i < count; ++i) target[i] = source[i * step];
  }
}

void gather_chroma(const uint8_t *source, const YuvRow &row, int count,
                   uint8_t *target) {
  if (row.chroma_shift == 0) {
    gather(source, row.chroma_step_bytes, count, target);
    return;
  }
  uint8_t samples[kAtOnce / 2] = {};
  gather(source, row.chroma_step_bytes, (count + 1) / 2, samples);
  for (int i = 0; i < kAtOnce / 2; ++i)
    target[2 * i] = target[2 * i + 1] = samples[i];
}

// The samples of `count` pixels from the first on.
void gather(const YuvRow &row, int first, int count, YuvPart &part) {
  const ptrdiff_t chroma =
      ptrdiff_t{1} * (first >> row.chroma_shift) * row.chroma_step_bytes;
  gather(row.luma + ptrdiff_t{1} * first * row.luma_step_bytes,
         row.luma_step_bytes, count, part.luma);
  gather_chroma(row.u + chroma, row, count, part.u);
  gather_chroma(row.v + chroma, row, count, part.v);
}

void interleave(const RgbPart &part, int count, uint8_t *rgb) {
  for (int i = 0; i < count; ++i) {
    rgb[3 * i] = part.red[i];
    rgb[3 * i + 1] = part.green[i];
    rgb[3 * i + 2] = part.blue[i];
  }
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

SAM2_WIDE_VECTORS
void YuvMatrix::apply(const YuvRow &row, int count, uint8_t *rgb) const {
  const YuvMatrix matrix = *this;  // which no byte written can be part of
  for (int x = 0; x < count; x += kAtOnce, rgb += 3 * kAtOnce) {
    const int n = std::min(kAtOnce, count - x);
    YuvPart from;
    RgbPart to;
    gather(row, x, n, from);
    for (int i = 0; i < kAtOnce; ++i) {
      const int16_t y =
          product(matrix.luma_, sample(from.luma[i] - matrix.black_));
      const int16_t u = sample(from.u[i] - kNoChroma);
      const int16_t v = sample(from.v[i] - kNoChroma);
      to.red[i] = rounded(y + product(matrix.red_of_v_, v));
      to.green[i] = rounded(y + product(matrix.green_of_u_, u) +
                            product(matrix.green_of_v_, v));
      to.blue[i] = rounded(y + product(matrix.blue_of_u_, u));
    }
    interleave(to, n, rgb);
  }
}

}  // namespace sam2
