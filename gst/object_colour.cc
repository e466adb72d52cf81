#include "object_colour.h"

#include <algorithm>
#include <cmath>

namespace sam2 {
namespace {

// Neighbours in the table differ in hue and brightness; all are saturated and
// of middle brightness, so a tint stays visible on dark and bright pictures.
constexpr std::array<Colour, kObjectColourCount> kColours = {{
    {29, 145, 255},   // blue
    {255, 140, 0},    // orange
    {46, 204, 90},    // green
    {235, 60, 80},    // red
    {165, 95, 245},   // violet
    {0, 205, 210},    // cyan
    {250, 210, 30},   // yellow
    {245, 105, 190},  // pink
    {160, 215, 40},   // lime
    {190, 125, 75},   // brown
    {95, 105, 255},   // indigo
    {20, 165, 130},   // teal
}};

// Rec. 709 luma of 8-bit RGB above which black text reads better.
constexpr double kBrightLuma = 140;

std::array<double, 3> luma_chroma(const std::array<double, 3> &rgb,
                                  GstVideoColorMatrix matrix) {
  double kr = 0, kb = 0;
  if (!gst_video_color_matrix_get_Kr_Kb(matrix, &kr, &kb))
    gst_video_color_matrix_get_Kr_Kb(GST_VIDEO_COLOR_MATRIX_BT601, &kr, &kb);
  const double luma = kr * rgb[0] + (1 - kr - kb) * rgb[1] + kb * rgb[2];
  return {luma, (rgb[2] - luma) / (2 * (1 - kb)),
          (rgb[0] - luma) / (2 * (1 - kr))};
}

}  // namespace

Colour object_colour(int64_t object_id) {
  int64_t index = (object_id - 1) % kObjectColourCount;
  if (index < 0) index += kObjectColourCount;
  return kColours[static_cast<size_t>(index)];
}

Colour text_colour(Colour background) {
  const double luma = 0.2126 * background.red + 0.7152 * background.green +
                      0.0722 * background.blue;
  return luma > kBrightLuma ? Colour{0, 0, 0} : Colour{255, 255, 255};
}

std::array<uint8_t, 3> component_values(Colour colour,
                                        const GstVideoInfo &info) {
  std::array<double, 3> values = {colour.red / 255.0, colour.green / 255.0,
                                  colour.blue / 255.0};
  if (!GST_VIDEO_INFO_IS_RGB(&info))
    values = luma_chroma(values, info.colorimetry.matrix);
  gint offset[GST_VIDEO_MAX_COMPONENTS] = {0};
  gint scale[GST_VIDEO_MAX_COMPONENTS] = {0};
  gst_video_color_range_offsets(info.colorimetry.range, info.finfo, offset,
                                scale);
  std::array<uint8_t, 3> result;
  for (size_t i = 0; i < result.size(); ++i)
    result[i] = static_cast<uint8_t>(std::clamp<long>(
        std::lround(offset[i] + scale[i] * values[i]), 0, 255));
  return result;
}

}  // namespace sam2
