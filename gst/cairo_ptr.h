// Owners for Cairo and Pango things.
#pragma once

#include <pango/pangocairo.h>

#include <memory>

namespace sam2 {

struct CairoRelease {
  void operator()(cairo_surface_t *surface) const {
    cairo_surface_destroy(surface);
  }
  void operator()(cairo_t *cairo) const { cairo_destroy(cairo); }
};
struct PangoRelease {
  void operator()(PangoLayout *layout) const { g_object_unref(layout); }
  void operator()(PangoFontMap *fonts) const { g_object_unref(fonts); }
  void operator()(PangoContext *context) const { g_object_unref(context); }
  void operator()(PangoFontDescription *font) const {
    pango_font_description_free(font);
  }
};

using SurfacePtr = std::unique_ptr<cairo_surface_t, CairoRelease>;
using CairoPtr = std::unique_ptr<cairo_t, CairoRelease>;
using LayoutPtr = std::unique_ptr<PangoLayout, PangoRelease>;
using FontMapPtr = std::unique_ptr<PangoFontMap, PangoRelease>;
using PangoContextPtr = std::unique_ptr<PangoContext, PangoRelease>;
using FontPtr = std::unique_ptr<PangoFontDescription, PangoRelease>;

}  // namespace sam2
