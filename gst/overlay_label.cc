#include "overlay_label.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "cairo_ptr.h"

namespace sam2 {
namespace {

constexpr int kMinFontPx = 11;
constexpr int kFontsPerFrameHeight = 36;

struct Text {
  LayoutPtr layout;
  SizePx size;  // with padding
  int padding_px = 0;
};

Text lay_out(const std::string &text, SizePx frame_size) {
  const int font_px =
      std::max(kMinFontPx, frame_size.height / kFontsPerFrameHeight);
  const PangoContextPtr context(
      pango_font_map_create_context(pango_cairo_font_map_get_default()));
  const FontPtr font(pango_font_description_from_string("Sans Bold"));
  pango_font_description_set_absolute_size(font.get(), font_px * PANGO_SCALE);
  Text result;
  result.layout.reset(pango_layout_new(context.get()));
  result.padding_px = font_px / 5;
  pango_layout_set_font_description(result.layout.get(), font.get());
  pango_layout_set_single_paragraph_mode(result.layout.get(), true);
  pango_layout_set_text(result.layout.get(), text.c_str(), -1);
  // A label is free text and may be longer than the picture is wide.
  pango_layout_set_ellipsize(result.layout.get(), PANGO_ELLIPSIZE_END);
  int width = 0, height = 0;
  pango_layout_get_pixel_size(result.layout.get(), &width, &height);
  const int room_px = std::max(frame_size.width - 2 * result.padding_px, 1);
  if (width > room_px) {
    pango_layout_set_width(result.layout.get(), room_px * PANGO_SCALE);
    width = room_px;
  }
  result.size = {width + 2 * result.padding_px, height};
  return result;
}

void set_source(cairo_t *cairo, Colour colour) {
  cairo_set_source_rgb(cairo, colour.red / 255.0, colour.green / 255.0,
                       colour.blue / 255.0);
}

SurfacePtr draw(const Text &text, Colour colour) {
  SurfacePtr surface(cairo_image_surface_create(
      CAIRO_FORMAT_ARGB32, text.size.width, text.size.height));
  if (cairo_surface_status(surface.get()) != CAIRO_STATUS_SUCCESS)
    throw std::bad_alloc();
  const CairoPtr cairo(cairo_create(surface.get()));
  set_source(cairo.get(), colour);
  cairo_paint(cairo.get());
  set_source(cairo.get(), text_colour(colour));
  cairo_move_to(cairo.get(), text.padding_px, 0);
  pango_cairo_show_layout(cairo.get(), text.layout.get());
  cairo_surface_flush(surface.get());
  return surface;
}

BufferPtr buffer_from(cairo_surface_t *surface, SizePx size) {
  const gint stride_bytes = cairo_image_surface_get_stride(surface);
  const gsize size_bytes = static_cast<gsize>(stride_bytes) * size.height;
  BufferPtr buffer(gst_buffer_new_allocate(nullptr, size_bytes, nullptr));
  if (!buffer) throw std::bad_alloc();
  gst_buffer_fill(buffer.get(), 0, cairo_image_surface_get_data(surface),
                  size_bytes);
  gsize offset[GST_VIDEO_MAX_PLANES] = {0};
  gint stride[GST_VIDEO_MAX_PLANES] = {stride_bytes};
  gst_buffer_add_video_meta_full(
      buffer.get(), GST_VIDEO_FRAME_FLAG_NONE,
      GST_VIDEO_OVERLAY_COMPOSITION_FORMAT_RGB, static_cast<guint>(size.width),
      static_cast<guint>(size.height), 1, offset, stride);
  return buffer;
}

// Into [0, space), as far as it fits.
int moved_inside(int position, int extent, int space) {
  return std::max(std::min(position, space - extent), 0);
}

}  // namespace

std::string label_text(const AnalyticsObject &object) {
  std::string text;
  if (object.object_id) text += std::to_string(*object.object_id) + " ";
  if (!object.label.empty()) text += object.label + " ";
  char score[G_ASCII_DTOSTR_BUF_SIZE];
  g_ascii_formatd(score, sizeof(score), "%.2f", object.confidence);
  return text + score;
}

OverlayRectanglePtr label_rectangle(const std::string &text, Colour colour,
                                    const BoxPx &box, SizePx frame_size) {
  const Text laid_out = lay_out(text, frame_size);
  const SizePx size = laid_out.size;
  const SurfacePtr surface = draw(laid_out, colour);
  const BufferPtr pixels = buffer_from(surface.get(), size);
  const int top = static_cast<int>(box.y);
  const int above = top - size.height;
  const int x =
      moved_inside(static_cast<int>(box.x), size.width, frame_size.width);
  const int y =
      moved_inside(above >= 0 ? above : top, size.height, frame_size.height);
  return OverlayRectanglePtr(gst_video_overlay_rectangle_new_raw(
      pixels.get(), x, y, static_cast<guint>(size.width),
      static_cast<guint>(size.height),
      GST_VIDEO_OVERLAY_FORMAT_FLAG_PREMULTIPLIED_ALPHA));
}

}  // namespace sam2
