// Label maps: pictures whose pixels are object numbers, 0 for background.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/geometry.h"
#include "track/prompt.h"
#include "track/track_result.h"

namespace sam2 {

// Row-major without padding; width * height labels.
struct LabelMap {
  int width = 0;
  int height = 0;
  std::vector<uint8_t> labels;
};

// Largest object id a label map can hold.
inline constexpr int64_t kMaxLabel = 255;

// Reads an indexed PNG (the labels are the palette's indices, not its colours)
// or a grey one of up to 8 bits, as DAVIS has them. Throws Error: kNotFound if
// there is no such file, kUnreadable for anything else than such a PNG.
LabelMap read_label_map(const std::string &path);

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
