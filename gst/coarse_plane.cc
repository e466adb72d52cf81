#include "coarse_plane.h"

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

#include "base/wide_vectors.h"

namespace sam2 {
namespace {

// Means without division: for up to 2^16 bytes their sum times 2^24 / count,
// and a half more, stays in 32 bits.
constexpr int kScaleBits = 24;

uint32_t scale_of(int count) {
  const auto divisor = static_cast<uint32_t>(count);
  return ((1u << kScaleBits) + divisor / 2) / divisor;
}

uint8_t mean(uint32_t sum, uint32_t scale) {
  return static_cast<uint8_t>((sum * scale + (1u << (kScaleBits - 1))) >>
                              kScaleBits);
}

// Adds up `rows` rows of `count` bytes; four at once, because those cost the
// same to load and to store for one row.
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

// The means of `window` bytes each, `step` apart, the first of which is in the
// same place. `source` has `count` + (`window` - 1) * `step` bytes.
SAM2_WIDE_VECTORS
void blur_row(const uint8_t *source, int count, int window, int step,
              uint16_t *sums, uint8_t *target) {
  std::fill_n(sums, count, uint16_t{0});
  for (int k = 0; k < window; ++k, source += step)
    for (int i = 0; i < count; ++i) sums[i] += source[i];
  const uint32_t scale = scale_of(window);
  for (int i = 0; i < count; ++i) target[i] = mean(sums[i], scale);
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

// Between two samples, of which `below` counts `weight` of 256.
uint8_t mixed(uint8_t above, uint8_t below, uint16_t weight) {
  const auto change = static_cast<uint16_t>((below - above) * weight);
  return static_cast<uint8_t>(
      static_cast<uint16_t>(above * 256 + 128 + change) >> 8);
}

SAM2_WIDE_VECTORS
void mix_rows(const uint8_t *above, const uint8_t *below, uint16_t weight,
              int count, uint8_t *target) {
  for (int i = 0; i < count; ++i) target[i] = mixed(above[i], below[i], weight);
}

// Changes the bits that `mask` has.
SAM2_WIDE_VECTORS
void mix_rows(const uint8_t *above, const uint8_t *below, uint16_t weight,
              int count, const uint8_t *mask, uint8_t *target) {
  for (int i = 0; i < count; ++i) {
    const uint8_t value = mixed(above[i], below[i], weight);
    target[i] =
        static_cast<uint8_t>(target[i] ^ ((target[i] ^ value) & mask[i]));
  }
}

// Each of `count` samples `block` times.
template <int kStep>
void repeat_row(const uint8_t *source, int count, int block, uint8_t *target) {
  for (int j = 0; j < count; ++j, source += kStep)
    for (int i = 0; i < block; ++i, target += kStep)
      std::memcpy(target, source, kStep);
}

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

int blocks_in(int samples, int block) { return (samples + block - 1) / block; }

}  // namespace

void CoarsePlane::set_layout(const PlaneView &plane, BlockSize block) {
  step_ = plane.step_bytes;
  block_ = block;
  plane_width_ = plane.width;
  plane_height_ = plane.height;
  width_ = blocks_in(plane.width, block.x);
  height_ = blocks_in(plane.height, block.y);
  means_.resize(size_t{1} * width_ * height_ * step_);
  blurred_.resize(means_.size());
  sums_.resize(size_t{1} * plane.width * step_ + 3);
  forget_wide_rows();
}

void CoarsePlane::forget_wide_rows() {
  block_row_.y = -1;
  for (WideRow &row : smooth_rows_) row.y = -1;
}

RectPx CoarsePlane::blocks_of(const RectPx &area, int margin) const {
  return {std::max(area.x_begin / block_.x - margin, 0),
          std::max(area.y_begin / block_.y - margin, 0),
          std::min(blocks_in(area.x_end, block_.x) + margin, width_),
          std::min(blocks_in(area.y_end, block_.y) + margin, height_)};
}

void CoarsePlane::reduce(const PlaneView &plane, const RectPx &area) {
  forget_wide_rows();
  const RectPx blocks = blocks_of(area, 0);
  const int first = blocks.x_begin * block_.x;
  const int end = std::min(blocks.x_end * block_.x, plane_width_);
  const int bytes = (end - first) * step_;
  for (int i = blocks.y_begin; i < blocks.y_end; ++i) {
    const int y_end = std::min((i + 1) * block_.y, plane_height_);
    uint16_t *sums = sums_.data();
    const int rows = y_end - i * block_.y;
    add_rows(plane.row(i * block_.y) + ptrdiff_t{1} * first * step_,
             plane.stride_bytes, rows, bytes, sums);
    uint8_t *target =
        &means_[(size_t{1} * i * width_ + blocks.x_begin) * step_];
    with_step(step_, [&](auto step) {
      means_of_row<step()>(sums, end - first, rows, block_.x, target);
    });
  }
}

RectPx CoarsePlane::blur_source(const RectPx &area, BlockSize radius) const {
  const int x = (2 * radius.x + 1) * block_.x;
  const int y = (2 * radius.y + 1) * block_.y;
  return {std::max(area.x_begin - x, 0), std::max(area.y_begin - y, 0),
          std::min(area.x_end + x, plane_width_),
          std::min(area.y_end + y, plane_height_)};
}

void CoarsePlane::blur(const RectPx &area, BlockSize radius) {
  forget_wide_rows();
  const RectPx source = blocks_of(blur_source(area, radius), 0);
  const size_t row_bytes = size_t{1} * source.width() * step_;
  work_.resize(row_bytes * source.height());
  work_rows_.resize(work_.size());
  for (int y = 0; y < source.height(); ++y)
    std::copy_n(
        &means_[(size_t{1} * (source.y_begin + y) * width_ + source.x_begin) *
                step_],
        row_bytes, &work_[y * row_bytes]);
  for (int pass = 0; pass < 2; ++pass) {
    blur_rows(source, radius.x);
    blur_columns(source, radius.y);
  }
  const RectPx target = blocks_of(area, 1);
  for (int y = target.y_begin; y < target.y_end; ++y)
    std::copy_n(&work_[(y - source.y_begin) * row_bytes +
                       size_t{1} * (target.x_begin - source.x_begin) * step_],
                target.width() * step_,
                &blurred_[(size_t{1} * y * width_ + target.x_begin) * step_]);
}

// From `work_` to `work_rows_`.
void CoarsePlane::blur_rows(const RectPx &blocks, int radius) {
  const size_t row_bytes = size_t{1} * blocks.width() * step_;
  const size_t margin = size_t{1} * radius * step_;
  padded_.resize(row_bytes + 2 * margin);
  for (int y = 0; y < blocks.height(); ++y) {
    const uint8_t *row = &work_[y * row_bytes];
    std::copy_n(row, row_bytes, &padded_[margin]);
    for (size_t i = 0; i < margin; ++i) {
      padded_[i] = row[i % step_];
      padded_[margin + row_bytes + i] = row[row_bytes - step_ + i % step_];
    }
    blur_row(padded_.data(), static_cast<int>(row_bytes), 2 * radius + 1, step_,
             sums_.data(), &work_rows_[y * row_bytes]);
  }
}

// From `work_rows_` to `work_`.
void CoarsePlane::blur_columns(const RectPx &blocks, int radius) {
  const int bytes = blocks.width() * step_;
  const int height = blocks.height();
  const uint32_t scale = scale_of(2 * radius + 1);
  const auto row = [&](int y) {
    return &work_rows_[size_t{1} * std::clamp(y, 0, height - 1) * bytes];
  };
  sums_.resize(std::max(sums_.size(), static_cast<size_t>(bytes)));
  uint16_t *sums = sums_.data();
  std::fill_n(sums, bytes, uint16_t{0});
  for (int y = -radius; y < radius; ++y)
    for (int b = 0; b < bytes; ++b) sums[b] += row(y)[b];
  for (int y = 0; y < height; ++y) {
    const uint8_t *entering = row(y + radius);
    const uint8_t *leaving = row(y - radius);
    uint8_t *target = &work_[size_t{1} * y * bytes];
    for (int b = 0; b < bytes; ++b) {
      const auto sum = static_cast<uint16_t>(sums[b] + entering[b]);
      target[b] = mean(sum, scale);
      sums[b] = static_cast<uint16_t>(sum - leaving[b]);
    }
  }
}

const uint8_t *CoarsePlane::block_row(int y, int begin) {
  const int block_y = y / block_.y;
  if (block_row_.y != block_y) {
    block_row_.y = block_y;
    block_row_.bytes.resize(size_t{1} * width_ * block_.x * step_);
    with_step(step_, [&](auto step) {
      repeat_row<step()>(&means_[size_t{1} * block_y * width_ * step_], width_,
                         block_.x, block_row_.bytes.data());
    });
  }
  return &block_row_.bytes[size_t{1} * begin * step_];
}

// Row `block_y` of the blurred blocks, interpolated between their middles and
// the same beyond the outermost ones.
const uint8_t *CoarsePlane::smooth_blocks(int block_y) {
  const size_t bytes = size_t{1} * width_ * step_;
  const uint8_t *blocks = &blurred_[block_y * bytes];
  if (block_.x == 1) return blocks;
  WideRow &row = smooth_rows_[block_y % 2];
  const size_t half_block_bytes = size_t{1} * (block_.x / 2) * step_;
  if (row.y == block_y) return &row.bytes[half_block_bytes];
  row.y = block_y;
  padded_.resize(bytes + size_t{2} * step_);
  std::copy_n(blocks, bytes, &padded_[step_]);
  std::copy_n(blocks, step_, padded_.data());
  std::copy_n(&blocks[bytes - step_], step_, &padded_[step_ + bytes]);
  row.bytes.resize(size_t{1} * (width_ + 1) * block_.x * step_);
  phases_.resize(row.bytes.size());
  with_step(step_, [&](auto step) {
    interpolate_row<step()>(padded_.data(), width_ + 1, block_.x,
                            phases_.data(), row.bytes.data());
  });
  return &row.bytes[half_block_bytes];
}

void CoarsePlane::copy_smooth_row(int y, int begin, int end,
                                  const uint8_t *mask, uint8_t *target) {
  const int place =
      std::clamp((2 * y + 1) * 128 / block_.y - 128, 0, (height_ - 1) * 256);
  const auto weight = static_cast<uint16_t>(place % 256);
  const ptrdiff_t offset = ptrdiff_t{1} * begin * step_;
  const int bytes = (end - begin) * step_;
  const uint8_t *above = smooth_blocks(place / 256) + offset;
  const uint8_t *below =
      weight ? smooth_blocks(place / 256 + 1) + offset : above;
  if (mask)
    mix_rows(above, below, weight, bytes, mask, target);
  else if (weight)
    mix_rows(above, below, weight, bytes, target);
  else
    std::copy_n(above, bytes, target);
}

const uint8_t *CoarsePlane::smooth_row(int y, int begin, int end) {
  smooth_.resize(size_t{1} * (end - begin) * step_);
  copy_smooth_row(y, begin, end, nullptr, smooth_.data());
  return smooth_.data();
}

}  // namespace sam2
