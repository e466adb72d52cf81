// Results to coast from, of objects that are rectangles.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "track/coaster.h"

namespace sam2::test {

inline constexpr SizePx kFrame = {200, 120};
inline constexpr PlaneMap kStill = {};

inline PlaneMap shift(double dx, double dy) { return {1, 0, dx, 0, 1, dy}; }

// The mask fills the box; an empty one is lost.
inline ObjectResult object(int64_t id, const BoxPx &box, float score = 1) {
  ObjectResult out;
  out.object_id = id;
  out.label = "object " + std::to_string(id);
  out.predicted_iou = 0.75f;
  out.object_score = score;
  out.first_seen = 3;
  out.last_seen = 8;
  out.is_lost = box.is_empty();
  if (out.is_lost) return out;
  out.box = box;
  out.mask.width = static_cast<int>(box.width);
  out.mask.height = static_cast<int>(box.height);
  out.mask.pixels.assign(size_t{1} * out.mask.width * out.mask.height, 255);
  return out;
}

inline FrameResult frame_of(std::vector<ObjectResult> objects,
                            SizePx size = kFrame) {
  FrameResult out;
  out.frame_size = size;
  out.objects = std::move(objects);
  return out;
}

inline bool is_same(const FrameResult &a, const FrameResult &b) {
  if (a.objects.size() != b.objects.size() || a.frame_size != b.frame_size ||
      a.coasted_frames != b.coasted_frames)
    return false;
  for (size_t i = 0; i < a.objects.size(); ++i) {
    const ObjectResult &x = a.objects[i];
    const ObjectResult &y = b.objects[i];
    if (x.object_id != y.object_id || x.label != y.label ||
        x.predicted_iou != y.predicted_iou ||
        x.object_score != y.object_score || x.is_lost != y.is_lost ||
        x.is_coasted != y.is_coasted || x.first_seen != y.first_seen ||
        x.last_seen != y.last_seen || x.box.x != y.box.x ||
        x.box.y != y.box.y || x.box.width != y.box.width ||
        x.box.height != y.box.height || x.mask.pixels != y.mask.pixels)
      return false;
  }
  return true;
}

}  // namespace sam2::test
