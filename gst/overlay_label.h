// Text labels for objects.
#pragma once

#include <string>

#include "analytics_meta.h"
#include "gst_ptr.h"
#include "object_colour.h"

namespace sam2 {

// "7 dog 0.93": id, label and confidence, as far as the object has them.
std::string label_text(const AnalyticsObject &object);

// A filled rectangle with `text` in it, above `box`, or inside at its top if
// there is no room above; moved into the frame where it fits. The letters'
// height follows the frame's. Throws std::bad_alloc. Reentrant.
OverlayRectanglePtr label_rectangle(const std::string &text, Colour colour,
                                    const BoxPx &box, SizePx frame_size);

}  // namespace sam2
