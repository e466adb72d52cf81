#include <cstdlib>

#include "rgb_frame.h"
#include "support/gst_test.h"

namespace {

// Conversion rounds each of matrix and range; two steps cover both.
constexpr int kConversionTolerance = 2;

std::vector<GstVideoFormat> raw_formats() {
  std::vector<GstVideoFormat> formats;
  guint count = 0;
  const GstVideoFormat *all = gst_video_formats_raw(&count);
  for (guint i = 0; i < count; ++i)
    if (all[i] != GST_VIDEO_FORMAT_DMA_DRM) formats.push_back(all[i]);
  return formats;
}

GST_START_TEST(test_frames_of_every_raw_format_become_rgb) {
  for (const GstVideoFormat format : raw_formats()) {
    const GstVideoInfo info = sam2::video_info(format, 34, 18);
    const auto buffer = sam2::video_buffer(info, 128);
    sam2::RgbFrame rgb;
    rgb.set_format(info);
    sam2::VideoFrameMap frame(info, buffer.get(), GST_MAP_READ);
    fail_unless(frame.is_mapped(), "%s", gst_video_format_to_string(format));
    const sam2::ImageView view = rgb.view(frame.get());
    fail_unless_equals_int(view.width, 34);
    fail_unless_equals_int(view.height, 18);
    fail_unless(view.stride_bytes >= 34 * 3);
  }
}
GST_END_TEST

GST_START_TEST(test_rgb_frames_are_not_copied) {
  const GstVideoInfo info = sam2::video_info(GST_VIDEO_FORMAT_RGB, 5, 3);
  const auto buffer = sam2::video_buffer(info, 9);
  sam2::RgbFrame rgb;
  rgb.set_format(info);
  sam2::VideoFrameMap frame(info, buffer.get(), GST_MAP_READ);
  fail_unless(rgb.view(frame.get()).data ==
              GST_VIDEO_FRAME_PLANE_DATA(frame.get(), 0));
}
GST_END_TEST

// The first pixel of a Y444 frame whose samples are all (y, u, v).
std::vector<int> rgb_of(const char *colorimetry, int y, int u, int v) {
  GstVideoInfo info = sam2::video_info(GST_VIDEO_FORMAT_Y444, 8, 8);
  gst_video_colorimetry_from_string(&info.colorimetry, colorimetry);
  const auto buffer = sam2::video_buffer(info, 0);
  const int samples[] = {y, u, v};
  for (gsize i = 0; i < 3; ++i)
    gst_buffer_memset(buffer.get(), i * 64, static_cast<guint8>(samples[i]),
                      64);
  sam2::RgbFrame rgb;
  rgb.set_format(info);
  sam2::VideoFrameMap frame(info, buffer.get(), GST_MAP_READ);
  const sam2::ImageView view = rgb.view(frame.get());
  return {view.data[0], view.data[1], view.data[2]};
}

void expect_rgb(const std::vector<int> &found, int red, int green, int blue) {
  const int expected[] = {red, green, blue};
  for (size_t i = 0; i < 3; ++i)
    fail_unless(std::abs(found[i] - expected[i]) <= kConversionTolerance,
                "%d instead of %d", found[i], expected[i]);
}

// Pure red in each colorimetry: the matrix' luma of red, then the range.
GST_START_TEST(test_matrix_and_range_are_those_of_the_caps) {
  expect_rgb(rgb_of("bt601", 81, 90, 240), 255, 0, 0);
  expect_rgb(rgb_of("bt709", 63, 102, 240), 255, 0, 0);
  expect_rgb(rgb_of("1:4:0:0", 76, 85, 255), 255, 0, 0);
}
GST_END_TEST

Suite *rgb_frame_suite() {
  Suite *suite = suite_create("rgb_frame");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_frames_of_every_raw_format_become_rgb);
  tcase_add_test(cases, test_rgb_frames_are_not_copied);
  tcase_add_test(cases, test_matrix_and_range_are_those_of_the_caps);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(rgb_frame)
