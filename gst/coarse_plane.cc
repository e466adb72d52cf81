#include "coarse_plane.h"

#include <algorithm>

#include "coarse_rows.h"

namespace sam2 {
namespace {

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
    means_of_row(step_, sums, end - first, rows, block_.x, target);
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
    repeat_row(step_, &means_[size_t{1} * block_y * width_ * step_], width_,
               block_.x, block_row_.bytes.data());
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
  interpolate_row(step_, padded_.data(), width_ + 1, block_.x, phases_.data(),
                  row.bytes.data());
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
