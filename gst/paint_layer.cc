#include "paint_layer.h"

#include <algorithm>
#include <cmath>

#include "base/wide_vectors.h"

namespace sam2 {
namespace {

constexpr uint8_t kOpaque = 255;

PaintLayer empty_layer(const BoxPx &box) {
  PaintLayer layer;
  layer.x = static_cast<int>(box.x);
  layer.y = static_cast<int>(box.y);
  layer.width = static_cast<int>(box.width);
  layer.height = static_cast<int>(box.height);
  layer.opacity.resize(static_cast<size_t>(layer.width) * layer.height);
  return layer;
}

// Loops over pixels keep their bounds in local variables: a byte written might
// otherwise be taken for part of the bound, and vectors be out of the question.

// The object, losing its outermost pixels step by step. It has a margin of one
// pixel, so that every pixel has four neighbours: background, or object where
// the margin is outside of the frame.
class Eroder {
 public:
  Eroder(const MaskImage &mask, const PaintLayer &layer, SizePx frame_size)
      : width_(mask.width), height_(mask.height), stride_(mask.width + 2) {
    inside_.resize(stride_ * (height_ + size_t{2}));
    for (int y = 0; y < height_; ++y) {
      const uint8_t *pixels = &mask.pixels[size_t{1} * y * width_];
      uint8_t *row = inside_row(y);
      const int width = width_;
      for (int x = 0; x < width; ++x) row[x] = pixels[x] ? kOpaque : 0;
      if (layer.x == 0) row[-1] = kOpaque;
      if (layer.x + width_ == frame_size.width) row[width_] = kOpaque;
    }
    if (layer.y == 0) std::fill_n(inside_row(-1), width_, kOpaque);
    if (layer.y + height_ == frame_size.height)
      std::fill_n(inside_row(height_), width_, kOpaque);
  }

  // `width_` bytes, 255 for an object pixel; rows -1 and height are margin.
  uint8_t *inside_row(int y) { return &inside_[stride_ * (y + 1) + 1]; }

  void erode() {
    std::vector<uint8_t> eroded = inside_;
    const int width = width_;
    for (int y = 0; y < height_; ++y) {
      const uint8_t *above = inside_row(y - 1);
      const uint8_t *row = inside_row(y);
      const uint8_t *below = inside_row(y + 1);
      uint8_t *target = &eroded[stride_ * (y + 1) + 1];
      for (int x = 0; x < width; ++x)
        target[x] = row[x] & row[x - 1] & row[x + 1] & above[x] & below[x];
    }
    inside_.swap(eroded);
  }

 private:
  int width_;
  int height_;
  size_t stride_;
  std::vector<uint8_t> inside_;
};

// One component's samples and how they lie over the pixels.
struct Component {
  uint8_t *data;
  int stride_bytes;
  int step_bytes;
  int x_shift;  // log2 of pixels per sample
  int y_shift;
};

Component component(GstVideoFrame *frame, int index) {
  const GstVideoFormatInfo *format = frame->info.finfo;
  return {static_cast<uint8_t *>(GST_VIDEO_FRAME_COMP_DATA(frame, index)),
          GST_VIDEO_FRAME_COMP_STRIDE(frame, index),
          GST_VIDEO_FRAME_COMP_PSTRIDE(frame, index),
          static_cast<int>(GST_VIDEO_FORMAT_INFO_W_SUB(format, index)),
          static_cast<int>(GST_VIDEO_FORMAT_INFO_H_SUB(format, index))};
}

// The opacities over a component's samples, row by row: the layer's own, or
// their means where a sample covers several pixels. Pixels outside of the layer
// count as 0.
class SampleOpacity {
 public:
  SampleOpacity(const PaintLayer &layer, const Component &component)
      : layer_(layer),
        component_(component),
        sums_(size_t{1} * count() << component.x_shift),
        means_(count()) {}

  int first() const { return layer_.x >> component_.x_shift; }
  int count() const {
    return ((layer_.x + layer_.width - 1) >> component_.x_shift) + 1 - first();
  }

  const uint8_t *row(int sample_y) {
    if (component_.x_shift == 0 && component_.y_shift == 0)
      return layer_row(sample_y - layer_.y);
    sum_up(sample_y);
    const int columns = 1 << component_.x_shift;
    const int shift = component_.x_shift + component_.y_shift;
    const int samples = count();
    for (int i = 0; i < samples; ++i) {
      const uint16_t *under = &sums_[size_t{1} * i * columns];
      int sum = under[0];
      for (int column = 1; column < columns; ++column) sum += under[column];
      means_[i] = static_cast<uint8_t>(sum >> shift);
    }
    return means_.data();
  }

 private:
  const uint8_t *layer_row(int y) const {
    return &layer_.opacity[size_t{1} * y * layer_.width];
  }

  // The sums down the pixel columns under one row of samples.
  void sum_up(int sample_y) {
    std::fill(sums_.begin(), sums_.end(), uint16_t{0});
    const int top = (sample_y << component_.y_shift) - layer_.y;
    const int end = std::min(top + (1 << component_.y_shift), layer_.height);
    uint16_t *sums = &sums_[layer_.x - (first() << component_.x_shift)];
    for (int y = std::max(top, 0); y < end; ++y) {
      const uint8_t *opacity = layer_row(y);
      const int width = layer_.width;
      for (int x = 0; x < width; ++x) sums[x] += opacity[x];
    }
  }

  const PaintLayer &layer_;
  const Component &component_;
  std::vector<uint16_t> sums_;
  std::vector<uint8_t> means_;
};

// Rounds (sample * (255 - opacity) + value * opacity) / 255 without division.
uint8_t mixed(uint8_t sample, uint8_t value, uint8_t opacity) {
  const auto sum = static_cast<uint16_t>(sample * (kOpaque - opacity) +
                                         value * opacity + 128);
  return static_cast<uint8_t>((sum + (sum >> 8)) >> 8);
}

SAM2_WIDE_VECTORS
void mix_row(uint8_t *samples, const uint8_t *opacity, int count,
             uint8_t value) {
  for (int i = 0; i < count; ++i)
    samples[i] = mixed(samples[i], value, opacity[i]);
}

// Samples that do not lie side by side are brought together in `scratch`: two
// plain copies cost less than mixing one by one.
template <int kStep>
void mix_apart(uint8_t *samples, const uint8_t *opacity, uint8_t value,
               std::vector<uint8_t> &scratch) {
  const int count = static_cast<int>(scratch.size());
  uint8_t *together = scratch.data();
  for (int i = 0; i < count; ++i)
    together[i] = samples[ptrdiff_t{1} * i * kStep];
  mix_row(together, opacity, count, value);
  for (int i = 0; i < count; ++i)
    samples[ptrdiff_t{1} * i * kStep] = together[i];
}

void paint_row(uint8_t *samples, int step_bytes, const uint8_t *opacity,
               uint8_t value, std::vector<uint8_t> &scratch) {
  switch (step_bytes) {
    case 1:
      return mix_row(samples, opacity, static_cast<int>(scratch.size()), value);
    case 2:
      return mix_apart<2>(samples, opacity, value, scratch);
    case 3:
      return mix_apart<3>(samples, opacity, value, scratch);
    default:
      return mix_apart<4>(samples, opacity, value, scratch);
  }
}

void paint_component(const Component &component, const PaintLayer &layer,
                     uint8_t value) {
  SampleOpacity opacity(layer, component);
  std::vector<uint8_t> scratch(opacity.count());
  const int y_end = ((layer.y + layer.height - 1) >> component.y_shift) + 1;
  for (int y = layer.y >> component.y_shift; y < y_end; ++y) {
    uint8_t *row =
        component.data + static_cast<ptrdiff_t>(y) * component.stride_bytes +
        static_cast<ptrdiff_t>(opacity.first()) * component.step_bytes;
    paint_row(row, component.step_bytes, opacity.row(y), value, scratch);
  }
}

}  // namespace

PaintLayer tint_layer(const MaskImage &mask, const BoxPx &box, double opacity) {
  PaintLayer layer = empty_layer(box);
  const auto value = static_cast<uint8_t>(std::lround(opacity * kOpaque));
  std::transform(mask.pixels.begin(), mask.pixels.end(), layer.opacity.begin(),
                 [value](uint8_t pixel) { return pixel ? value : 0; });
  return layer;
}

void add_contour(PaintLayer &layer, const MaskImage &mask, SizePx frame_size,
                 int width_px) {
  Eroder eroder(mask, layer, frame_size);
  for (int i = 0; i < width_px; ++i) eroder.erode();
  const int width = mask.width;
  for (int y = 0; y < mask.height; ++y) {
    const size_t start = size_t{1} * y * width;
    const uint8_t *pixels = &mask.pixels[start];
    const uint8_t *inside = eroder.inside_row(y);
    uint8_t *opacity = &layer.opacity[start];
    for (int x = 0; x < width; ++x) {
      const bool is_line = (pixels[x] != 0) & (inside[x] == 0);
      opacity[x] = is_line ? kOpaque : opacity[x];
    }
  }
}

PaintLayer box_layer(const BoxPx &box, SizePx frame_size, int width_px) {
  const int left = static_cast<int>(box.x);
  const int top = static_cast<int>(box.y);
  const int right = left + static_cast<int>(box.width);
  const int bottom = top + static_cast<int>(box.height);
  PaintLayer layer;
  layer.x = std::max(left, 0);
  layer.y = std::max(top, 0);
  layer.width = std::max(std::min(right, frame_size.width) - layer.x, 0);
  layer.height = std::max(std::min(bottom, frame_size.height) - layer.y, 0);
  layer.opacity.reserve(static_cast<size_t>(layer.width) * layer.height);
  for (int y = layer.y; y < layer.y + layer.height; ++y)
    for (int x = layer.x; x < layer.x + layer.width; ++x) {
      const int depth =
          std::min({x - left, y - top, right - 1 - x, bottom - 1 - y});
      layer.opacity.push_back(depth < width_px ? kOpaque : 0);
    }
  return layer;
}

void paint(GstVideoFrame *frame, const PaintLayer &layer, Colour colour) {
  if (layer.opacity.empty()) return;
  const auto values = component_values(colour, frame->info);
  const int count =
      std::min(static_cast<int>(GST_VIDEO_FRAME_N_COMPONENTS(frame)), 3);
  for (int i = 0; i < count; ++i)
    paint_component(component(frame, i), layer, values[static_cast<size_t>(i)]);
}

}  // namespace sam2
