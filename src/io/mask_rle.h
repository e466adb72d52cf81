// COCO run-length encoding of masks.
//
// Runs count the pixels of a frame column by column from the top left corner;
// they alternate between background and object and begin with background, so
// the first run is 0 when the first pixel is object. The text form writes each
// run from the fourth on as the difference to the run two before it, in groups
// of five bits, lowest first, as characters from '0' on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/geometry.h"

namespace sam2 {

using MaskRuns = std::vector<uint32_t>;

// A mask and where it lies in its frame (whole pixels).
struct PlacedMask {
  BoxPx box;
  MaskImage mask;
};

// A mask as run lengths of its whole frame: a thousandth of its pixels' memory.
struct EncodedMask {
  SizePx frame;
  MaskRuns runs;
  bool is_empty() const { return runs.empty(); }
};

// Largest width and height a decoder accepts, in pixels: a line of a few
// bytes can ask for a mask of this size squared.
inline constexpr int kMaxRleSidePx = 16384;

// Runs of `mask` (any value but 0 is object) put at `box` into an empty frame
// of size `frame`; costs by the area of the mask, not of the frame. Throws
// sam2::Error (kInternal) if box and mask differ in size or the box leaves
// the frame. An empty mask gives one run. Reentrant, like all below.
MaskRuns encode_runs(const MaskImage &mask, const BoxPx &box, SizePx frame);

// The smallest box that holds the object's pixels, empty if there are none:
// what decode_runs would fill, at no cost by area. Throws sam2::Error
// (kUnreadable) for a frame above kMaxRleSidePx or without a pixel, and for
// runs whose sum is not the number of the frame's pixels.
BoxPx box_of_runs(const MaskRuns &runs, SizePx frame);

// The object's pixels (0 or 255) in the smallest box that holds them; empty
// box and mask if there are none. Throws as box_of_runs does.
PlacedMask decode_runs(const MaskRuns &runs, SizePx frame);

// The whole frame, 0 or 255. Throws as box_of_runs does.
MaskImage decode_frame(const EncodedMask &mask);

// The compressed text form and back. `runs_from_text` throws sam2::Error
// (kUnreadable) for a character outside the alphabet, a text that ends in the
// middle of a number, and a run outside [0, 2^32).
std::string text_from_runs(const MaskRuns &runs);
MaskRuns runs_from_text(std::string_view text);

}  // namespace sam2
