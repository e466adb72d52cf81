#include "paint_layer.h"

#include <algorithm>
#include <cmath>

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

// One step of erosion: object pixels beside background move from `inside` to
// `layer`.
class Eroder {
 public:
  Eroder(const MaskImage &mask, PaintLayer &layer, SizePx frame_size)
      : layer_(layer), frame_size_(frame_size), inside_(mask.pixels) {}

  void erode() {
    const std::vector<uint8_t> before = inside_;
    for (int y = 0; y < layer_.height; ++y)
      for (int x = 0; x < layer_.width; ++x)
        if (before[index(x, y)] && touches_background(before, x, y)) {
          inside_[index(x, y)] = 0;
          layer_.opacity[index(x, y)] = kOpaque;
        }
  }

 private:
  size_t index(int x, int y) const {
    return static_cast<size_t>(y) * layer_.width + x;
  }

  bool is_background(const std::vector<uint8_t> &pixels, int x, int y) const {
    const int frame_x = layer_.x + x;
    const int frame_y = layer_.y + y;
    if (frame_x < 0 || frame_y < 0 || frame_x >= frame_size_.width ||
        frame_y >= frame_size_.height)
      return false;
    if (x < 0 || y < 0 || x >= layer_.width || y >= layer_.height) return true;
    return !pixels[index(x, y)];
  }

  bool touches_background(const std::vector<uint8_t> &pixels, int x,
                          int y) const {
    return is_background(pixels, x - 1, y) || is_background(pixels, x + 1, y) ||
           is_background(pixels, x, y - 1) || is_background(pixels, x, y + 1);
  }

  PaintLayer &layer_;
  SizePx frame_size_;
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

// Mean opacity of the pixels under one sample; pixels outside the layer count
// as 0.
int mean_opacity(const PaintLayer &layer, const Component &component,
                 int sample_x, int sample_y) {
  const int columns = 1 << component.x_shift;
  const int rows = 1 << component.y_shift;
  int sum = 0;
  for (int row = 0; row < rows; ++row) {
    const int y = sample_y * rows + row - layer.y;
    if (y < 0 || y >= layer.height) continue;
    for (int column = 0; column < columns; ++column) {
      const int x = sample_x * columns + column - layer.x;
      if (x < 0 || x >= layer.width) continue;
      sum += layer.opacity[static_cast<size_t>(y) * layer.width + x];
    }
  }
  return sum / (rows * columns);
}

void paint_component(const Component &component, const PaintLayer &layer,
                     uint8_t value) {
  const int x_end = ((layer.x + layer.width - 1) >> component.x_shift) + 1;
  const int y_end = ((layer.y + layer.height - 1) >> component.y_shift) + 1;
  for (int y = layer.y >> component.y_shift; y < y_end; ++y) {
    uint8_t *row =
        component.data + static_cast<ptrdiff_t>(y) * component.stride_bytes;
    for (int x = layer.x >> component.x_shift; x < x_end; ++x) {
      const int opacity = mean_opacity(layer, component, x, y);
      uint8_t &sample = row[static_cast<ptrdiff_t>(x) * component.step_bytes];
      sample = static_cast<uint8_t>(
          (sample * (kOpaque - opacity) + value * opacity + kOpaque / 2) /
          kOpaque);
    }
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

PaintLayer contour_layer(const MaskImage &mask, const BoxPx &box,
                         SizePx frame_size, int width_px) {
  PaintLayer layer = empty_layer(box);
  Eroder eroder(mask, layer, frame_size);
  for (int i = 0; i < width_px; ++i) eroder.erode();
  return layer;
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
