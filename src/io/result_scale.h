// Results for frames of another size.
#pragma once

#include "track/track_result.h"

namespace sam2 {

// Brings boxes and masks from frames of `result`'s size to frames of size
// `frame`. Boxes become whole pixels, at least one in each direction for what
// had any; a mask's pixel is that of the nearest place, and masks that
// cover the frame stay as they are. A result of the same size keeps its masks
// and gets whole boxes. Throws sam2::Error (kUnreadable)
// if the masks would have more than kMaxLineMaskPixels pixels. Reentrant.
void scale_result(SizePx frame, FrameResult *result);

}  // namespace sam2
