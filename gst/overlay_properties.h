// The properties of sam2overlay.
#pragma once

#include <gst/gst.h>

namespace sam2 {

struct OverlaySettings {
  bool draw_masks = true;
  bool draw_contours = true;
  bool draw_boxes = false;
  bool draw_labels = true;
  double mask_opacity = 0.45;
  guint contour_width_px = 2;
};

void install_overlay_properties(GObjectClass *object_class);

// The caller holds the lock that guards `settings`.
void set_overlay_property(OverlaySettings &settings, guint id,
                          const GValue *value);
void get_overlay_property(const OverlaySettings &settings, guint id,
                          GValue *value);

}  // namespace sam2
