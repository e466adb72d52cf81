// Cut-out masks under affine maps.
#pragma once

#include <cstddef>
#include <vector>

#include "track/plane_map.h"
#include "track/video_masks.h"

namespace sam2 {

// `cut`, a mask on one frame, on a frame of size `frame` after `map`, with
// borders interpolated and what lies outside left out. Values are 0 and 255,
// the box is tight; both empty if nothing is left. The identity changes
// nothing but what lies outside. Masks apart stay apart under one map. `map`
// is finite. Costs a pass over the box that results. Reentrant.
CutOut moved(const CutOut &cut, const PlaneMap &map, SizePx frame);

// Leaves each pixel to one of the masks on a frame of size `frame`: that which
// comes first in `order`, indices of `cuts`. Boxes shrink to what is left.
void part_masks(const std::vector<size_t> &order, SizePx frame,
                std::vector<CutOut> &cuts);

}  // namespace sam2
