// Label maps from PNG files: pictures whose pixels are object numbers, 0 for
// background.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "io/mask_rle.h"

namespace sam2 {

// Row-major without padding; width * height labels.
struct LabelMap {
  int width = 0;
  int height = 0;
  std::vector<uint8_t> labels;
};

// Largest object id a label map can hold.
inline constexpr int64_t kMaxLabel = 255;
// Label of pixels that belong to nothing in particular, as in DAVIS.
inline constexpr int kVoidLabel = 255;

// Reads an indexed PNG (the labels are the palette's indices, not its colours)
// or a grey one of up to 8 bits, as DAVIS has them. Throws Error: kNotFound if
// there is no such file, kUnreadable for anything else than such a PNG, or one
// of more than 16384 pixels a side. Reentrant, like all below.
LabelMap read_label_map(const std::string &path);

// The same, but where a PNG has colours of 8 bits, each of them but black and
// what is fully transparent becomes a label, from 1 on in the order in which
// they appear, row by row from the top left. Throws as read_label_map does,
// also (kUnreadable) for more than 254 colours and above 256 MiB of pixels.
LabelMap read_colour_map(const std::string &path);

// The masks of all labels but 0 and kVoidLabel, in one pass over the picture.
std::map<int, EncodedMask> masks_of_labels(const LabelMap &map);

}  // namespace sam2
