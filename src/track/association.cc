#include "track/association.h"

#include <algorithm>
#include <cmath>

namespace sam2 {
namespace {

bool is_finite(const BoxPx &box) {
  return std::isfinite(box.x) && std::isfinite(box.y) &&
         std::isfinite(box.width) && std::isfinite(box.height);
}

bool is_wanted(const Detection &detection, const LifecycleSettings &settings) {
  const auto &classes = settings.object_classes;
  return is_finite(detection.box) &&
         std::min(detection.box.width, detection.box.height) >=
             settings.min_box_px &&
         detection.confidence >= settings.min_confidence &&
         (classes.empty() ||
          std::count(classes.begin(), classes.end(), detection.label) > 0);
}

// Share of `box` that is in `inside`.
double share_of_box(const CornerBox &box, const CornerBox &inside) {
  const double width =
      std::min(box.right, inside.right) - std::max(box.left, inside.left);
  const double height =
      std::min(box.bottom, inside.bottom) - std::max(box.top, inside.top);
  const double area = (box.right - box.left) * (box.bottom - box.top);
  return area == 0 ? 0 : std::max(0.0, width) * std::max(0.0, height) / area;
}

double share_of_pixels(const MaskView &view, const CornerBox &inside) {
  const MaskImage &mask = *view.mask;
  const double pixel_width = double(view.mask_box.width) / mask.width;
  const double pixel_height = double(view.mask_box.height) / mask.height;
  int64_t pixels = 0;
  int64_t pixels_inside = 0;
  for (int row = 0; row < mask.height; ++row)
    for (int column = 0; column < mask.width; ++column) {
      if (mask.pixels[size_t(row) * mask.width + column] == 0) continue;
      const double x = view.mask_box.x + (column + 0.5) * pixel_width;
      const double y = view.mask_box.y + (row + 0.5) * pixel_height;
      ++pixels;
      pixels_inside += x >= inside.left && x < inside.right &&
                       y >= inside.top && y < inside.bottom;
    }
  return pixels == 0 ? 0 : double(pixels_inside) / double(pixels);
}

}  // namespace

CornerBox corner_box(const BoxPx &box) {
  return {box.x, box.y, double(box.x) + box.width, double(box.y) + box.height};
}

double box_iou(const BoxPx &box, const BoxPx &candidate) {
  return box_iou(corner_box(box), corner_box(candidate));
}

std::vector<Detection> usable_detections(
    const std::vector<Detection> &detections,
    const LifecycleSettings &settings) {
  std::vector<Detection> wanted;
  for (const Detection &detection : detections)
    if (is_wanted(detection, settings)) wanted.push_back(detection);
  std::stable_sort(wanted.begin(), wanted.end(),
                   [](const Detection &a, const Detection &b) {
                     return a.confidence > b.confidence;
                   });
  std::vector<Detection> usable;
  for (const Detection &detection : wanted)
    if (std::none_of(usable.begin(), usable.end(), [&](const Detection &kept) {
          return is_same_class(kept, detection) &&
                 box_iou(kept.box, detection.box) > settings.duplicate_iou;
        }))
      usable.push_back(detection);
  return usable;
}

double share_inside(const MaskView &view, const BoxPx &box) {
  return view.mask ? share_of_pixels(view, corner_box(box))
                   : share_of_box(corner_box(view.box), corner_box(box));
}

double match_score(const Detection &detection, const SightedObject &object,
                   double mask_weight) {
  const double by_box = box_iou(corner_box(detection.box), object.predicted);
  if (!object.mask) return by_box;
  const double by_mask = box_iou(detection.box, object.mask->box) *
                         share_inside(*object.mask, detection.box);
  return (1 - mask_weight) * by_box + mask_weight * by_mask;
}

}  // namespace sam2
