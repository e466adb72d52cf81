// The action signals of sam2track.
#include "detector_stub.h"
#include "prompt_run.h"

namespace {

using sam2::add_box;
using sam2::add_mask;
using sam2::add_points;
using sam2::objects_on;
using sam2::TrackRun;

constexpr gint64 kNew = -1;
// TrackRun has said 1 before it says what the tests say.
constexpr gint64 kFirstNew = 2;

GST_START_TEST(test_points_start_an_object_on_the_next_frame) {
  const TrackRun run("prompt=\"\"");
  fail_unless(objects_on(run, 0).empty());
  fail_unless_equals_int64(add_points(run, kNew, "20,20,+ 50%,50%,-", "cup"),
                           kFirstNew);
  const auto objects = objects_on(run, 1);
  fail_unless_equals_int(objects.size(), 1);
  fail_unless_equals_int64(*objects[0].object_id, kFirstNew);
  fail_unless_equals_string(objects[0].label.c_str(), "cup");
  fail_unless_equals_float(objects[0].box.x, 16);
}
GST_END_TEST

GST_START_TEST(test_a_box_starts_an_object) {
  const TrackRun run("prompt=\"\"");
  fail_unless_equals_int64(add_box(run, 5, {3, 4, 7, 9}), 5);
  const auto objects = objects_on(run, 0);
  fail_unless_equals_int64(objects.at(0).object_id.value(), 5);
  fail_unless_equals_float(objects[0].box.y, 4);
  fail_unless_equals_float(objects[0].box.height, 9);
}
GST_END_TEST

GST_START_TEST(test_a_mask_starts_an_object) {
  const TrackRun run("prompt=\"\"");
  const auto mask = sam2::mask_sample("GRAY8", 64, 48, 1);
  fail_unless_equals_int64(add_mask(run, kNew, mask.get()), kFirstNew);
  const auto objects = objects_on(run, 0);
  fail_unless_equals_float(objects.at(0).box.width, 64);
  fail_unless_equals_int(objects[0].mask.pixels.at(64 * 48 - 1), 255);
}
GST_END_TEST

GST_START_TEST(test_a_new_object_gets_an_id_that_nobody_has) {
  const TrackRun run("prompt=\"7:box=1,1,4,4\"");
  fail_unless_equals_int64(add_box(run, kNew, {1, 1, 4, 4}), 8);
  fail_unless_equals_int64(add_box(run, 12, {1, 1, 4, 4}), 12);
  fail_unless_equals_int64(add_box(run, kNew, {1, 1, 4, 4}), 13);
  g_object_set(run.element(), "prompt", "20:box=1,1,4,4", nullptr);
  fail_unless_equals_int64(add_box(run, kNew, {1, 1, 4, 4}), 21);
}
GST_END_TEST

// While the tracker works on the frame that has it.
GST_START_TEST(test_a_detection_and_a_signal_never_get_the_same_id) {
  const TrackRun run("");
  run.gate().close();
  auto frame = sam2::video_buffer(run.info(), 9);
  sam2::detect(frame.get(), {{"car", {30, 20, 8, 8}}});
  gst_harness_push(run.harness(), frame.release());
  run.gate().wait_for_arrival();
  fail_unless_equals_int64(add_box(run, kNew, {1, 1, 4, 4}), 2);
  run.gate().open();
  const auto detected = sam2::read_objects(run.pull_frame().get());
  fail_unless_equals_int64(detected.at(1).object_id.value(), 3);
  fail_unless_equals_int(objects_on(run, 1).size(), 3);
}
GST_END_TEST

GST_START_TEST(test_what_is_asked_before_the_start_is_done) {
  const sam2::ElementPtr element(GST_ELEMENT(
      gst_object_ref_sink(gst_element_factory_make("sam2track", nullptr))));
  g_object_set(element.get(), "model-file", "fake.pt", nullptr);
  gint64 id = 0;
  g_signal_emit_by_name(element.get(), "add-box", gint64{-1}, 1.0, 2.0, 5.0,
                        6.0, "cup", GST_CLOCK_TIME_NONE, &id);
  fail_unless_equals_int64(id, 1);
  const sam2::HarnessPtr harness(
      gst_harness_new_with_element(element.get(), "sink", "src"));
  const auto info = sam2::video_info(GST_VIDEO_FORMAT_RGB, 64, 48);
  gst_harness_set_src_caps(harness.get(), gst_video_info_to_caps(&info));
  const auto frame =
      sam2::push_and_pull(harness.get(), sam2::video_buffer(info, 9));
  fail_unless_equals_int(sam2::read_objects(frame.get()).size(), 1);
}
GST_END_TEST

void expect_prompt_on_its_frame(const std::string &properties) {
  const TrackRun run(properties);
  run.push_into_gate(0);
  for (int i = 1; i <= 3; ++i) run.push(i);
  fail_unless_equals_int64(add_box(run, 2, {30, 20, 8, 8}, 80 * GST_MSECOND),
                           2);
  run.gate().open();
  for (int i = 0; i <= 3; ++i) {
    const auto objects = sam2::read_objects(run.pull_frame().get());
    fail_unless_equals_int(objects.size(), i < 2 ? 1 : 2);
    // The fake engine's objects move by a pixel a frame.
    if (i >= 2) fail_unless_equals_float(objects[1].box.x, 30 + i - 2);
  }
}

GST_START_TEST(test_a_prompt_acts_on_the_waiting_frame_that_it_names) {
  expect_prompt_on_its_frame("");
}
GST_END_TEST

GST_START_TEST(test_a_prompt_acts_on_its_frame_within_a_batch) {
  expect_prompt_on_its_frame("batch-size=3");
}
GST_END_TEST

GST_START_TEST(test_a_prompt_for_a_frame_in_the_tracker_is_too_late) {
  const TrackRun run("");
  objects_on(run, 1);
  run.push_into_gate(3);
  fail_unless_equals_int64(add_box(run, 2, {1, 1, 4, 4}, 120 * GST_MSECOND),
                           -1);
  sam2::await_warning(run);
  fail_unless_equals_int64(add_box(run, 2, {1, 1, 4, 4}, 50 * GST_MSECOND), -1);
  const std::string warning = sam2::await_warning(run);
  fail_unless_equals_string(
      warning.c_str(),
      "The prompt for the frame at 0:00:00.050000000 is 0:00:00.070000000 too "
      "late: the frame at 0:00:00.120000000 has been tracked. Give a later "
      "time, or none for the next frame.");
  run.gate().open();
  run.pull();
  fail_unless_equals_int(objects_on(run, 4).size(), 1);
}
GST_END_TEST

GST_START_TEST(
    test_a_prompt_for_a_frame_of_a_batch_that_was_taken_is_too_late) {
  const TrackRun run("batch-size=3 batch-timeout=10000000000");
  run.gate().close();
  for (int i = 0; i <= 2; ++i) run.push(i);
  run.gate().wait_for_arrival();
  fail_unless_equals_int64(add_box(run, 2, {1, 1, 4, 4}, 80 * GST_MSECOND), -1);
}
GST_END_TEST

GST_START_TEST(test_no_time_is_too_late_after_a_flush) {
  const TrackRun run("prompt=\"\"");
  objects_on(run, 9);
  run.send(gst_event_new_flush_start());
  run.send(gst_event_new_flush_stop(TRUE));
  run.send_segment();
  fail_unless_equals_int64(add_box(run, 2, {1, 1, 4, 4}, 0), 2);
  fail_unless_equals_int(objects_on(run, 0).size(), 1);
}
GST_END_TEST

GST_START_TEST(test_backwards_later_frames_have_passed_and_earlier_ones_come) {
  const TrackRun run("prompt=\"\"");
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.rate = -1;
  segment.stop = GST_SECOND;
  run.send(gst_event_new_segment(&segment));
  objects_on(run, 9);
  fail_unless_equals_int64(add_box(run, 2, {1, 1, 4, 4}, 400 * GST_MSECOND),
                           -1);
  const std::string warning = sam2::await_warning(run);
  fail_unless_equals_string(
      warning.c_str(),
      "The prompt for the frame at 0:00:00.400000000 is 0:00:00.040000000 too "
      "late: the frame at 0:00:00.360000000 has been tracked. Give an earlier "
      "time, or none for the next frame.");
  fail_unless_equals_int64(add_box(run, 2, {1, 1, 4, 4}, 280 * GST_MSECOND), 2);
  fail_unless_equals_int(objects_on(run, 8).size(), 0);
  fail_unless_equals_int(objects_on(run, 7).size(), 1);
}
GST_END_TEST

GST_START_TEST(test_an_object_that_is_removed_is_gone) {
  const TrackRun run("prompt=\"1:box=1,1,4,4; 2:box=9,9,4,4\"");
  fail_unless_equals_int(objects_on(run, 0).size(), 2);
  fail_unless(sam2::remove_object(run, 1));
  const auto objects = objects_on(run, 1);
  fail_unless_equals_int(objects.size(), 1);
  fail_unless_equals_int64(*objects[0].object_id, 2);
}
GST_END_TEST

GST_START_TEST(test_stats_count_the_objects_that_are_there) {
  const TrackRun run("prompt=\"1:box=1,1,4,4; 2:box=9,9,4,4\"");
  for (int frame = 0; frame < 3; ++frame) objects_on(run, frame);
  fail_unless_equals_uint64(run.stat("objects"), 2);
  fail_unless_equals_uint64(run.stat("memories"), 6);
  fail_unless_equals_uint64(run.stat("memories-fullest"), 3);
  fail_unless_equals_uint64(run.stat("conditioning-frames"), 2);
  sam2::remove_object(run, 1);
  sam2::remove_object(run, 2);
  objects_on(run, 3);
  fail_unless_equals_uint64(run.stat("objects"), 0);
  fail_unless_equals_uint64(run.stat("memories"), 0);
}
GST_END_TEST

GST_START_TEST(test_frames_pass_the_tracker_after_the_last_object) {
  const TrackRun run("");
  objects_on(run, 0);
  sam2::remove_object(run, 1);
  run.gate().close();
  fail_unless(objects_on(run, 1).empty());
}
GST_END_TEST

GST_START_TEST(test_prompts_of_an_object_that_is_removed_are_dropped) {
  const TrackRun run("prompt=\"@0.04s 1:box=1,1,4,4\"");
  add_box(run, 2, {1, 1, 4, 4}, 40 * GST_MSECOND);
  sam2::remove_object(run, 1);
  sam2::remove_object(run, 2);
  objects_on(run, 0);
  fail_unless(objects_on(run, 1).empty());
  fail_unless(!sam2::has_warning(run));
}
GST_END_TEST

void flush(const TrackRun &run) {
  run.send(gst_event_new_flush_start());
  run.send(gst_event_new_flush_stop(TRUE));
  run.send_segment();
}

GST_START_TEST(test_cleared_prompts_do_not_come_and_objects_stay) {
  const TrackRun run("prompt=\"1:box=1,1,4,4; @0.04s 2:box=9,9,4,4\"");
  add_box(run, 3, {1, 1, 4, 4}, 40 * GST_MSECOND);
  objects_on(run, 0);
  fail_unless(sam2::call(run, "clear-prompts"));
  fail_unless_equals_int(objects_on(run, 1).size(), 1);
  flush(run);
  fail_unless(objects_on(run, 0).empty());
}
GST_END_TEST

GST_START_TEST(test_a_reset_leaves_what_the_property_says) {
  const TrackRun run("");
  add_box(run, 2, {1, 1, 4, 4});
  add_box(run, 3, {1, 1, 4, 4}, 80 * GST_MSECOND);
  fail_unless_equals_int(objects_on(run, 0).size(), 2);
  fail_unless(sam2::call(run, "reset"));
  const auto objects = objects_on(run, 1);
  fail_unless_equals_int(objects.size(), 1);
  fail_unless_equals_float(objects[0].box.x, 10);
  fail_unless_equals_int(objects_on(run, 2).size(), 1);
}
GST_END_TEST

GST_START_TEST(test_frames_pass_the_tracker_after_a_reset) {
  const TrackRun run("prompt=\"\"");
  add_box(run, 2, {1, 1, 4, 4});
  objects_on(run, 0);
  sam2::call(run, "reset");
  run.gate().close();
  fail_unless(objects_on(run, 1).empty());
}
GST_END_TEST

GST_START_TEST(test_a_flush_forgets_what_signals_asked_for) {
  const TrackRun run("");
  add_box(run, 2, {1, 1, 4, 4});
  objects_on(run, 0);
  flush(run);
  fail_unless_equals_int(objects_on(run, 0).size(), 1);
}
GST_END_TEST

GST_START_TEST(test_a_new_prompt_text_keeps_what_signals_asked_for) {
  const TrackRun run("");
  add_box(run, 2, {1, 1, 4, 4}, 40 * GST_MSECOND);
  objects_on(run, 0);
  g_object_set(run.element(), "prompt", "", nullptr);
  fail_unless_equals_int(objects_on(run, 1).size(), 2);
}
GST_END_TEST

Suite *track_signals_suite() {
  Suite *suite = suite_create("track_signals");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_points_start_an_object_on_the_next_frame);
  tcase_add_test(cases, test_a_box_starts_an_object);
  tcase_add_test(cases, test_a_mask_starts_an_object);
  tcase_add_test(cases, test_a_new_object_gets_an_id_that_nobody_has);
  tcase_add_test(cases, test_a_detection_and_a_signal_never_get_the_same_id);
  tcase_add_test(cases, test_what_is_asked_before_the_start_is_done);
  tcase_add_test(cases, test_a_prompt_acts_on_the_waiting_frame_that_it_names);
  tcase_add_test(cases, test_a_prompt_acts_on_its_frame_within_a_batch);
  tcase_add_test(cases, test_a_prompt_for_a_frame_in_the_tracker_is_too_late);
  tcase_add_test(
      cases, test_a_prompt_for_a_frame_of_a_batch_that_was_taken_is_too_late);
  tcase_add_test(cases, test_no_time_is_too_late_after_a_flush);
  tcase_add_test(cases,
                 test_backwards_later_frames_have_passed_and_earlier_ones_come);
  tcase_add_test(cases, test_an_object_that_is_removed_is_gone);
  tcase_add_test(cases, test_stats_count_the_objects_that_are_there);
  tcase_add_test(cases, test_frames_pass_the_tracker_after_the_last_object);
  tcase_add_test(cases, test_prompts_of_an_object_that_is_removed_are_dropped);
  tcase_add_test(cases, test_cleared_prompts_do_not_come_and_objects_stay);
  tcase_add_test(cases, test_a_reset_leaves_what_the_property_says);
  tcase_add_test(cases, test_frames_pass_the_tracker_after_a_reset);
  tcase_add_test(cases, test_a_flush_forgets_what_signals_asked_for);
  tcase_add_test(cases, test_a_new_prompt_text_keeps_what_signals_asked_for);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(track_signals)
