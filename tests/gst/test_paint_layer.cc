#include "paint_layer.h"
#include "support/gst_test.h"

namespace {

using Pixels = std::vector<uint8_t>;

sam2::MaskImage full_mask(int width, int height) {
  return {width, height, Pixels(static_cast<size_t>(width) * height, 255)};
}

// The contour alone, as a layer.
sam2::PaintLayer contour(const sam2::MaskImage &mask, const sam2::BoxPx &box,
                         sam2::SizePx frame_size, int width_px) {
  auto layer = sam2::tint_layer(mask, box, 0);
  sam2::add_contour(layer, mask, frame_size, width_px);
  return layer;
}

GST_START_TEST(test_a_tint_has_the_masks_pixels) {
  const auto layer = sam2::tint_layer({2, 1, {0, 255}}, {3, 4, 2, 1}, 0.4);
  fail_unless_equals_int(layer.x, 3);
  fail_unless(layer.opacity == Pixels({0, 102}));
}
GST_END_TEST

GST_START_TEST(test_a_contour_lies_on_the_outermost_pixels) {
  const auto layer = contour(full_mask(4, 3), {5, 5, 4, 3}, {20, 20}, 1);
  fail_unless(layer.opacity == Pixels({255, 255, 255, 255,  //
                                       255, 0, 0, 255,      //
                                       255, 255, 255, 255}));
}
GST_END_TEST

GST_START_TEST(test_a_contour_is_as_wide_as_asked) {
  const auto layer = contour(full_mask(5, 5), {5, 5, 5, 5}, {20, 20}, 2);
  Pixels expected(25, 255);
  expected[12] = 0;
  fail_unless(layer.opacity == expected);
}
GST_END_TEST

GST_START_TEST(test_the_frames_edge_is_no_contour) {
  const auto layer = contour(full_mask(3, 3), {0, 0, 3, 3}, {20, 3}, 1);
  fail_unless(layer.opacity == Pixels({0, 0, 255, 0, 0, 255, 0, 0, 255}));
}
GST_END_TEST

GST_START_TEST(test_a_hole_has_a_contour) {
  sam2::MaskImage mask = full_mask(5, 5);
  mask.pixels[12] = 0;
  const auto layer = contour(mask, {0, 0, 5, 5}, {5, 5}, 1);
  fail_unless_equals_int(layer.opacity[7], 255);
  fail_unless_equals_int(layer.opacity[12], 0);
  fail_unless_equals_int(layer.opacity[6], 0);
}
GST_END_TEST

GST_START_TEST(test_a_box_is_clipped_to_the_frame) {
  const auto layer = sam2::box_layer({-1, 0, 4, 3}, {10, 2}, 1);
  fail_unless_equals_int(layer.x, 0);
  fail_unless_equals_int(layer.width, 3);
  fail_unless_equals_int(layer.height, 2);
  fail_unless(layer.opacity == Pixels({255, 255, 255, 0, 0, 255}));
  fail_unless(sam2::box_layer({20, 0, 4, 3}, {10, 2}, 1).opacity.empty());
}
GST_END_TEST

// All bytes of a 4 x 2 frame of zeros into which one pixel was painted.
Pixels painted(GstVideoFormat format, int x, int y) {
  GstVideoInfo info = sam2::video_info(format, 4, 2);
  const auto buffer = sam2::video_buffer(info, 0);
  {
    sam2::VideoFrameMap frame(info, buffer.get(), GST_MAP_READWRITE);
    sam2::paint(frame.get(), {x, y, 1, 1, {255}}, {200, 100, 50});
  }
  const sam2::BufferMap map(buffer.get(), GST_MAP_READ);
  return Pixels(map.data(), map.data() + map.size_bytes());
}

GST_START_TEST(test_components_of_packed_formats_are_found) {
  const struct {
    GstVideoFormat format;
    Pixels pixel;
  } cases[] = {
      {GST_VIDEO_FORMAT_RGBA, {200, 100, 50, 0}},
      {GST_VIDEO_FORMAT_BGRx, {50, 100, 200, 0}},
      {GST_VIDEO_FORMAT_xRGB, {0, 200, 100, 50}},
      {GST_VIDEO_FORMAT_ABGR, {0, 50, 100, 200}},
  };
  for (const auto &row : cases) {
    Pixels expected(32, 0);
    std::copy(row.pixel.begin(), row.pixel.end(), expected.begin() + 24);
    fail_unless(painted(row.format, 2, 1) == expected, "%s",
                gst_video_format_to_string(row.format));
  }
}
GST_END_TEST

GST_START_TEST(test_opacity_mixes_with_the_picture) {
  const GstVideoInfo info = sam2::video_info(GST_VIDEO_FORMAT_RGBA, 1, 1);
  const auto buffer = sam2::video_buffer(info, 100);
  {
    sam2::VideoFrameMap frame(info, buffer.get(), GST_MAP_READWRITE);
    sam2::paint(frame.get(), {0, 0, 1, 1, {51}}, {200, 100, 0});
  }
  const sam2::BufferMap map(buffer.get(), GST_MAP_READ);
  fail_unless(Pixels(map.data(), map.data() + 4) ==
              Pixels({120, 100, 80, 100}));
}
GST_END_TEST

// One of the four pixels under a chroma sample gives a quarter of its colour.
GST_START_TEST(test_chroma_takes_the_mean_of_its_pixels) {
  GstVideoInfo info = sam2::video_info(GST_VIDEO_FORMAT_NV12, 4, 2);
  const auto values = sam2::component_values({200, 100, 50}, info);
  const Pixels bytes = painted(GST_VIDEO_FORMAT_NV12, 2, 1);
  const auto at = [&](int plane, int x, int y) {
    return bytes[info.offset[plane] +
                 static_cast<size_t>(info.stride[plane] * y + x)];
  };
  fail_unless_equals_int(at(0, 2, 1), values[0]);
  fail_unless_equals_int(at(0, 3, 1), 0);
  fail_unless_equals_int(at(1, 0, 0), 0);
  fail_unless_equals_int(at(1, 2, 0), (values[1] * 63 + 127) / 255);
  fail_unless_equals_int(at(1, 3, 0), (values[2] * 63 + 127) / 255);
}
GST_END_TEST

Suite *paint_layer_suite() {
  Suite *suite = suite_create("paint_layer");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_a_tint_has_the_masks_pixels);
  tcase_add_test(cases, test_a_contour_lies_on_the_outermost_pixels);
  tcase_add_test(cases, test_a_contour_is_as_wide_as_asked);
  tcase_add_test(cases, test_the_frames_edge_is_no_contour);
  tcase_add_test(cases, test_a_hole_has_a_contour);
  tcase_add_test(cases, test_a_box_is_clipped_to_the_frame);
  tcase_add_test(cases, test_components_of_packed_formats_are_found);
  tcase_add_test(cases, test_opacity_mixes_with_the_picture);
  tcase_add_test(cases, test_chroma_takes_the_mean_of_its_pixels);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(paint_layer)
