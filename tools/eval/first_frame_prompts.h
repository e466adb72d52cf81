// Prompts made from the true masks of a sequence's first frame.
#pragma once

#include <opencv2/core/mat.hpp>
#include <optional>
#include <string>
#include <vector>

#include "io/png_labels.h"
#include "track/prompt.h"
#include "track/track_result.h"

namespace sam2 {

enum class PromptKind {
  kMask,     // the true mask
  kBox,      // its tight box
  kPoint,    // its most interior pixel
  kClicks3,  // that, and up to two corrections of what came out
};

// "mask", "box", "point" or "clicks3"; nothing for another name.
std::optional<PromptKind> prompt_kind_named(const std::string &name);

// The labels but 0 and kVoidLabel that occur in `map`, rising.
std::vector<int> object_labels(const LabelMap &map);

// The pixels of `label` as 255 in a CV_8UC1 of the map's size.
cv::Mat mask_of_label(const LabelMap &map, int label);

// The pixel of `mask` (CV_8UC1, not 0 is object) farthest from everything
// outside it, the picture's edge included; of several the first in row order.
// Nothing for an empty mask. Reentrant.
std::optional<cv::Point> interior_point(const cv::Mat &mask);

// The smallest box with all pixels of `mask`; empty for an empty mask.
BoxPx tight_box(const cv::Mat &mask);

// One prompt for each object of `truth`, in rising order, the label being the
// object id. kClicks3 gives its first click. Clicks are pixel indices, as the
// reference has them.
std::vector<Prompt> first_frame_prompts(const LabelMap &truth, PromptKind kind);

// A click in the middle of the largest region where `predicted` and `truth`
// differ for `label`, negative where the object is not; void pixels do not
// differ. Nothing if there is no such region. Both maps have one size.
std::optional<PointPrompt> corrective_click(const LabelMap &truth,
                                            const LabelMap &predicted,
                                            int label);

}  // namespace sam2
