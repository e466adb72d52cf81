#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "support/gst_test.h"
#include "yuv_matrix.h"

namespace {

sam2::YuvMatrix matrix_of(const char *text) {
  GstVideoColorimetry colorimetry;
  fail_unless(gst_video_colorimetry_from_string(&colorimetry, text));
  return sam2::YuvMatrix::of(colorimetry).value();
}

// Of AYUV.
sam2::YuvRow packed_row(const uint8_t *ayuv) {
  return {ayuv + 1, ayuv + 2, ayuv + 3, 4, 4, 0};
}

double clipped(double value) { return std::clamp(value, 0.0, 255.0); }

// The plain formula, of BT.709 in limited range.
void expect_exact(int y, int u, int v, const uint8_t *rgb) {
  const double luma = (y - 16) * 255 / 219.0;
  const double blue = (u - 128) * 255 / 224.0 * 2 * (1 - 0.0722);
  const double red = (v - 128) * 255 / 224.0 * 2 * (1 - 0.2126);
  const double green = -(0.0722 * blue + 0.2126 * red) / 0.7152;
  const double wanted[] = {luma + red, luma + green, luma + blue};
  for (int i = 0; i < 3; ++i)
    fail_unless(std::abs(rgb[i] - clipped(wanted[i])) <= 0.75,
                "%d of (%d, %d, %d) is %d instead of %g", i, y, u, v, rgb[i],
                wanted[i]);
}

GST_START_TEST(test_colours_are_those_of_the_formula) {
  const sam2::YuvMatrix matrix = matrix_of("bt709");
  for (int y = 0; y < 256; y += 5)
    for (int u = 0; u < 256; u += 5)
      for (int v = 0; v < 256; v += 5) {
        uint8_t pixel[] = {7, uint8_t(y), uint8_t(u), uint8_t(v)};
        matrix.apply(packed_row(pixel), 1, pixel);
        expect_exact(y, u, v, pixel);
      }
}
GST_END_TEST

// Rows are worked through in parts.
constexpr int kCounts[] = {1, 2, 3, 63, 64, 65, 130};

std::vector<uint8_t> samples(int count, int factor) {
  std::vector<uint8_t> bytes;
  for (int i = 0; i < count; ++i)
    bytes.push_back(static_cast<uint8_t>(i * factor));
  return bytes;
}

GST_START_TEST(test_each_pixel_of_a_row_is_as_if_alone) {
  const sam2::YuvMatrix matrix = matrix_of("bt601");
  // luma_step_bytes, chroma_step_bytes, chroma_shift
  constexpr int kLayouts[][3] = {{1, 1, 0}, {1, 1, 1}, {1, 2, 1},
                                 {2, 4, 1}, {3, 3, 0}, {4, 4, 0}};
  const auto luma = samples(1000, 37), u = samples(1000, 11),
             v = samples(1000, 101);
  for (const auto &layout : kLayouts)
    for (const int count : kCounts) {
      const sam2::YuvRow row = {luma.data(), u.data(),  v.data(),
                                layout[0],   layout[1], layout[2]};
      std::vector<uint8_t> rgb(static_cast<size_t>(3 * count + 1), 77);
      matrix.apply(row, count, rgb.data());
      for (int i = 0; i < count; ++i) {
        const int chroma = (i >> layout[2]) * layout[1];
        uint8_t pixel[] = {0, luma[i * layout[0]], u[chroma], v[chroma]};
        matrix.apply(packed_row(pixel), 1, pixel);
        fail_unless(std::equal(pixel, pixel + 3, &rgb[3 * i]),
                    "pixel %d of %d, steps %d and %d", i, count, layout[0],
                    layout[1]);
      }
      fail_unless_equals_int(rgb.back(), 77);
    }
}
GST_END_TEST

GST_START_TEST(test_a_packed_row_is_converted_where_it_is) {
  const sam2::YuvMatrix matrix = matrix_of("bt601");
  for (const int count : kCounts) {
    std::vector<uint8_t> row = samples(4 * count, 37);
    std::vector<uint8_t> wanted(static_cast<size_t>(3 * count));
    matrix.apply(packed_row(row.data()), count, wanted.data());
    matrix.apply(packed_row(row.data()), count, row.data());
    fail_unless(std::equal(wanted.begin(), wanted.end(), row.begin()));
  }
}
GST_END_TEST

GST_START_TEST(test_without_a_matrix_or_a_range_there_is_none) {
  fail_if(sam2::YuvMatrix::of({}).has_value());
  GstVideoColorimetry colorimetry;
  gst_video_colorimetry_from_string(&colorimetry, "sRGB");
  fail_if(sam2::YuvMatrix::of(colorimetry).has_value());
  gst_video_colorimetry_from_string(&colorimetry, "bt709");
  colorimetry.range = GST_VIDEO_COLOR_RANGE_UNKNOWN;
  fail_if(sam2::YuvMatrix::of(colorimetry).has_value());
}
GST_END_TEST

Suite *yuv_matrix_suite() {
  Suite *suite = suite_create("yuv_matrix");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_colours_are_those_of_the_formula);
  tcase_add_test(cases, test_each_pixel_of_a_row_is_as_if_alone);
  tcase_add_test(cases, test_a_packed_row_is_converted_where_it_is);
  tcase_add_test(cases, test_without_a_matrix_or_a_range_there_is_none);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(yuv_matrix)
