// sam2track on the fake engine, one buffer at a time.
#include "analytics_meta.h"
#include "sam2_scores_meta.h"
#include "support/gst_test.h"

namespace {

constexpr int kWidth = 64;
constexpr int kHeight = 48;

const GstVideoInfo kI420 =
    sam2::video_info(GST_VIDEO_FORMAT_I420, kWidth, kHeight);

std::string launch(const std::string &prompt) {
  return "sam2track model-file=fake.pt prompt=\"" + prompt + "\"";
}

std::vector<sam2::AnalyticsObject> objects_of(GstHarness *harness,
                                              int frame_index) {
  const auto out =
      sam2::push_and_pull(harness, sam2::video_buffer(kI420, 128, frame_index));
  return sam2::read_objects(out.get());
}

GST_START_TEST(test_each_frame_has_its_objects) {
  const auto harness =
      sam2::video_harness(launch("4:box=10,12,6,5; 2:points=30,20,+"), kI420);
  for (int i = 0; i < 3; ++i) {
    const auto objects = objects_of(harness.get(), i);
    fail_unless_equals_int(objects.size(), 2);
    fail_unless(objects[0].object_id == 4);
    fail_unless_equals_float(objects[0].box.x, static_cast<float>(10 + i));
    fail_unless_equals_float(objects[0].box.width, 6);
    fail_unless_equals_int(objects[0].mask.pixels.size(), 30);
    fail_unless(objects[1].object_id == 2);
    fail_unless_equals_float(*objects[1].object_score,
                             static_cast<float>(i + 1));
  }
}
GST_END_TEST

// Tells apart what is attached with `flags`: d, t, s, o.
std::string attached_with(const std::string &flags) {
  const auto harness = sam2::video_harness(
      launch("4:box=10,12,6,5") + " attach=" + flags, kI420);
  const auto out =
      sam2::push_and_pull(harness.get(), sam2::video_buffer(kI420, 128));
  std::string found;
  for (const auto &object : sam2::read_objects(out.get())) {
    if (!object.box.is_empty() && object.confidence > 0) found += "d";
    if (object.object_id) found += "t";
    if (!object.mask.is_empty()) found += "s";
  }
  if (!sam2::read_scores(out.get()).empty()) found += "o";
  return found;
}

GST_START_TEST(test_only_what_attach_names_is_attached) {
  const std::pair<const char *, const char *> rows[] = {
      {"detection+tracking+segmentation+scores", "dtso"},
      {"detection", "d"},
      {"tracking", "t"},
      {"segmentation", "s"},
      {"scores", "o"},
      {"detection+segmentation", "ds"},
      {"detection+tracking", "dt"}};
  for (const auto &[flags, expected] : rows)
    ASSERT_TEXT(attached_with(flags), expected);
}
GST_END_TEST

GST_START_TEST(test_times_in_metadata_are_running_times) {
  const auto harness = sam2::video_harness(launch("1:box=61,12,2,5"), kI420);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.base = GST_SECOND;
  gst_harness_push_event(harness.get(), gst_event_new_segment(&segment));
  for (int i = 0; i < 3; ++i) objects_of(harness.get(), i);
  const auto objects = objects_of(harness.get(), 3);
  fail_unless(objects.at(0).is_lost);
  fail_unless_equals_uint64(objects[0].seen.first_ns, GST_SECOND);
  fail_unless_equals_uint64(objects[0].seen.last_ns,
                            GST_SECOND + 80 * GST_MSECOND);
}
GST_END_TEST

GST_START_TEST(test_the_picture_keeps_its_memory_and_its_bytes) {
  const auto harness = sam2::video_harness(launch("1:box=10,12,6,5"), kI420);
  auto in = sam2::video_buffer(kI420, 77);
  GstMemory *memory = gst_buffer_peek_memory(in.get(), 0);
  // Held by somebody else too, as behind a tee.
  const sam2::BufferPtr held(gst_buffer_ref(in.get()));
  const auto out = sam2::push_and_pull(harness.get(), std::move(in));
  fail_unless(gst_buffer_peek_memory(out.get(), 0) == memory);
  fail_unless_equals_int(gst_buffer_n_memory(out.get()), 1);
  fail_unless_equals_int(sam2::read_objects(out.get()).size(), 1);
  fail_unless_equals_int(sam2::read_objects(held.get()).size(), 0);
  const std::string expected(GST_VIDEO_INFO_SIZE(&kI420), 77);
  fail_unless(
      gst_buffer_memcmp(out.get(), 0, expected.data(), expected.size()) == 0);
}
GST_END_TEST

GST_START_TEST(test_times_flags_and_offsets_are_untouched) {
  const auto harness = sam2::video_harness(launch("1:box=10,12,6,5"), kI420);
  for (const int flag : {GST_BUFFER_FLAG_DISCONT, GST_BUFFER_FLAG_GAP,
                         GST_BUFFER_FLAG_CORRUPTED, GST_BUFFER_FLAG_MARKER}) {
    auto in = sam2::video_buffer(kI420, 77, 5);
    GST_BUFFER_DTS(in.get()) = 3;
    GST_BUFFER_OFFSET(in.get()) = 11;
    GST_BUFFER_OFFSET_END(in.get()) = 12;
    GST_BUFFER_FLAG_SET(in.get(), flag);
    const auto flags = GST_BUFFER_FLAGS(in.get());
    const auto out = sam2::push_and_pull(harness.get(), std::move(in));
    fail_unless_equals_uint64(GST_BUFFER_PTS(out.get()), 200 * GST_MSECOND);
    fail_unless_equals_uint64(GST_BUFFER_DURATION(out.get()), 40 * GST_MSECOND);
    fail_unless_equals_uint64(GST_BUFFER_DTS(out.get()), 3);
    fail_unless_equals_uint64(GST_BUFFER_OFFSET(out.get()), 11);
    fail_unless_equals_uint64(GST_BUFFER_OFFSET_END(out.get()), 12);
    fail_unless_equals_int(
        GST_BUFFER_FLAGS(out.get()) | GST_BUFFER_FLAG_TAG_MEMORY,
        flags | GST_BUFFER_FLAG_TAG_MEMORY);
  }
}
GST_END_TEST

GST_START_TEST(test_without_prompt_frames_pass_without_metadata) {
  const auto harness = sam2::video_harness(launch(""), kI420);
  const auto out =
      sam2::push_and_pull(harness.get(), sam2::video_buffer(kI420, 1));
  gpointer state = nullptr;
  fail_unless(!gst_buffer_iterate_meta(out.get(), &state));
}
GST_END_TEST

GST_START_TEST(test_the_model_rests_until_the_first_prompt_is_due) {
  const auto harness =
      sam2::video_harness(launch("@0.08s 1:box=10,12,6,5"), kI420);
  fail_unless(objects_of(harness.get(), 0).empty());
  fail_unless(objects_of(harness.get(), 1).empty());
  const auto objects = objects_of(harness.get(), 2);
  // The fake engine's score counts the frames it has seen.
  fail_unless_equals_float(*objects.at(0).object_score, 1);
}
GST_END_TEST

GST_START_TEST(test_prompt_times_are_stream_times) {
  const auto harness =
      sam2::video_harness(launch("@0.08s 1:box=10,12,6,5"), kI420);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.time = 80 * GST_MSECOND;
  gst_harness_push_event(harness.get(), gst_event_new_segment(&segment));
  fail_unless_equals_int(objects_of(harness.get(), 0).size(), 1);
}
GST_END_TEST

GST_START_TEST(test_a_prompt_set_while_playing_is_for_the_next_frame) {
  const auto harness = sam2::video_harness(launch(""), kI420);
  fail_unless(objects_of(harness.get(), 0).empty());
  gst_harness_set(harness.get(), "sam2track", "prompt", "9:box=50%,50%,8,8",
                  nullptr);
  const auto objects = objects_of(harness.get(), 1);
  fail_unless(objects.at(0).object_id == 9);
  fail_unless_equals_float(objects[0].box.x, 32);
  fail_unless_equals_float(objects[0].box.y, 24);
}
GST_END_TEST

GST_START_TEST(test_a_flush_starts_over) {
  const auto harness = sam2::video_harness(launch("1:box=10,12,6,5"), kI420);
  objects_of(harness.get(), 0);
  objects_of(harness.get(), 1);
  gst_harness_push_event(harness.get(), gst_event_new_flush_start());
  gst_harness_push_event(harness.get(), gst_event_new_flush_stop(true));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(harness.get(), gst_event_new_segment(&segment));
  fail_unless_equals_float(objects_of(harness.get(), 5).at(0).box.x, 10);
}
GST_END_TEST

GST_START_TEST(test_other_interruptions_keep_the_objects) {
  const auto harness = sam2::video_harness(launch("1:box=10,12,6,5"), kI420);
  objects_of(harness.get(), 0);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(harness.get(), gst_event_new_segment(&segment));
  gst_harness_push_event(harness.get(),
                         gst_event_new_gap(40 * GST_MSECOND, 40 * GST_MSECOND));
  fail_unless_equals_float(objects_of(harness.get(), 2).at(0).box.x, 11);
  const GstVideoInfo other = sam2::video_info(GST_VIDEO_FORMAT_NV12, 100, 50);
  gst_harness_set_src_caps(harness.get(), gst_video_info_to_caps(&other));
  const auto out =
      sam2::push_and_pull(harness.get(), sam2::video_buffer(other, 128, 3));
  fail_unless_equals_float(sam2::read_objects(out.get()).at(0).box.x, 12);
}
GST_END_TEST

GST_START_TEST(test_gaps_pass) {
  const auto harness = sam2::video_harness(launch("1:box=10,12,6,5"), kI420);
  gst_harness_push_event(harness.get(), gst_event_new_gap(7, 8));
  // Behind those that the harness has sent; waits for each.
  for (bool has_come = false; !has_come;) {
    const sam2::EventPtr event(gst_harness_pull_event(harness.get()));
    has_come = GST_EVENT_TYPE(event.get()) == GST_EVENT_GAP;
  }
}
GST_END_TEST

// The fake engine reports the red of the picture's first pixel.
GST_START_TEST(test_strides_and_offsets_come_from_the_video_meta) {
  const GstVideoInfo info = sam2::video_info(GST_VIDEO_FORMAT_RGB, 4, 2);
  const auto harness = sam2::video_harness(launch("1:box=0,0,2,2"), info);
  sam2::BufferPtr in(gst_buffer_new_allocate(nullptr, 64, nullptr));
  gst_buffer_memset(in.get(), 0, 0, 64);
  gst_buffer_memset(in.get(), 7, 51, 1);
  gsize offset[GST_VIDEO_MAX_PLANES] = {7};
  gint stride[GST_VIDEO_MAX_PLANES] = {20};
  gst_buffer_add_video_meta_full(in.get(), GST_VIDEO_FRAME_FLAG_NONE,
                                 GST_VIDEO_FORMAT_RGB, 4, 2, 1, offset, stride);
  const auto out = sam2::push_and_pull(harness.get(), std::move(in));
  fail_unless_equals_float(sam2::read_objects(out.get()).at(0).confidence,
                           51 / 255.0f);
}
GST_END_TEST

GST_START_TEST(test_frames_without_timestamps_are_tracked) {
  const auto harness = sam2::video_harness(launch("1:box=10,12,6,5"), kI420);
  auto in = sam2::video_buffer(kI420, 128);
  GST_BUFFER_PTS(in.get()) = GST_CLOCK_TIME_NONE;
  const auto out = sam2::push_and_pull(harness.get(), std::move(in));
  const auto objects = sam2::read_objects(out.get());
  fail_unless_equals_uint64(objects.at(0).seen.first_ns, GST_CLOCK_TIME_NONE);
}
GST_END_TEST

GST_START_TEST(test_frames_without_a_rate_are_tracked) {
  const auto harness = sam2::video_harness(launch("1:box=10,12,6,5"), kI420);
  gst_harness_set_src_caps_str(harness.get(),
                               "video/x-raw,format=I420,width=64,height=48");
  auto in = sam2::video_buffer(kI420, 128);
  fail_unless_equals_int(gst_harness_push(harness.get(), in.release()),
                         GST_FLOW_OK);
  const sam2::BufferPtr out(gst_harness_pull(harness.get()));
  fail_unless_equals_int(sam2::read_objects(out.get()).size(), 1);
}
GST_END_TEST

GST_START_TEST(test_frames_of_one_pixel_and_of_8k_are_tracked) {
  for (const auto &[width, height] : {std::pair(1, 1), std::pair(7680, 4320)}) {
    const auto info = sam2::video_info(GST_VIDEO_FORMAT_GRAY8, width, height);
    const auto harness = sam2::video_harness(launch("1:points=0,0,+"), info);
    const auto out =
        sam2::push_and_pull(harness.get(), sam2::video_buffer(info, 128));
    fail_unless_equals_int(sam2::read_objects(out.get()).size(), 1);
  }
}
GST_END_TEST

GST_START_TEST(test_a_restarted_element_starts_over) {
  const auto harness = sam2::video_harness(launch("1:box=10,12,6,5"), kI420);
  objects_of(harness.get(), 0);
  gst_element_set_state(harness->element, GST_STATE_NULL);
  gst_element_set_state(harness->element, GST_STATE_PLAYING);
  gst_harness_set_src_caps(harness.get(), gst_video_info_to_caps(&kI420));
  fail_unless_equals_float(objects_of(harness.get(), 0).at(0).box.x, 10);
}
GST_END_TEST

GST_START_TEST(test_a_buffer_outlives_the_element) {
  auto harness = sam2::video_harness(launch("1:box=10,12,6,5"), kI420);
  const auto out =
      sam2::push_and_pull(harness.get(), sam2::video_buffer(kI420, 128));
  harness.reset();
  fail_unless_equals_int(sam2::read_objects(out.get()).at(0).mask.pixels[1],
                         255);
}
GST_END_TEST

Suite *sam2track_suite() {
  Suite *suite = suite_create("sam2track");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_each_frame_has_its_objects);
  tcase_add_test(cases, test_only_what_attach_names_is_attached);
  tcase_add_test(cases, test_times_in_metadata_are_running_times);
  tcase_add_test(cases, test_the_picture_keeps_its_memory_and_its_bytes);
  tcase_add_test(cases, test_times_flags_and_offsets_are_untouched);
  tcase_add_test(cases, test_without_prompt_frames_pass_without_metadata);
  tcase_add_test(cases, test_the_model_rests_until_the_first_prompt_is_due);
  tcase_add_test(cases, test_prompt_times_are_stream_times);
  tcase_add_test(cases, test_a_prompt_set_while_playing_is_for_the_next_frame);
  tcase_add_test(cases, test_a_flush_starts_over);
  tcase_add_test(cases, test_other_interruptions_keep_the_objects);
  tcase_add_test(cases, test_gaps_pass);
  tcase_add_test(cases, test_strides_and_offsets_come_from_the_video_meta);
  tcase_add_test(cases, test_frames_without_timestamps_are_tracked);
  tcase_add_test(cases, test_frames_without_a_rate_are_tracked);
  tcase_add_test(cases, test_frames_of_one_pixel_and_of_8k_are_tracked);
  tcase_add_test(cases, test_a_restarted_element_starts_over);
  tcase_add_test(cases, test_a_buffer_outlives_the_element);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(sam2track)
