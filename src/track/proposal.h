// An object that nobody has pointed out.
#pragma once

#include "base/geometry.h"

namespace sam2 {

// How proposals are found. Source of the rules: Kirillov et al., Segment
// Anything (2023), appendix B.
struct ProposalSettings {
  int points_per_side = 16;        // of the grid of clicks, 1...64
  float min_predicted_iou = 0.7F;  // 0...1
  // Area of the mask at a logit of 1 / that at -1: how sharp its edge is;
  // 0...1.
  float min_stability = 0.9F;
  // Of two masks with a larger IoU one is a duplicate; 0...1.
  double max_overlap = 0.7;
  // A mask of more of the picture is what is behind the objects; 0...1.
  double max_area_share = 0.8;
  int max_count = 16;  // 1 or more
};

struct Proposal {
  MaskImage mask;  // of the frame's size
  BoxPx box;       // the mask's tight box, frame pixels
  float predicted_iou = 0;
  float stability = 0;
};

}  // namespace sam2
