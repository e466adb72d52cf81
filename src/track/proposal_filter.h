// Which of many masks of one picture are objects. Pure, without tensors.
#pragma once

#include <cstddef>
#include <vector>

#include "base/geometry.h"
#include "track/proposal.h"

namespace sam2 {

// Error kSetting naming the first value out of range.
void validate(const ProposalSettings &settings);

struct MaskCandidate {
  float predicted_iou = 0;
  float stability = 0;
  MaskImage mask;  // all of one size, the model's
};

// Pixels in common / pixels of either; 0 if neither has a pixel. The sizes are
// equal.
double mask_iou(const MaskImage &a, const MaskImage &b);

// Indices into `candidates`, the best predicted IoU first: those above the
// limits, without those that overlap a better one, at most max_count.
std::vector<size_t> choose_proposals(
    const std::vector<MaskCandidate> &candidates,
    const ProposalSettings &settings);

}  // namespace sam2
