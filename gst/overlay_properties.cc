#include "overlay_properties.h"

namespace sam2 {
namespace {

enum OverlayProperty : guint {
  kDrawMasks = 1,
  kDrawContours,
  kDrawBoxes,
  kDrawLabels,
  kMaskOpacity,
  kContourWidth,
};

constexpr guint kMaxContourWidthPx = 64;

constexpr auto kFlags = static_cast<GParamFlags>(
    G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING |
    GST_PARAM_CONTROLLABLE);

void install_switch(GObjectClass *object_class, guint id, const char *name,
                    const char *nick, const char *text, bool is_on) {
  g_object_class_install_property(
      object_class, id, g_param_spec_boolean(name, nick, text, is_on, kFlags));
}

}  // namespace

void install_overlay_properties(GObjectClass *object_class) {
  const OverlaySettings defaults;
  install_switch(object_class, kDrawMasks, "draw-masks", "Draw masks",
                 "Tint the objects' pixels", defaults.draw_masks);
  install_switch(object_class, kDrawContours, "draw-contours", "Draw contours",
                 "Draw a line along the inside of the objects' edges",
                 defaults.draw_contours);
  install_switch(object_class, kDrawBoxes, "draw-boxes", "Draw boxes",
                 "Draw the objects' boxes", defaults.draw_boxes);
  install_switch(object_class, kDrawLabels, "draw-labels", "Draw labels",
                 "Write id, label and score of each object at its box",
                 defaults.draw_labels);
  g_object_class_install_property(
      object_class, kMaskOpacity,
      g_param_spec_double("mask-opacity", "Mask opacity",
                          "How much of the picture a tint hides: 0 = nothing, "
                          "1 = all",
                          0, 1, defaults.mask_opacity, kFlags));
  g_object_class_install_property(
      object_class, kContourWidth,
      g_param_spec_uint("contour-width", "Contour width",
                        "Width of the lines of contours and boxes in pixels", 1,
                        kMaxContourWidthPx, defaults.contour_width_px, kFlags));
}

void set_overlay_property(OverlaySettings &settings, guint id,
                          const GValue *value) {
  switch (id) {
    case kDrawMasks:
      settings.draw_masks = g_value_get_boolean(value);
      break;
    case kDrawContours:
      settings.draw_contours = g_value_get_boolean(value);
      break;
    case kDrawBoxes:
      settings.draw_boxes = g_value_get_boolean(value);
      break;
    case kDrawLabels:
      settings.draw_labels = g_value_get_boolean(value);
      break;
    case kMaskOpacity:
      settings.mask_opacity = g_value_get_double(value);
      break;
    case kContourWidth:
      settings.contour_width_px = g_value_get_uint(value);
      break;
  }
}

void get_overlay_property(const OverlaySettings &settings, guint id,
                          GValue *value) {
  switch (id) {
    case kDrawMasks:
      g_value_set_boolean(value, settings.draw_masks);
      break;
    case kDrawContours:
      g_value_set_boolean(value, settings.draw_contours);
      break;
    case kDrawBoxes:
      g_value_set_boolean(value, settings.draw_boxes);
      break;
    case kDrawLabels:
      g_value_set_boolean(value, settings.draw_labels);
      break;
    case kMaskOpacity:
      g_value_set_double(value, settings.mask_opacity);
      break;
    case kContourWidth:
      g_value_set_uint(value, settings.contour_width_px);
      break;
  }
}

}  // namespace sam2
