#include "coarse_rows.h"

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

#include "base/wide_vectors.h"

namespace sam2 {
namespace {

// Calls `function` with the number of a sample's bytes as a constant.
template <typename Function>
void with_step(int step_bytes, Function function) {
  switch (step_bytes) {
    case 1:
      return function(std::integral_constant<int, 1>());
    case 2:
      return function(std::integral_constant<int, 2>());
    case 3:
      return function(std::integral_constant<int, 3>());
    default:
      return function(std::integral_constant<int, 4>());
  }
}

// The sums of `side` samples each, whose columns are summed up.
template <int kStep>
void add_columns(const uint16_t *sums, int side, uint32_t *totals) {
  std::fill_n(totals, kStep, 0u);
  for (int i = 0; i < side; ++i)
    for (int c = 0; c < kStep; ++c) totals[c] += sums[i * kStep + c];
}

// The same for a few samples: four sums of 16 bits are added at once, of which
// only kStep count. Reads up to 3 sums more.
template <int kStep, int kSide>
void add_columns(const uint16_t *sums, uint16_t *totals) {
  uint64_t total = 0;
  for (int i = 0; i < kSide; ++i) {
    uint64_t four;
    std::memcpy(&four, sums + i * kStep, sizeof four);
    total += four;
  }
  std::memcpy(totals, &total, kStep * sizeof *totals);
}

// The means of `rows` * kBlock samples each, whose columns are summed up. 0
// stands for any other size of blocks.
template <int kStep, int kBlock>
void means_of_row(const uint16_t *sums, int samples, int rows, int block,
                  uint8_t *target) {
  const int side = kBlock ? kBlock : block;
  const uint32_t scale = scale_of(rows * side);
  int x = 0;
  for (; x + side <= samples; x += side, target += kStep) {
    std::conditional_t<(kBlock > 0), uint16_t, uint32_t> totals[kStep];
    if constexpr (kBlock)
      add_columns<kStep, kBlock>(sums + x * kStep, totals);
    else
      add_columns<kStep>(sums + x * kStep, side, totals);
    for (int c = 0; c < kStep; ++c) target[c] = mean(totals[c], scale);
  }
  if (x == samples) return;
  uint32_t totals[kStep];
  add_columns<kStep>(sums + x * kStep, samples - x, totals);
  for (int c = 0; c < kStep; ++c)
    target[c] = mean(totals[c], scale_of(rows * (samples - x)));
}

template <int kStep>
void means_of_row(const uint16_t *sums, int samples, int rows, int block,
                  uint8_t *target) {
  const auto means = block == 2   ? means_of_row<kStep, 2>
                     : block == 4 ? means_of_row<kStep, 4>
                     : block == 8 ? means_of_row<kStep, 8>
                                  : means_of_row<kStep, 0>;
  means(sums, samples, rows, block, target);
}

// kBlock rows of `count` interpolated samples each, which are to be placed
// between the samples of `source` and the next ones: all first ones, then all
// second ones, and so on.
template <int kStep, int kBlock>
void interpolate(const uint8_t *source, int count, uint8_t *rows) {
  constexpr int kUnits = 2 * kBlock;
  const int bytes = count * kStep;
  for (int k = 0; k < kBlock; ++k, rows += bytes) {
    const auto right = static_cast<uint16_t>(2 * k + 1);
    const auto left = static_cast<uint16_t>(kUnits - right);
    for (int i = 0; i < bytes; ++i)
      rows[i] = static_cast<uint8_t>(
          static_cast<uint16_t>(source[i] * left + source[i + kStep] * right +
                                kBlock) /
          kUnits);
  }
}

// Samples of `a` and of `b` in turn.
template <int kStep>
void zip(const uint8_t *a, const uint8_t *b, int count, uint8_t *target) {
  for (int i = 0; i < count; ++i)
    for (const uint8_t *source : {a + i * kStep, b + i * kStep}) {
      std::memcpy(target, source, kStep);
      target += kStep;
    }
}

// Between each two of `count` + 1 samples, kBlock interpolated ones. `scratch`
// is as long as `target`. Rows are made and zipped, each of one half with one
// of the other, until one is left: vector instructions are good at that. They
// are not with 3 bytes.
template <int kStep, int kBlock>
void interpolate_row(const uint8_t *source, int count, uint8_t *scratch,
                     uint8_t *target) {
  if constexpr (kStep == 3) {
    interpolate<kStep, kBlock>(source, count, scratch);
    for (int j = 0; j < count; ++j)
      for (int k = 0; k < kBlock; ++k, target += kStep)
        std::memcpy(target, scratch + ptrdiff_t{1} * (k * count + j) * kStep,
                    kStep);
  } else {
    uint8_t *from = kBlock == 4 ? target : scratch;
    uint8_t *to = kBlock == 4 ? scratch : target;
    interpolate<kStep, kBlock>(source, count, from);
    for (int rows = kBlock; rows > 1; rows /= 2, std::swap(from, to)) {
      const int samples = count * kBlock / rows;
      const ptrdiff_t bytes = ptrdiff_t{1} * samples * kStep;
      for (int r = 0; r < rows / 2; ++r)
        zip<kStep>(from + r * bytes, from + (r + rows / 2) * bytes, samples,
                   to + 2 * r * bytes);
    }
  }
}

template <int kStep>
void interpolate_row(const uint8_t *source, int count, int block,
                     uint8_t *scratch, uint8_t *target) {
  if (block == 2) interpolate_row<kStep, 2>(source, count, scratch, target);
  if (block == 4) interpolate_row<kStep, 4>(source, count, scratch, target);
  if (block == 8) interpolate_row<kStep, 8>(source, count, scratch, target);
}

template <int kStep>
void repeat_row(const uint8_t *source, int count, int block, uint8_t *target) {
  for (int j = 0; j < count; ++j, source += kStep)
    for (int i = 0; i < block; ++i, target += kStep)
      std::memcpy(target, source, kStep);
}

// Between two samples, of which `below` counts `weight` of 256.
uint8_t mixed(uint8_t above, uint8_t below, uint16_t weight) {
  const auto change = static_cast<uint16_t>((below - above) * weight);
  return static_cast<uint8_t>(
      static_cast<uint16_t>(above * 256 + 128 + change) >> 8);
}

}  // namespace

// Four at once, because those cost the same to load and to store for one row.
SAM2_WIDE_VECTORS
void add_rows(const uint8_t *first, ptrdiff_t stride, int rows, int count,
              uint16_t *sums) {
  const auto rows_at = [&](int y) { return first + y * stride; };
  int y = 0;
  if (rows >= 8) {
    const uint8_t *a = rows_at(0), *b = rows_at(1), *c = rows_at(2);
    const uint8_t *d = rows_at(3), *e = rows_at(4), *f = rows_at(5);
    const uint8_t *g = rows_at(6), *h = rows_at(7);
    for (int i = 0; i < count; ++i)
      sums[i] = static_cast<uint16_t>(a[i] + b[i] + c[i] + d[i] + e[i] + f[i] +
                                      g[i] + h[i]);
    y = 8;
  } else {
    std::fill_n(sums, count, uint16_t{0});
  }
  for (; y + 4 <= rows; y += 4) {
    const uint8_t *a = rows_at(y), *b = rows_at(y + 1);
    const uint8_t *c = rows_at(y + 2), *d = rows_at(y + 3);
    for (int i = 0; i < count; ++i)
      sums[i] += static_cast<uint16_t>(a[i] + b[i] + c[i] + d[i]);
  }
  for (; y < rows; ++y) {
    const uint8_t *row = rows_at(y);
    for (int i = 0; i < count; ++i) sums[i] += row[i];
  }
}

void means_of_row(int step, const uint16_t *sums, int samples, int rows,
                  int block, uint8_t *target) {
  with_step(step, [&](auto bytes) {
    means_of_row<bytes()>(sums, samples, rows, block, target);
  });
}

SAM2_WIDE_VECTORS
void blur_row(const uint8_t *source, int count, int window, int step,
              uint16_t *sums, uint8_t *target) {
  std::fill_n(sums, count, uint16_t{0});
  for (int k = 0; k < window; ++k, source += step)
    for (int i = 0; i < count; ++i) sums[i] += source[i];
  const uint32_t scale = scale_of(window);
  for (int i = 0; i < count; ++i) target[i] = mean(sums[i], scale);
}

void interpolate_row(int step, const uint8_t *source, int count, int block,
                     uint8_t *scratch, uint8_t *target) {
  with_step(step, [&](auto bytes) {
    interpolate_row<bytes()>(source, count, block, scratch, target);
  });
}

SAM2_WIDE_VECTORS
void mix_rows(const uint8_t *above, const uint8_t *below, uint16_t weight,
              int count, uint8_t *target) {
  for (int i = 0; i < count; ++i) target[i] = mixed(above[i], below[i], weight);
}

SAM2_WIDE_VECTORS
void mix_rows(const uint8_t *above, const uint8_t *below, uint16_t weight,
              int count, const uint8_t *mask, uint8_t *target) {
  for (int i = 0; i < count; ++i) {
    const uint8_t value = mixed(above[i], below[i], weight);
    target[i] =
        static_cast<uint8_t>(target[i] ^ ((target[i] ^ value) & mask[i]));
  }
}

void repeat_row(int step, const uint8_t *source, int count, int block,
                uint8_t *target) {
  with_step(step, [&](auto bytes) {
    repeat_row<bytes()>(source, count, block, target);
  });
}

}  // namespace sam2
