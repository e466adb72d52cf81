#include "overlay_label.h"

#include <algorithm>
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

Text lay_out(PangoFontMap *fonts, const std::string &text, SizePx frame_size) {
  const int font_px =
      std::max(kMinFontPx, frame_size.height / kFontsPerFrameHeight);
  const PangoContextPtr context(pango_font_map_create_context(fonts));
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

SurfacePtr draw(const Text &text, SizePx size) {
  SurfacePtr surface(
      cairo_image_surface_create(CAIRO_FORMAT_A8, size.width, size.height));
  if (cairo_surface_status(surface.get()) != CAIRO_STATUS_SUCCESS)
    throw std::bad_alloc();
  const CairoPtr cairo(cairo_create(surface.get()));
  cairo_move_to(cairo.get(), text.padding_px, 0);
  pango_cairo_show_layout(cairo.get(), text.layout.get());
  cairo_surface_flush(surface.get());
  return surface;
}

std::vector<uint8_t> pixels_of(cairo_surface_t *surface, SizePx size) {
  const uint8_t *row = cairo_image_surface_get_data(surface);
  std::vector<uint8_t> pixels;
  for (int y = 0; y < size.height; ++y) {
    pixels.insert(pixels.end(), row, row + size.width);
    row += cairo_image_surface_get_stride(surface);
  }
  return pixels;
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

Label label_layers(PangoFontMap *fonts, const std::string &text,
                   const BoxPx &box, SizePx frame_size) {
  const Text laid_out = lay_out(fonts, text, frame_size);
  const SizePx size = {std::min(laid_out.size.width, frame_size.width),
                       std::min(laid_out.size.height, frame_size.height)};
  const int top = static_cast<int>(box.y);
  const int above = top - size.height;
  Label label;
  label.plate = {
      moved_inside(static_cast<int>(box.x), size.width, frame_size.width),
      moved_inside(above >= 0 ? above : top, size.height, frame_size.height),
      size.width, size.height,
      std::vector<uint8_t>(size_t{1} * size.width * size.height, 255)};
  label.letters = label.plate;
  label.letters.opacity = pixels_of(draw(laid_out, size).get(), size);
  return label;
}

}  // namespace sam2
