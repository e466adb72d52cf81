// Which detection is which object: filters and scores. Pure.
#pragma once

#include <optional>
#include <vector>

#include "track/assignment.h"
#include "track/detection.h"
#include "track/kalman_filter.h"
#include "track/lifecycle_settings.h"

namespace sam2 {

CornerBox corner_box(const BoxPx &box);
double box_iou(const BoxPx &box, const BoxPx &candidate);

// Those of the classes, confidence and size asked for, with finite numbers,
// without duplicates; the most confident first.
std::vector<Detection> usable_detections(
    const std::vector<Detection> &detections,
    const LifecycleSettings &settings);

// An object's mask on this frame.
struct MaskView {
  BoxPx box;                        // tight box, frame pixels
  const MaskImage *mask = nullptr;  // null: not at hand
  BoxPx mask_box = {};              // that `mask` fills, frame pixels
};

// Share of the mask's pixels whose centres are inside `box`, [0, 1]; 0 for a
// mask without one. Without the mask itself, the share of its box.
double share_inside(const MaskView &mask, const BoxPx &box);

// Where an object in sight is on this frame.
struct SightedObject {
  CornerBox predicted;           // by the Kalman filter
  std::optional<MaskView> mask;  // if the tracker sees it
};

// [0, 1]. Without a mask the IoU of the detection with the predicted box; with
// one
//   (1 - mask_weight) IoU with the predicted box
//   + mask_weight (IoU with the mask's box) (share of the mask inside).
// The IoU keeps a small object from being taken for a large one that it stands
// in front of, the share one from being taken for another that it touches.
double match_score(const Detection &detection, const SightedObject &object,
                   double mask_weight);

}  // namespace sam2
