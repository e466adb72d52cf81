// Results as label maps, and masks from pictures.
#pragma once

#include <string>
#include <vector>

#include "base/geometry.h"
#include "io/png_labels.h"
#include "track/prompt.h"
#include "track/track_result.h"

namespace sam2 {

// One mask prompt for each label but 0, in rising order; the label becomes the
// object id.
std::vector<Prompt> prompts_from_label_map(const LabelMap &map);

// The masks of `result`, which fit their frame, as object ids. Where masks
// overlap the lowest id wins. Throws Error (kSetting) for an id outside
// [1, kMaxLabel].
LabelMap label_map_from_result(const FrameResult &result);

// Writes an 8-bit grey PNG. Throws Error (kSetting) if that fails.
void write_label_map(const std::string &path, const LabelMap &map);

// Any picture as the mask of one object: what is not black is object. Throws
// Error: kNotFound if there is no such file, kUnreadable if it is no picture.
MaskImage read_mask(const std::string &path);

}  // namespace sam2
