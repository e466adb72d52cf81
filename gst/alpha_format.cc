#include "alpha_format.h"

#include <algorithm>
#include <cstring>

#include "plane_view.h"

namespace sam2 {
namespace {

constexpr struct {
  GstVideoFormat plain;
  GstVideoFormat alpha;
} kPairs[] = {
    {GST_VIDEO_FORMAT_RGBx, GST_VIDEO_FORMAT_RGBA},
    {GST_VIDEO_FORMAT_BGRx, GST_VIDEO_FORMAT_BGRA},
    {GST_VIDEO_FORMAT_xRGB, GST_VIDEO_FORMAT_ARGB},
    {GST_VIDEO_FORMAT_xBGR, GST_VIDEO_FORMAT_ABGR},
    {GST_VIDEO_FORMAT_RGB, GST_VIDEO_FORMAT_RGBA},
    {GST_VIDEO_FORMAT_BGR, GST_VIDEO_FORMAT_BGRA},
    {GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_A420},
    {GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_AV12},
    {GST_VIDEO_FORMAT_Y42B, GST_VIDEO_FORMAT_A422},
    {GST_VIDEO_FORMAT_Y444, GST_VIDEO_FORMAT_A444},
};

constexpr GstVideoFormat kLoneAlphaFormats[] = {GST_VIDEO_FORMAT_AYUV};

bool has_alpha(GstVideoFormat format) {
  const auto is_format = [format](const auto &pair) {
    return pair.alpha == format;
  };
  return std::any_of(std::begin(kPairs), std::end(kPairs), is_format) ||
         std::count(std::begin(kLoneAlphaFormats), std::end(kLoneAlphaFormats),
                    format);
}

void append(GValue *list, GstVideoFormat format) {
  GValue name = G_VALUE_INIT;
  g_value_init(&name, G_TYPE_STRING);
  g_value_set_static_string(&name, gst_video_format_to_string(format));
  gst_value_list_append_and_take_value(list, &name);
}

GstVideoFormat format_of(const GValue *name) {
  return gst_video_format_from_string(g_value_get_string(name));
}

// Calls `visit` with each format of a "format" field.
template <typename Visit>
void each_format(const GValue *formats, Visit visit) {
  if (!GST_VALUE_HOLDS_LIST(formats)) return visit(format_of(formats));
  for (guint i = 0; i < gst_value_list_get_size(formats); ++i)
    visit(format_of(gst_value_list_get_value(formats, i)));
}

// `caps` with the formats that `add` appends to a list for each format. Caps
// that leave the format open, or for whose formats there is none, are left out.
template <typename Add>
CapsPtr with_formats(const GstCaps *caps, Add add) {
  CapsPtr result(gst_caps_new_empty());
  for (guint i = 0; i < gst_caps_get_size(caps); ++i) {
    GstStructure *fields = gst_structure_copy(gst_caps_get_structure(caps, i));
    GValue list = G_VALUE_INIT;
    g_value_init(&list, GST_TYPE_LIST);
    if (const GValue *formats = gst_structure_get_value(fields, "format"))
      each_format(formats, [&](GstVideoFormat format) { add(&list, format); });
    const bool is_possible = gst_value_list_get_size(&list) > 0;
    gst_structure_take_value(fields, "format", &list);
    if (is_possible)
      gst_caps_append_structure(result.get(), fields);
    else
      gst_structure_free(fields);
  }
  return result;
}

// Four bytes at once, of which the last one is the next pixel's; the last
// pixel has none.
void copy_rgb_row(const uint8_t *source, int count, uint8_t *target) {
  for (int x = 0; x < count - 1; ++x) {
    std::memcpy(target + 4 * x, source + 3 * x, 4);
    target[4 * x + 3] = 255;
  }
  if (count == 0) return;
  std::copy_n(source + 3 * (count - 1), 3, target + 4 * (count - 1));
  target[4 * count - 1] = 255;
}

// From a plane with 4 bytes a sample to one like it; `alpha` is padding in the
// first.
void copy_padded_row(const uint8_t *source, int count, int alpha,
                     uint8_t *target) {
  std::copy_n(source, 4 * count, target);
  for (int x = 0; x < count; ++x) target[4 * x + alpha] = 255;
}

// A row's `count` samples; `from` has no plane for alpha alone.
void copy_row(const PlaneView &from, const PlaneView &to, int y, int first,
              int count) {
  uint8_t *target = to.row(y) + ptrdiff_t{1} * first * to.step_bytes;
  if (!from.data) {
    std::fill_n(target, count, uint8_t{255});
    return;
  }
  const uint8_t *source = from.row(y) + ptrdiff_t{1} * first * from.step_bytes;
  if (from.step_bytes < to.step_bytes)
    copy_rgb_row(source, count, target);
  else if (to.alpha_byte() >= 0 && from.alpha_byte() < 0)
    copy_padded_row(source, count, to.alpha_byte(), target);
  else
    std::copy_n(source, count * to.step_bytes, target);
}

}  // namespace

GstVideoFormat with_alpha(GstVideoFormat format) {
  if (has_alpha(format)) return format;
  for (const auto &pair : kPairs)
    if (pair.plain == format) return pair.alpha;
  return GST_VIDEO_FORMAT_UNKNOWN;
}

CapsPtr caps_with_alpha(const GstCaps *caps) {
  return with_formats(caps, [](GValue *list, GstVideoFormat format) {
    const GstVideoFormat alpha = with_alpha(format);
    if (alpha != GST_VIDEO_FORMAT_UNKNOWN) append(list, alpha);
  });
}

CapsPtr caps_before_alpha(const GstCaps *caps) {
  return with_formats(caps, [](GValue *list, GstVideoFormat format) {
    if (!has_alpha(format)) return;
    append(list, format);
    for (const auto &pair : kPairs)
      if (pair.alpha == format) append(list, pair.plain);
  });
}

void copy_with_alpha(GstVideoFrame *input, GstVideoFrame *output,
                     const RectPx &box) {
  const int input_planes = static_cast<int>(GST_VIDEO_FRAME_N_PLANES(input));
  for (int i = 0; i < static_cast<int>(GST_VIDEO_FRAME_N_PLANES(output)); ++i) {
    const PlaneView to = plane_view(output, i);
    const PlaneView from =
        i < input_planes ? plane_view(input, i) : PlaneView();
    const int first = box.x_begin >> to.x_shift;
    const int end =
        std::min((box.x_end + (1 << to.x_shift) - 1) >> to.x_shift, to.width);
    const int y_end =
        std::min((box.y_end + (1 << to.y_shift) - 1) >> to.y_shift, to.height);
    for (int y = box.y_begin >> to.y_shift; y < y_end; ++y)
      copy_row(from, to, y, first, end - first);
  }
}

}  // namespace sam2
