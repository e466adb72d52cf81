#include "gpu/pillow_resize.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>

#include "base/wide_vectors.h"

namespace sam2 {
namespace {

constexpr int kChannels = 3;
// Coefficients are fixed point; 22 bits leave two for overshoot above 8 bits
// of pixel and 32 of sum.
constexpr int kCoefficientBits = 22;
constexpr int32_t kHalf = 1 << (kCoefficientBits - 1);
constexpr double kCubicSupport = 2;
// Rows filtered together: one vector register of bytes.
constexpr int kRowBlock = 16;

// Which source pixels make one output pixel, and with which weights.
struct Tap {
  int first = 0;
  int count = 0;
};
struct TapTable {
  std::vector<Tap> taps;
  int stride = 0;                // coefficients per output pixel
  std::vector<int32_t> weights;  // [taps.size()][stride]
  const int32_t *row(int index) const {
    return weights.data() + static_cast<size_t>(index) * stride;
  }
};

double cubic(double x) {
  constexpr double a = -0.5;
  x = std::fabs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

int32_t to_fixed_point(double weight) {
  const double scaled = weight * (1 << kCoefficientBits);
  return static_cast<int32_t>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
}

TapTable tap_table(int from, int to) {
  const double scale = static_cast<double>(from) / to;
  const double widening = std::max(scale, 1.0);
  const double support = kCubicSupport * widening;
  TapTable table;
  table.stride = static_cast<int>(std::ceil(support)) * 2 + 1;
  table.taps.resize(to);
  table.weights.resize(static_cast<size_t>(to) * table.stride);
  std::vector<double> weights(table.stride);
  for (int i = 0; i < to; ++i) {
    const double center = (i + 0.5) * scale;
    const int first = std::max(static_cast<int>(center - support + 0.5), 0);
    const int end = std::min(static_cast<int>(center + support + 0.5), from);
    double sum = 0;
    for (int k = 0; k < end - first; ++k) {
      weights[k] = cubic((k + first - center + 0.5) * (1.0 / widening));
      sum += weights[k];
    }
    table.taps[i] = {first, end - first};
    int32_t *out = table.weights.data() + static_cast<size_t>(i) * table.stride;
    for (int k = 0; k < end - first; ++k)
      out[k] = to_fixed_point(weights[k] / sum);
  }
  return table;
}

inline uint8_t to_byte(int32_t sum) {
  return static_cast<uint8_t>(
      std::clamp<int32_t>(sum >> kCoefficientBits, 0, 255));
}

// Turns kRowBlock rows into columns of kRowBlock bytes, so that the horizontal
// filter too runs over neighbours in memory.
void rows_to_columns(const uint8_t *const rows[kRowBlock], int samples,
                     uint8_t *columns) {
  for (int i = 0; i < samples; ++i)
    for (int r = 0; r < kRowBlock; ++r) columns[i * kRowBlock + r] = rows[r][i];
}

void columns_to_rows(const uint8_t *columns, int samples, int row_count,
                     uint8_t *out) {
  for (int r = 0; r < row_count; ++r)
    for (int i = 0; i < samples; ++i)
      out[static_cast<size_t>(r) * samples + i] = columns[i * kRowBlock + r];
}

// Multiplications of 32-bit integers are one instruction from SSE4.1 on and six
// before.
SAM2_WIDE_VECTORS
void filter_columns(const uint8_t *columns, const TapTable &table,
                    uint8_t *out) {
  constexpr int kLanes = kRowBlock * kChannels;
  for (const Tap &tap : table.taps) {
    const int32_t *weights = table.row(&tap - table.taps.data());
    const uint8_t *in = columns + static_cast<size_t>(tap.first) * kLanes;
    int32_t sums[kLanes];
    for (int i = 0; i < kLanes; ++i) sums[i] = kHalf;
    for (int k = 0; k < tap.count; ++k, in += kLanes)
      for (int i = 0; i < kLanes; ++i) sums[i] += weights[k] * in[i];
    for (int i = 0; i < kLanes; ++i) out[i] = to_byte(sums[i]);
    out += kLanes;
  }
}

// Returns packed rows of `width` pixels.
std::vector<uint8_t> resize_rows(const ImageView &image, int width) {
  const TapTable table = tap_table(image.width, width);
  const int in_samples = image.width * kChannels;
  const int out_samples = width * kChannels;
  std::vector<uint8_t> out(static_cast<size_t>(image.height) * out_samples);
  std::vector<uint8_t> columns(static_cast<size_t>(in_samples) * kRowBlock);
  std::vector<uint8_t> filtered(static_cast<size_t>(out_samples) * kRowBlock);
  for (int y = 0; y < image.height; y += kRowBlock) {
    const uint8_t *rows[kRowBlock];
    for (int r = 0; r < kRowBlock; ++r)  // the last block repeats its last row
      rows[r] =
          image.data + std::min(y + r, image.height - 1) * image.stride_bytes;
    rows_to_columns(rows, in_samples, columns.data());
    filter_columns(columns.data(), table, filtered.data());
    columns_to_rows(filtered.data(), out_samples,
                    std::min(kRowBlock, image.height - y),
                    out.data() + static_cast<size_t>(y) * out_samples);
  }
  return out;
}

// `samples` bytes of one output row from the rows below each other at `in`.
SAM2_WIDE_VECTORS
void filter_row(const uint8_t *in, int64_t stride, const int32_t *weights,
                int count, int samples, uint8_t *out) {
  constexpr int kLanes = 64;
  for (int x = 0; x + kLanes <= samples; x += kLanes) {
    int32_t sums[kLanes];
    for (int i = 0; i < kLanes; ++i) sums[i] = kHalf;
    for (int k = 0; k < count; ++k) {
      const uint8_t *row = in + k * stride + x;
      for (int i = 0; i < kLanes; ++i) sums[i] += weights[k] * row[i];
    }
    for (int i = 0; i < kLanes; ++i) out[x + i] = to_byte(sums[i]);
  }
  for (int x = samples / kLanes * kLanes; x < samples; ++x) {
    int32_t sum = kHalf;
    for (int k = 0; k < count; ++k) sum += weights[k] * in[k * stride + x];
    out[x] = to_byte(sum);
  }
}

std::vector<uint8_t> resize_columns(const ImageView &image, int height) {
  const TapTable table = tap_table(image.height, height);
  const int samples = image.width * kChannels;
  std::vector<uint8_t> out(static_cast<size_t>(height) * samples);
  for (int y = 0; y < height; ++y) {
    const Tap &tap = table.taps[y];
    filter_row(image.data + tap.first * image.stride_bytes, image.stride_bytes,
               table.row(y), tap.count, samples,
               out.data() + static_cast<size_t>(y) * samples);
  }
  return out;
}

std::vector<uint8_t> packed_copy(const ImageView &image) {
  const size_t row_bytes = static_cast<size_t>(image.width) * kChannels;
  std::vector<uint8_t> out(row_bytes * image.height);
  for (int y = 0; y < image.height; ++y)
    std::memcpy(out.data() + y * row_bytes, image.data + y * image.stride_bytes,
                row_bytes);
  return out;
}

}  // namespace

std::vector<uint8_t> resize_like_pillow(const ImageView &image, SizePx size) {
  assert(image.width > 0 && image.height > 0);
  assert(size.width > 0 && size.height > 0);
  // A pass that changes nothing is left out, as Pillow does.
  if (size.width == image.width && size.height == image.height)
    return packed_copy(image);
  if (size.width == image.width) return resize_columns(image, size.height);
  std::vector<uint8_t> narrow = resize_rows(image, size.width);
  if (size.height == image.height) return narrow;
  return resize_columns({narrow.data(), size.width, image.height,
                         static_cast<int64_t>(size.width) * kChannels},
                        size.height);
}

}  // namespace sam2
