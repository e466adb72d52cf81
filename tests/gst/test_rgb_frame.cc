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

std::vector<uint8_t> packed_rgb(const GstVideoInfo &info, GstBuffer *buffer) {
  sam2::RgbFrame rgb;
  rgb.set_format(info);
  sam2::VideoFrameMap frame(info, buffer, GST_MAP_READ);
  const sam2::ImageView view = rgb.view(frame.get());
  std::vector<uint8_t> bytes;
  for (int y = 0; y < view.height; ++y) {
    const uint8_t *row = view.data + ptrdiff_t{1} * y * view.stride_bytes;
    bytes.insert(bytes.end(), row, row + 3 * view.width);
  }
  return bytes;
}

uint8_t &sample_at(GstVideoFrame *frame, int component, int x, int y) {
  auto *first =
      static_cast<uint8_t *>(GST_VIDEO_FRAME_COMP_DATA(frame, component));
  return first[y * GST_VIDEO_FRAME_COMP_STRIDE(frame, component) +
               x * GST_VIDEO_FRAME_COMP_PSTRIDE(frame, component)];
}

// Samples that follow from their component and place alone. Chroma is that of
// 4:2:0: in formats with more of it, neighbours are alike.
sam2::BufferPtr coloured_frame(const GstVideoInfo &info) {
  sam2::BufferPtr buffer = sam2::video_buffer(info, 0);
  sam2::VideoFrameMap frame(info, buffer.get(), GST_MAP_WRITE);
  for (int c = 0; c < 3; ++c)
    for (int y = 0; y < GST_VIDEO_INFO_COMP_HEIGHT(&info, c); ++y)
      for (int x = 0; x < GST_VIDEO_INFO_COMP_WIDTH(&info, c); ++x) {
        const int coarse_x = c ? x >> (1 - info.finfo->w_sub[c]) : x;
        const int coarse_y = c ? y >> (1 - info.finfo->h_sub[c]) : y;
        sample_at(frame.get(), c, x, y) = static_cast<uint8_t>(
            coarse_x * 53 + coarse_y * 29 + c * 71 + coarse_x * coarse_y);
      }
  return buffer;
}

GST_START_TEST(test_a_picture_is_the_same_rgb_in_every_layout) {
  for (const int width : {1, 33, 64, 130}) {
    const GstVideoInfo planar =
        sam2::video_info(GST_VIDEO_FORMAT_Y444, width, 9);
    const auto wanted = packed_rgb(planar, coloured_frame(planar).get());
    for (const GstVideoFormat format :
         {GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_YV12, GST_VIDEO_FORMAT_NV12,
          GST_VIDEO_FORMAT_NV21, GST_VIDEO_FORMAT_Y42B, GST_VIDEO_FORMAT_NV16,
          GST_VIDEO_FORMAT_YUY2, GST_VIDEO_FORMAT_UYVY, GST_VIDEO_FORMAT_NV24,
          GST_VIDEO_FORMAT_AYUV, GST_VIDEO_FORMAT_v308}) {
      GstVideoInfo info = sam2::video_info(format, width, 9);
      info.colorimetry = planar.colorimetry;
      fail_unless(packed_rgb(info, coloured_frame(info).get()) == wanted,
                  "%s, %d wide", gst_video_format_to_string(format), width);
    }
  }
}
GST_END_TEST

GST_START_TEST(test_fields_have_chroma_rows_of_their_own) {
  GstVideoInfo info;
  fail_unless(gst_video_info_set_interlaced_format(
      &info, GST_VIDEO_FORMAT_I420, GST_VIDEO_INTERLACE_MODE_INTERLEAVED, 8,
      8));
  sam2::BufferPtr buffer = sam2::video_buffer(info, 128);
  {
    sam2::VideoFrameMap frame(info, buffer.get(), GST_MAP_WRITE);
    for (int y = 0; y < 4; ++y)
      for (int x = 0; x < 4; ++x)
        sample_at(frame.get(), 2, x, y) = y % 2 ? 255 : 128;
  }
  const auto rgb = packed_rgb(info, buffer.get());
  for (int y = 0; y < 8; ++y)
    fail_unless((rgb[24 * y] == 255) == (y % 2 == 1), "red of row %d is %d", y,
                rgb[24 * y]);
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
  const auto rgb = packed_rgb(info, buffer.get());
  return {rgb.begin(), rgb.begin() + 3};
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
  tcase_add_test(cases, test_a_picture_is_the_same_rgb_in_every_layout);
  tcase_add_test(cases, test_fields_have_chroma_rows_of_their_own);
  tcase_add_test(cases, test_matrix_and_range_are_those_of_the_caps);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(rgb_frame)
