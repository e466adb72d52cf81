#include "analytics_meta.h"
#include "io/result_json.h"
#include "support/gst_test.h"

namespace {

const GstVideoInfo kNv12 = sam2::video_info(GST_VIDEO_FORMAT_NV12, 64, 48);

std::string text_of(GstBuffer *buffer) {
  const sam2::BufferMap map(buffer, GST_MAP_READ);
  return std::string(reinterpret_cast<char *>(map.data()), map.size_bytes());
}

sam2::BufferPtr buffer_with_object() {
  sam2::FrameResult result;
  result.objects.resize(1);
  sam2::ObjectResult &object = result.objects[0];
  object.object_id = 5;
  object.label = "mouse";
  object.predicted_iou = 0.75f;
  object.object_score = 2.5f;
  object.box = {60, 40, 3, 2};
  object.mask = {3, 2, {0, 255, 255, 255, 255, 255}};
  auto buffer = sam2::video_buffer(kNv12, 0, 2);
  sam2::attach_result(buffer.get(), result, {{}});
  return buffer;
}

GST_START_TEST(test_a_line_holds_what_the_metadata_says) {
  const auto harness = sam2::video_harness("sam2jsonenc", kNv12);
  const auto out = sam2::push_and_pull(harness.get(), buffer_with_object());
  const std::string text = text_of(out.get());
  fail_unless_equals_int(text.find('\n'), text.size() - 1);
  const auto read = sam2::result_from_json(text);
  fail_unless(read.pts_ns == 80 * static_cast<int64_t>(GST_MSECOND));
  fail_unless_equals_int(read.result.frame_size.width, 64);
  const sam2::ObjectResult &object = read.result.objects.at(0);
  fail_unless_equals_int64(object.object_id, 5);
  fail_unless_equals_string(object.label.c_str(), "mouse");
  fail_unless_equals_float(object.predicted_iou, 0.75f);
  fail_unless_equals_float(object.object_score, 2.5f);
  fail_unless_equals_float(object.box.x, 60);
  fail_unless(object.mask.pixels ==
              std::vector<uint8_t>({0, 255, 255, 255, 255, 255}));
}
GST_END_TEST

GST_START_TEST(test_frames_are_counted_from_0_after_every_start) {
  const auto harness = sam2::video_harness("sam2jsonenc", kNv12);
  for (int run = 0; run < 2; ++run) {
    for (int i = 0; i < 3; ++i) {
      const auto out =
          sam2::push_and_pull(harness.get(), sam2::video_buffer(kNv12, 0, i));
      const auto read = sam2::result_from_json(text_of(out.get()));
      fail_unless_equals_int64(read.result.frame_index, i);
      fail_unless(read.result.objects.empty());
    }
    gst_element_set_state(harness->element, GST_STATE_NULL);
    gst_element_set_state(harness->element, GST_STATE_PLAYING);
    gst_harness_set_src_caps(harness.get(), gst_video_info_to_caps(&kNv12));
  }
}
GST_END_TEST

GST_START_TEST(test_times_and_flags_are_those_of_the_frame) {
  const auto harness = sam2::video_harness("sam2jsonenc", kNv12);
  auto in = sam2::video_buffer(kNv12, 0, 7);
  GST_BUFFER_FLAG_SET(in.get(), GST_BUFFER_FLAG_DISCONT);
  const auto out = sam2::push_and_pull(harness.get(), std::move(in));
  fail_unless_equals_uint64(GST_BUFFER_PTS(out.get()), 280 * GST_MSECOND);
  fail_unless_equals_uint64(GST_BUFFER_DURATION(out.get()), 40 * GST_MSECOND);
  fail_unless(GST_BUFFER_FLAG_IS_SET(out.get(), GST_BUFFER_FLAG_DISCONT));
}
GST_END_TEST

// Its line says what is on it, and is to be read.
GST_START_TEST(test_the_line_of_a_gaps_frame_is_no_gap) {
  const auto harness = sam2::video_harness("sam2jsonenc", kNv12);
  auto in = sam2::video_buffer(kNv12, 0);
  GST_BUFFER_FLAG_SET(in.get(), GST_BUFFER_FLAG_GAP);
  const auto out = sam2::push_and_pull(harness.get(), std::move(in));
  fail_unless(!GST_BUFFER_FLAG_IS_SET(out.get(), GST_BUFFER_FLAG_GAP));
}
GST_END_TEST

GST_START_TEST(test_a_frame_without_time_has_no_pts) {
  const auto harness = sam2::video_harness("sam2jsonenc", kNv12);
  auto in = sam2::video_buffer(kNv12, 0);
  GST_BUFFER_PTS(in.get()) = GST_CLOCK_TIME_NONE;
  const auto out = sam2::push_and_pull(harness.get(), std::move(in));
  fail_unless(!sam2::result_from_json(text_of(out.get())).pts_ns);
}
GST_END_TEST

GST_START_TEST(test_the_caps_say_ndjson) {
  const auto harness = sam2::video_harness("sam2jsonenc", kNv12);
  sam2::push_and_pull(harness.get(), sam2::video_buffer(kNv12, 0));
  const sam2::CapsPtr caps(gst_pad_get_current_caps(harness->sinkpad));
  const sam2::CharPtr text(gst_caps_to_string(caps.get()));
  fail_unless_equals_string(text.get(), "application/x-ndjson");
}
GST_END_TEST

Suite *sam2jsonenc_suite() {
  Suite *suite = suite_create("sam2jsonenc");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_a_line_holds_what_the_metadata_says);
  tcase_add_test(cases, test_frames_are_counted_from_0_after_every_start);
  tcase_add_test(cases, test_times_and_flags_are_those_of_the_frame);
  tcase_add_test(cases, test_the_line_of_a_gaps_frame_is_no_gap);
  tcase_add_test(cases, test_a_frame_without_time_has_no_pts);
  tcase_add_test(cases, test_the_caps_say_ndjson);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(sam2jsonenc)
