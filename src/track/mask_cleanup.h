// Clean-up of masks for those who look at them: small holes and speckles go.
#pragma once

#include <vector>

#include "track/video_masks.h"

namespace sam2 {

// Cleans the objects' masks on one frame, in this order:
// 1. A speckle, a component of at most `area_px` object pixels, is removed,
//    with what lies in it. An object's largest component always stays, the
//    first of equals. Boxes shrink to what stays.
// 2. A hole, a component of at most `area_px` background pixels, becomes
//    object. The picture's edge closes a hole, as in the reference; what is
//    connected with the background around the box is none. With
//    `is_non_overlap` the pixels that another object has stay its own.
// Components hang together over edges and corners. `area_px` is in pixels of
// the frame; 0 or less changes nothing. Costs two passes over each box.
// Reentrant. Source: fill_holes_in_mask_scores in sam2/utils/misc.py:312-338,
// which does 2 only, on the low-resolution mask, before it is enlarged.
void clean_up(int area_px, SizePx frame_size, bool is_non_overlap,
              std::vector<CutOut> &masks);

}  // namespace sam2
