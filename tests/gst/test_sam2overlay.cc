// What sam2overlay draws, on frames with metadata as sam2track adds it.
#include "analytics_meta.h"
#include "object_colour.h"
#include "support/gst_test.h"
#include "support/process_counts.h"

namespace {

constexpr int kWidth = 80;
constexpr int kHeight = 60;
constexpr uint8_t kGrey = 100;
const GstVideoInfo kRgb =
    sam2::video_info(GST_VIDEO_FORMAT_RGBA, kWidth, kHeight);

// Object 1 at (20, 30), 20 x 10 pixels, its top left pixel missing.
void attach_object(GstBuffer *buffer) {
  sam2::FrameResult result;
  result.frame_size = {kWidth, kHeight};
  result.objects.resize(1);
  sam2::ObjectResult &object = result.objects[0];
  object.object_id = 1;
  object.box = {20, 30, 20, 10};
  object.mask = {20, 10, std::vector<uint8_t>(200, 255)};
  object.mask.pixels[0] = 0;
  sam2::attach_result(buffer, result, {{}});
}

class Picture {
 public:
  explicit Picture(sam2::BufferPtr buffer) : buffer_(std::move(buffer)) {
    gst_buffer_extract(buffer_.get(), 0, bytes_, sizeof(bytes_));
  }
  int red(int x, int y) const { return bytes_[(y * kWidth + x) * 4]; }
  GstBuffer *buffer() const { return buffer_.get(); }

 private:
  sam2::BufferPtr buffer_;
  uint8_t bytes_[kWidth * kHeight * 4];
};

Picture drawn(const std::string &properties, bool has_object = true) {
  const auto harness = sam2::video_harness("sam2overlay " + properties, kRgb);
  auto buffer = sam2::video_buffer(kRgb, kGrey);
  if (has_object) attach_object(buffer.get());
  return Picture(sam2::push_and_pull(harness.get(), std::move(buffer)));
}

constexpr const char *kNothing =
    "draw-masks=false draw-contours=false draw-labels=false ";

// The first row above the object; the label starts there.
constexpr int kLabelRow = 29;

int mixed(double opacity) {
  return static_cast<int>(kGrey * (1 - opacity) +
                          sam2::object_colour(1).red * opacity + 0.5);
}

GST_START_TEST(test_the_tint_covers_exactly_the_masks_pixels) {
  const Picture picture =
      drawn(std::string(kNothing) + "draw-masks=true mask-opacity=0.6");
  for (int y = 0; y < kHeight; ++y)
    for (int x = 0; x < kWidth; ++x) {
      const bool is_object =
          x >= 20 && x < 40 && y >= 30 && y < 40 && !(x == 20 && y == 30);
      fail_unless_equals_int(picture.red(x, y), is_object ? mixed(0.6) : kGrey);
    }
}
GST_END_TEST

GST_START_TEST(test_opacity_says_how_much_is_hidden) {
  const std::string masks = std::string(kNothing) + "draw-masks=true ";
  fail_unless_equals_int(drawn(masks + "mask-opacity=0").red(30, 35), kGrey);
  fail_unless_equals_int(drawn(masks + "mask-opacity=1").red(30, 35), mixed(1));
}
GST_END_TEST

GST_START_TEST(test_contours_lie_inside_the_edge) {
  const std::string contours = std::string(kNothing) + "draw-contours=true ";
  const Picture thin = drawn(contours + "contour-width=1");
  fail_unless_equals_int(thin.red(19, 35), kGrey);
  fail_unless_equals_int(thin.red(20, 35), mixed(1));
  fail_unless_equals_int(thin.red(21, 35), kGrey);
  const Picture wide = drawn(contours + "contour-width=3");
  fail_unless_equals_int(wide.red(22, 35), mixed(1));
  fail_unless_equals_int(wide.red(23, 35), kGrey);
}
GST_END_TEST

GST_START_TEST(test_boxes_include_the_masks_holes) {
  const Picture picture = drawn(std::string(kNothing) + "draw-boxes=true");
  fail_unless_equals_int(picture.red(20, 30), mixed(1));
  fail_unless_equals_int(picture.red(39, 39), mixed(1));
  fail_unless_equals_int(picture.red(40, 39), kGrey);
  fail_unless_equals_int(picture.red(30, 35), kGrey);
}
GST_END_TEST

GST_START_TEST(test_a_label_is_written_above_the_box) {
  const Picture picture = drawn(std::string(kNothing) + "draw-labels=true");
  fail_unless_equals_int(picture.red(20, kLabelRow), mixed(1));
  fail_unless_equals_int(picture.red(30, 35), kGrey);
}
GST_END_TEST

GST_START_TEST(test_all_off_leaves_the_picture) {
  const Picture picture = drawn(kNothing);
  fail_unless_equals_int(picture.red(30, 35), kGrey);
  fail_unless_equals_int(picture.red(20, kLabelRow), kGrey);
}
GST_END_TEST

GST_START_TEST(test_a_frame_without_metadata_is_untouched) {
  const Picture picture = drawn("", false);
  for (int y = 0; y < kHeight; ++y)
    for (int x = 0; x < kWidth; ++x)
      fail_unless_equals_int(picture.red(x, y), kGrey);
}
GST_END_TEST

GST_START_TEST(test_metadata_stays) {
  fail_unless_equals_int(sam2::read_objects(drawn("").buffer()).size(), 1);
}
GST_END_TEST

// Sources of plain bytes, such as fakesrc, have no time.
GST_START_TEST(test_a_segment_in_bytes_is_drawn_into) {
  const auto harness = sam2::video_harness("sam2overlay", kRgb);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_BYTES);
  gst_harness_push_event(harness.get(), gst_event_new_segment(&segment));
  auto buffer = sam2::video_buffer(kRgb, kGrey);
  attach_object(buffer.get());
  const Picture picture(sam2::push_and_pull(harness.get(), std::move(buffer)));
  fail_unless_equals_int(picture.red(20, 35), mixed(1));
}
GST_END_TEST

// One pixel of the object and one beside it, in every format of the caps.
GST_START_TEST(test_every_format_is_drawn_into) {
  const char *formats[] = {"RGB",  "BGR",  "RGBA", "BGRA", "ARGB",  "ABGR",
                           "RGBx", "BGRx", "xRGB", "xBGR", "GRAY8", "I420",
                           "YV12", "NV12", "NV21", "NV16", "NV24",  "Y41B",
                           "Y42B", "Y444", "YUY2", "UYVY", "YVYU",  "AYUV"};
  for (const char *name : formats) {
    const GstVideoInfo info =
        sam2::video_info(gst_video_format_from_string(name), kWidth, kHeight);
    const auto harness =
        sam2::video_harness("sam2overlay mask-opacity=1", info);
    auto buffer = sam2::video_buffer(info, kGrey);
    attach_object(buffer.get());
    const auto out = sam2::push_and_pull(harness.get(), std::move(buffer));
    sam2::VideoFrameMap frame(info, out.get(), GST_MAP_READ);
    const auto *first =
        static_cast<const uint8_t *>(GST_VIDEO_FRAME_COMP_DATA(frame.get(), 0));
    const auto at = [&](int x, int y) {
      return first[GST_VIDEO_FRAME_COMP_STRIDE(frame.get(), 0) * y +
                   GST_VIDEO_FRAME_COMP_PSTRIDE(frame.get(), 0) * x];
    };
    const auto values = sam2::component_values(sam2::object_colour(1), info);
    fail_unless_equals_int(at(30, 35), values[0]);
    fail_unless_equals_int(at(50, 45), kGrey);
  }
}
GST_END_TEST

// Pango, which draws labels, has a thread for its fonts.
GST_START_TEST(test_no_thread_is_left_when_the_element_has_stopped) {
  const int64_t threads = sam2::thread_count();
  drawn("draw-labels=true");
  sam2::await_threads(threads);
}
GST_END_TEST

// Red of what is drawn at the picture's right border, in memory with more
// columns.
std::vector<int> drawn_at_the_border(int more_columns) {
  const auto whole =
      sam2::video_info(GST_VIDEO_FORMAT_RGBA, kWidth + more_columns, kHeight);
  auto buffer = sam2::video_buffer(whole, kGrey);
  gst_buffer_add_video_meta(buffer.get(), GST_VIDEO_FRAME_FLAG_NONE,
                            GST_VIDEO_FORMAT_RGBA, kWidth + more_columns,
                            kHeight);
  sam2::FrameResult result;
  result.frame_size = {kWidth, kHeight};
  result.objects.resize(1);
  result.objects[0].object_id = 1;
  result.objects[0].box = {70, 30, 10, 10};
  sam2::attach_result(buffer.get(), result, {{}});
  const auto harness = sam2::video_harness("sam2overlay draw-boxes=true", kRgb);
  const auto drawn = sam2::push_and_pull(harness.get(), std::move(buffer));
  sam2::VideoFrameMap map(kRgb, drawn.get(), GST_MAP_READ);
  std::vector<int> reds;
  for (int y = 0; y < kHeight; ++y)
    for (int x = 0; x < kWidth; ++x)
      reds.push_back(static_cast<const uint8_t *>(GST_VIDEO_FRAME_PLANE_DATA(
          map.get(),
          0))[y * GST_VIDEO_FRAME_PLANE_STRIDE(map.get(), 0) + 4 * x]);
  return reds;
}

GST_START_TEST(test_the_picture_ends_where_the_caps_say) {
  fail_unless(drawn_at_the_border(64) == drawn_at_the_border(0));
}
GST_END_TEST

// Objects are where the caps say.
GST_START_TEST(test_upstream_is_not_told_to_leave_the_cropping_to_downstream) {
  const auto harness = sam2::video_harness("sam2overlay", kRgb);
  const auto &info = kRgb;
  sam2::push_and_pull(harness.get(), sam2::video_buffer(info, 0));
  fail_unless(!sam2::passes_on_offer(harness.get(), info,
                                     GST_VIDEO_CROP_META_API_TYPE));
  fail_unless(
      sam2::passes_on_offer(harness.get(), info, GST_VIDEO_META_API_TYPE));
}
GST_END_TEST

Suite *sam2overlay_suite() {
  Suite *suite = suite_create("sam2overlay");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_the_tint_covers_exactly_the_masks_pixels);
  tcase_add_test(cases, test_opacity_says_how_much_is_hidden);
  tcase_add_test(cases, test_contours_lie_inside_the_edge);
  tcase_add_test(cases, test_boxes_include_the_masks_holes);
  tcase_add_test(cases, test_a_label_is_written_above_the_box);
  tcase_add_test(cases, test_all_off_leaves_the_picture);
  tcase_add_test(cases, test_a_frame_without_metadata_is_untouched);
  tcase_add_test(cases, test_metadata_stays);
  tcase_add_test(cases, test_a_segment_in_bytes_is_drawn_into);
  tcase_add_test(cases, test_every_format_is_drawn_into);
  tcase_add_test(cases, test_no_thread_is_left_when_the_element_has_stopped);
  tcase_add_test(cases, test_the_picture_ends_where_the_caps_say);
  tcase_add_test(cases,
                 test_upstream_is_not_told_to_leave_the_cropping_to_downstream);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(sam2overlay)
