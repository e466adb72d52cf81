#include "hidden_area.h"

#include <algorithm>

#include "base/wide_vectors.h"

namespace sam2 {
namespace {

constexpr uint8_t kOpaque = 255;

RectPx aligned(const RectPx &box, int margin, SizePx size) {
  constexpr int kX = HiddenArea::kAlignX, kY = HiddenArea::kAlignY;
  RectPx grown;
  grown.x_begin = std::max(box.x_begin - margin, 0) / kX * kX;
  grown.y_begin = std::max(box.y_begin - margin, 0) / kY * kY;
  grown.x_end = std::min((box.x_end + margin + kX - 1) / kX * kX, size.width);
  grown.y_end = std::min((box.y_end + margin + kY - 1) / kY * kY, size.height);
  return grown;
}

// The sum of a square around a pixel, times what is hidden of it at the edge's
// far end, is 255.
int divisor_of(int radius) { return (2 * radius + 1) * (radius + 1); }

// Sums of squares fit into 16 bits up to this radius, and vector instructions
// are good at those.
constexpr int kMaxNarrowRadius = 7;

SAM2_WIDE_VECTORS
void soften_narrowly(const uint16_t *columns, const uint8_t *hard, int count,
                     int radius, std::vector<uint16_t> &scratch,
                     uint8_t *soft) {
  scratch.resize(static_cast<size_t>(count));
  uint16_t *sums = scratch.data();
  for (int x = 0; x < count; ++x)
    sums[x] =
        static_cast<uint16_t>(columns[x] + columns[x + 1] + columns[x + 2]);
  for (int i = 3; i < 2 * radius; i += 2)
    for (int x = 0; x < count; ++x)
      sums[x] += static_cast<uint16_t>(columns[x + i] + columns[x + i + 1]);
  // Rounded up, so that products that should be whole are not below.
  const auto scale = static_cast<uint16_t>((1 << 16) / divisor_of(radius) + 1);
  for (int x = 0; x < count; ++x) {
    const auto share = static_cast<uint16_t>(sums[x] * uint32_t{scale} >> 16);
    const auto capped = static_cast<uint8_t>(share < 255 ? share : 255);
    soft[x] = capped | hard[x];
  }
}

void soften_widely(const uint16_t *columns, const uint8_t *hard, int count,
                   int radius, std::vector<uint16_t> &, uint8_t *soft) {
  const int window = 2 * radius + 1;
  const auto scale = static_cast<uint64_t>((1 << 24) / divisor_of(radius) + 1);
  uint32_t sum = 0;
  for (int i = 0; i < window - 1; ++i) sum += columns[i];
  for (int x = 0; x < count; ++x) {
    sum += columns[x + window - 1];
    const uint64_t share = sum * scale >> 24;
    soft[x] = static_cast<uint8_t>(share < 255 ? share : 255) | hard[x];
    sum -= columns[x];
  }
}

// To each sum what enters, less what leaves.
SAM2_WIDE_VECTORS
void move_sums(const uint8_t *leaving, const uint8_t *entering, int count,
               uint16_t *sums) {
  for (int i = 0; i < count; ++i)
    sums[i] += static_cast<uint16_t>(entering[i] - leaving[i]);
}

}  // namespace

void HiddenArea::begin(SizePx size, bool is_hidden) {
  const uint8_t outside = is_hidden ? kOpaque : 0;
  if (size != size_ || outside != outside_) {
    size_ = size;
    outside_ = outside;
    hard_.assign(size_t{1} * size.width * size.height, outside);
  } else {
    for (const RectPx &box : boxes_) fill(box);
  }
  boxes_.clear();
  is_soft_ = false;
}

uint8_t *HiddenArea::hard_row(int y) {
  return &hard_[size_t{1} * y * size_.width];
}

void HiddenArea::fill(const RectPx &box) {
  for (int y = box.y_begin; y < box.y_end; ++y)
    std::fill_n(hard_row(y) + box.x_begin, box.width(), outside_);
}

bool HiddenArea::add(const ObjectMask &mask, int feather_px) {
  if (mask.box_in(size_).is_empty()) return false;
  const RectPx box = mask.object_box_in(size_);
  if (box.is_empty()) return true;
  mask_row_.resize(static_cast<size_t>(box.width()));
  const uint8_t *object = mask_row_.data();
  const int count = box.width();
  for (int y = box.y_begin; y < box.y_end; ++y) {
    if (y == box.y_begin || !mask.is_as_above(y))
      mask.read_row(y, box, mask_row_.data());
    uint8_t *row = hard_row(y) + box.x_begin;
    if (outside_)
      for (int x = 0; x < count; ++x)
        row[x] &= static_cast<uint8_t>(~object[x]);
    else
      for (int x = 0; x < count; ++x) row[x] |= object[x];
  }
  // One pixel more, so that the outermost of a box are as what is outside.
  boxes_.push_back(aligned(box, feather_px + 1, size_));
  return true;
}

void HiddenArea::soften(int feather_px) {
  if (feather_px == 0) return;
  is_soft_ = true;
  soft_.resize(hard_.size());
  for (const RectPx &box : boxes_) soften_box(box, feather_px);
}

// A pixel that is kept gets the share of hidden pixels in the square around
// it, scaled so that it falls from the edge to 0 at the distance `radius`.
void HiddenArea::soften_box(const RectPx &box, int radius) {
  column_sums_.assign(static_cast<size_t>(box.width() + 2 * radius + 1), 0);
  nothing_.resize(static_cast<size_t>(size_.width));
  for (int y = box.y_begin - radius; y <= box.y_begin + radius; ++y)
    move_columns(nothing_.data(), nearest_row(y), box, radius);
  for (int y = box.y_begin; y < box.y_end; ++y) {
    soften_row(y, box, radius);
    move_columns(nearest_row(y - radius), nearest_row(y + radius + 1), box,
                 radius);
  }
}

// Rows and columns beyond the border are as those at the border.
const uint8_t *HiddenArea::nearest_row(int y) {
  return hard_row(std::clamp(y, 0, size_.height - 1));
}

// Takes one row away from the sums of columns and adds another.
void HiddenArea::move_columns(const uint8_t *leaving, const uint8_t *entering,
                              const RectPx &box, int radius) {
  const int first = box.x_begin - radius;
  const int inner = std::max(first, 0);
  const int end = box.x_end + radius;
  const int inner_end = std::min(end, size_.width);
  const auto change = [&](int x) {
    return static_cast<uint16_t>(entering[x] - leaving[x]);
  };
  uint16_t *sums = column_sums_.data();
  for (int x = first; x < inner; ++x) sums[x - first] += change(0);
  move_sums(leaving + inner, entering + inner, inner_end - inner,
            sums + (inner - first));
  for (int x = inner_end; x < end; ++x)
    sums[x - first] += change(size_.width - 1);
}

void HiddenArea::soften_row(int y, const RectPx &box, int radius) {
  const uint8_t *hard = hard_row(y) + box.x_begin;
  uint8_t *soft = &soft_[size_t{1} * y * size_.width + box.x_begin];
  const auto soften =
      radius <= kMaxNarrowRadius ? soften_narrowly : soften_widely;
  soften(column_sums_.data(), hard, box.width(), radius, window_sums_, soft);
}

const std::vector<Span> &HiddenArea::spans(int y_begin, int y_end) {
  spans_.clear();
  for (const RectPx &box : boxes_)
    if (box.y_begin < y_end && box.y_end > y_begin)
      spans_.push_back({box.x_begin, box.x_end});
  std::sort(spans_.begin(), spans_.end(),
            [](const Span &a, const Span &b) { return a.begin < b.begin; });
  size_t count = 0;
  for (const Span &span : spans_)
    if (count && span.begin <= spans_[count - 1].end)
      spans_[count - 1].end = std::max(spans_[count - 1].end, span.end);
    else
      spans_[count++] = span;
  spans_.resize(count);
  return spans_;
}

const uint8_t *HiddenArea::row(int y) const {
  const auto &pixels = is_soft_ ? soft_ : hard_;
  return &pixels[size_t{1} * y * size_.width];
}

}  // namespace sam2
