#include "moving_scene.h"

#include <algorithm>
#include <cmath>

namespace sam2 {
namespace {

constexpr int kPeriod = 250;  // frames from one absence to the next
constexpr int kAbsence = 50;  // frames
// Shares of the picture's size.
constexpr double kObjectSide = 0.25;

// One byte of each pixel.
struct Component {
  uint8_t *data;
  int width, height, stride, pixel_stride;
  uint8_t &at(int x, int y) const {
    return data[y * stride + x * pixel_stride];
  }
};

Component component_of(GstVideoFrame *picture, guint index) {
  return {static_cast<uint8_t *>(GST_VIDEO_FRAME_COMP_DATA(picture, index)),
          GST_VIDEO_FRAME_COMP_WIDTH(picture, index),
          GST_VIDEO_FRAME_COMP_HEIGHT(picture, index),
          GST_VIDEO_FRAME_COMP_STRIDE(picture, index),
          GST_VIDEO_FRAME_COMP_PSTRIDE(picture, index)};
}

void draw_backdrop(const Component &plane) {
  for (int y = 0; y < plane.height; ++y)
    for (int x = 0; x < plane.width; ++x)
      plane.at(x, y) = static_cast<uint8_t>(60 + (x * 7 + y * 13) % 32);
}

void draw_disc(const Component &plane, const BoxPx &box, uint8_t value) {
  const float radius_x = box.width / 2, radius_y = box.height / 2;
  const int right = static_cast<int>(box.x + box.width);
  const int bottom = static_cast<int>(box.y + box.height);
  for (int y = static_cast<int>(box.y); y < bottom; ++y)
    for (int x = static_cast<int>(box.x); x < right; ++x) {
      const float across = (x - box.x - radius_x) / radius_x;
      const float down = (y - box.y - radius_y) / radius_y;
      if (across * across + down * down < 1) plane.at(x, y) = value;
    }
}

}  // namespace

BoxPx scene_box(int index, int64_t frame, SizePx size) {
  const int64_t phase = frame + index * kPeriod / kSceneObjects;
  if (phase % kPeriod < kAbsence) return {};
  const double turn = 0.02 * static_cast<double>(frame) * (1 + 0.3 * index);
  const double free = 1 - kObjectSide;
  return {static_cast<float>(size.width * free * (0.5 + 0.5 * std::cos(turn))),
          static_cast<float>(size.height * free *
                             (0.5 + 0.5 * std::sin(1.7 * turn + index))),
          static_cast<float>(size.width * kObjectSide),
          static_cast<float>(size.height * kObjectSide)};
}

void draw_scene(GstVideoFrame *picture, int64_t frame) {
  for (guint c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS(picture); ++c) {
    const Component plane = component_of(picture, c);
    draw_backdrop(plane);
    for (int i = 0; i < kSceneObjects; ++i) {
      const BoxPx box = scene_box(i, frame, {plane.width, plane.height});
      if (!box.is_empty())
        draw_disc(plane, box, static_cast<uint8_t>(140 + 25 * i));
    }
  }
}

}  // namespace sam2
