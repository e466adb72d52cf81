// Text labels for objects.
#pragma once

#include <string>

#include "analytics_meta.h"
#include "cairo_ptr.h"
#include "paint_layer.h"

namespace sam2 {

// "7 dog 0.93": id, label and confidence, as far as the object has them.
std::string label_text(const AnalyticsObject &object);

// A text on a plate; both layers have the same place and size.
struct Label {
  PaintLayer plate;    // opaque
  PaintLayer letters;  // smooth
};

// `text` above `box`, or inside at its top if there is no room above; moved
// into the frame, and cut where it is larger. The letters' height follows the
// frame's. One thread at a time for the same `fonts`, which cache what they
// find. Throws std::bad_alloc.
Label label_layers(PangoFontMap *fonts, const std::string &text,
                   const BoxPx &box, SizePx frame_size);

}  // namespace sam2
