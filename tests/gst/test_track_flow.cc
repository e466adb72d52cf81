// How frames, events and queries travel through sam2track; the table is in
// docs/threads.md.
#include "track_run.h"

namespace {

using sam2::TrackRun;
using sam2::Witness;
using Names = std::vector<std::string>;

GST_START_TEST(test_upstream_goes_on_while_a_frame_is_tracked) {
  const TrackRun run("");
  run.push_into_gate(0);
  for (int i = 1; i <= 8; ++i) fail_unless_equals_int(run.push(i), GST_FLOW_OK);
  fail_unless_equals_uint64(run.stat("frames-waiting"), 8);
  run.gate().open();
  for (int i = 0; i <= 8; ++i) fail_unless_equals_int(run.pull(), i);
}
GST_END_TEST

GST_START_TEST(test_upstream_waits_when_frame_buffer_size_frames_wait) {
  const TrackRun run("frame-buffer-size=2 drop-policy=none");
  run.push_into_gate(0);
  run.push(1);
  run.push(2);
  auto pushed = run.push_beside(3);
  run.await_frames_in(4);
  fail_unless_equals_uint64(run.stat("frames-waiting"), 2);
  run.gate().open();
  fail_unless_equals_int(pushed.get(), GST_FLOW_OK);
  for (int i = 0; i <= 3; ++i) fail_unless_equals_int(run.pull(), i);
}
GST_END_TEST

GST_START_TEST(test_drop_policy_oldest_keeps_the_newest_frames) {
  const TrackRun run("frame-buffer-size=2 drop-policy=oldest");
  run.push_into_gate(0);
  for (int i = 1; i <= 4; ++i) fail_unless_equals_int(run.push(i), GST_FLOW_OK);
  run.gate().open();
  fail_unless_equals_int(run.pull(), 0);
  const auto third = run.pull_frame();
  fail_unless_equals_int(TrackRun::number_of(third), 3);
  fail_unless(GST_BUFFER_IS_DISCONT(third.get()));
  const auto fourth = run.pull_frame();
  fail_unless_equals_int(TrackRun::number_of(fourth), 4);
  fail_unless(!GST_BUFFER_IS_DISCONT(fourth.get()));
  fail_unless_equals_uint64(run.stat("frames-dropped"), 2);
}
GST_END_TEST

// A live pipeline drops, another one waits.
GST_START_TEST(test_drop_policy_auto_follows_the_pipeline) {
  const TrackRun run("frame-buffer-size=1");
  gst_harness_set_live(run.harness(), TRUE);
  run.push_into_gate(0);
  run.push(1);
  run.push(2);
  run.gate().open();
  fail_unless_equals_int(run.pull(), 0);
  fail_unless_equals_int(run.pull(), 2);
}
GST_END_TEST

GST_START_TEST(test_serialized_events_keep_their_place) {
  const TrackRun run("");
  Witness witness(run.harness()->sinkpad);
  run.push_into_gate(0);
  run.send(gst_event_new_gap(0, 1));
  run.push(1);
  run.send(gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM,
                                gst_structure_new_empty("here")));
  run.push(2);
  run.send(gst_event_new_eos());
  fail_unless_equals_int(witness.count(), 0);
  run.gate().open();
  const Names expected = {"0", "gap", "1", "custom-downstream", "2", "eos"};
  fail_unless(witness.await(6) == expected);
}
GST_END_TEST

GST_START_TEST(test_other_events_overtake_the_frames) {
  const TrackRun run("");
  Witness witness(run.harness()->sinkpad);
  run.push_into_gate(0);
  run.send(gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM_OOB,
                                gst_structure_new_empty("now")));
  fail_unless(witness.await(1) == Names{"custom-downstream-oob"});
}
GST_END_TEST

GST_START_TEST(test_new_caps_are_for_the_frames_behind_them) {
  const TrackRun run("");
  run.push_into_gate(0);
  run.push(1);
  const GstVideoInfo other = sam2::video_info(GST_VIDEO_FORMAT_GRAY8, 16, 8);
  sam2::CapsPtr caps(gst_video_info_to_caps(&other));
  run.send(gst_event_new_caps(caps.get()));
  gst_harness_push(run.harness(), sam2::video_buffer(other, 9, 2).release());
  run.gate().open();
  for (int i = 0; i < 3; ++i) {
    const auto frame = run.pull_frame();
    fail_unless_equals_int(TrackRun::number_of(frame), i);
    // The fake engine's objects end with the picture.
    const auto objects = sam2::read_objects(frame.get());
    fail_unless_equals_float(objects.at(0).box.width, i < 2 ? 6 : 4);
  }
}
GST_END_TEST

GST_START_TEST(test_frames_pass_the_tracker_until_there_is_an_object) {
  const TrackRun run("");
  g_object_set(run.element(), "prompt", "@1s 1:box=10,12,6,5", nullptr);
  run.gate().close();
  run.push(0);
  fail_unless_equals_int(run.pull(), 0);
}
GST_END_TEST

std::string label_of(const sam2::BufferPtr &frame) {
  return sam2::read_objects(frame.get()).at(0).label;
}

GST_START_TEST(test_frames_that_wait_are_encoded_together) {
  const TrackRun run("batch-size=3 batch-timeout=0");
  run.push_into_gate(0);
  for (int i = 1; i <= 4; ++i) run.push(i);
  run.gate().open();
  const Names expected = {"object", "batch 3", "batch 3", "batch 3", "object"};
  for (int i = 0; i < 5; ++i) {
    const auto frame = run.pull_frame();
    fail_unless_equals_int(TrackRun::number_of(frame), i);
    ASSERT_TEXT(label_of(frame), expected[i]);
  }
}
GST_END_TEST

GST_START_TEST(test_a_frame_waits_for_its_batch_until_an_event_comes) {
  const TrackRun run("batch-size=3 batch-timeout=10000000000");
  run.push(0);
  run.push(1);
  run.send(gst_event_new_eos());
  for (int i = 0; i < 2; ++i)
    ASSERT_TEXT(label_of(run.pull_frame()), "batch 2");
}
GST_END_TEST

GST_START_TEST(test_a_frame_alone_goes_when_its_time_is_over) {
  const TrackRun run("batch-size=3 batch-timeout=1000000");
  run.push(0);
  fail_unless_equals_int(run.pull(), 0);
}
GST_END_TEST

sam2::AnalyticsObject object_on(const sam2::BufferPtr &frame) {
  return sam2::read_objects(frame.get()).at(0);
}

GST_START_TEST(test_between_the_frames_of_an_interval_objects_coast) {
  const TrackRun run("inference-interval=3");
  for (int i = 0; i < 7; ++i) {
    run.push(i);
    const auto object = object_on(run.pull_frame());
    fail_unless(object.is_coasted == (i % 3 != 0));
    // The fake engine's score counts the frames that it has seen.
    fail_unless_equals_float(*object.object_score,
                             static_cast<float>(i / 3 + 1));
    fail_unless_equals_uint64(object.seen.last_ns,
                              i / 3 * 3 * 40 * GST_MSECOND);
  }
  fail_unless_equals_uint64(run.stat("frames-coasted"), 4);
}
GST_END_TEST

GST_START_TEST(test_a_frame_with_a_prompt_is_tracked_out_of_turn) {
  const TrackRun run(
      "inference-interval=3 prompt=\"1:box=10,12,6,5; @0.04s 2:box=1,1,4,4\"");
  for (int i = 0; i < 5; ++i) {
    run.push(i);
    const auto object = object_on(run.pull_frame());
    fail_unless(object.is_coasted == (i == 2 || i == 3));
  }
}
GST_END_TEST

GST_START_TEST(test_objects_coast_over_dropped_frames) {
  const TrackRun run("frame-buffer-size=2 drop-policy=oldest");
  run.push_into_gate(0);
  for (int i = 1; i <= 4; ++i) run.push(i);
  run.gate().open();
  const Names expected = {"object", "2 skipped", "object"};
  for (const std::string &label : expected)
    ASSERT_TEXT(object_on(run.pull_frame()).label, label);
}
GST_END_TEST

// Answers downstream's part of an allocation query.
GstPadProbeReturn offer_a_pool(GstPad *, GstPadProbeInfo *info, gpointer) {
  GstQuery *query = GST_PAD_PROBE_INFO_QUERY(info);
  if (GST_QUERY_TYPE(query) != GST_QUERY_ALLOCATION) return GST_PAD_PROBE_OK;
  gst_query_add_allocation_pool(query, nullptr, 100, 2, 3);
  gst_query_add_allocation_pool(query, nullptr, 100, 1, 0);
  return GST_PAD_PROBE_HANDLED;
}

GST_START_TEST(test_allocation_counts_the_frames_that_wait) {
  const TrackRun run("frame-buffer-size=5");
  gst_pad_add_probe(run.harness()->sinkpad, GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM,
                    offer_a_pool, nullptr, nullptr);
  const sam2::CapsPtr caps(gst_video_info_to_caps(&run.info()));
  const sam2::QueryPtr query(gst_query_new_allocation(caps.get(), TRUE));
  fail_unless(gst_pad_peer_query(run.harness()->srcpad, query.get()));
  guint least = 0, most = 0;
  gst_query_parse_nth_allocation_pool(query.get(), 0, nullptr, nullptr, &least,
                                      &most);
  fail_unless_equals_int(least, 7);
  fail_unless_equals_int(most, 8);
  gst_query_parse_nth_allocation_pool(query.get(), 1, nullptr, nullptr, &least,
                                      &most);
  fail_unless_equals_int(least, 6);
  fail_unless_equals_int(most, 0);
}
GST_END_TEST

// The tracker would see the rest too, and at another place.
GST_START_TEST(test_upstream_is_not_told_to_leave_the_cropping_to_downstream) {
  const TrackRun run("");
  fail_unless(!sam2::passes_on_offer(run.harness(), run.info(),
                                     GST_VIDEO_CROP_META_API_TYPE));
  fail_unless(sam2::passes_on_offer(run.harness(), run.info(),
                                    GST_VIDEO_META_API_TYPE));
}
GST_END_TEST

void latency(const TrackRun &run, GstClockTime *least, GstClockTime *most) {
  const sam2::QueryPtr query(gst_query_new_latency());
  gboolean is_live = FALSE;
  fail_unless(gst_pad_peer_query(run.harness()->sinkpad, query.get()));
  gst_query_parse_latency(query.get(), &is_live, least, most);
  fail_unless(is_live);
}

GST_START_TEST(test_latency_is_what_was_measured) {
  const TrackRun run("frame-buffer-size=5");
  gst_harness_set_live(run.harness(), TRUE);
  gst_harness_set_upstream_latency(run.harness(), GST_MSECOND);
  GstClockTime least = 0, most = 0;
  latency(run, &least, &most);
  fail_unless_equals_uint64(least, GST_MSECOND);
  run.push_into_gate(0);
  const gint64 start_us = g_get_monotonic_time();
  while (g_get_monotonic_time() < start_us + 2000) std::this_thread::yield();
  run.gate().open();
  run.pull();
  fail_unless(sam2::await_message(run.bus(), GST_MESSAGE_LATENCY) != nullptr);
  latency(run, &least, &most);
  fail_unless(least > GST_MSECOND + 1000 * GST_USECOND);
  fail_unless(!GST_CLOCK_TIME_IS_VALID(most) ||
              most >= least + 5 * 40 * GST_MSECOND);
}
GST_END_TEST

GST_START_TEST(test_latency_counts_the_wait_for_a_batch) {
  const TrackRun run("batch-size=3 batch-timeout=1000000000");
  gst_harness_set_live(run.harness(), TRUE);
  run.push(0);
  run.push(1);
  run.push(2);
  run.pull();
  GstClockTime least = 0, most = 0;
  latency(run, &least, &most);
  fail_unless(least >= 2 * 40 * GST_MSECOND);
}
GST_END_TEST

// Says that frame 3 came `jitter_ns` too late.
void complain(const TrackRun &run, GstClockTimeDiff jitter_ns) {
  gst_harness_push_upstream_event(
      run.harness(), gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 1.5, jitter_ns,
                                       120 * GST_MSECOND));
}

GST_START_TEST(test_late_frames_are_dropped_before_they_are_tracked) {
  const TrackRun run("");
  run.push(0);
  run.pull();
  complain(run, 30 * GST_MSECOND);  // 120 + 2 * 30 + 40: frame 5.5
  for (int i = 4; i <= 6; ++i) run.push(i);
  const auto frame = run.pull_frame();
  fail_unless_equals_int(TrackRun::number_of(frame), 6);
  fail_unless(GST_BUFFER_IS_DISCONT(frame.get()));
  // The fake engine's score counts the frames that it has seen.
  const auto objects = sam2::read_objects(frame.get());
  fail_unless_equals_float(*objects.at(0).object_score, 2);
  fail_unless_equals_string(objects.at(0).label.c_str(), "2 skipped");
  fail_unless_equals_uint64(run.stat("frames-dropped"), 2);
  const auto message = sam2::await_message(run.bus(), GST_MESSAGE_QOS);
  guint64 running_ns = 0, dropped = 0;
  gst_message_parse_qos(message.get(), nullptr, &running_ns, nullptr, nullptr,
                        nullptr);
  gst_message_parse_qos_stats(message.get(), nullptr, nullptr, &dropped);
  fail_unless_equals_uint64(running_ns, 160 * GST_MSECOND);
  fail_unless_equals_uint64(dropped, 1);
}
GST_END_TEST

GST_START_TEST(test_without_qos_late_frames_are_tracked) {
  const TrackRun run("qos=false");
  complain(run, GST_SECOND);
  run.push(4);
  fail_unless_equals_int(run.pull(), 4);
}
GST_END_TEST

GST_START_TEST(test_late_frames_without_objects_pass) {
  const TrackRun run("prompt=\"\"");
  complain(run, GST_SECOND);
  run.push(4);
  fail_unless_equals_int(run.pull(), 4);
}
GST_END_TEST

GST_START_TEST(test_a_flush_forgets_that_frames_were_late) {
  const TrackRun run("");
  complain(run, GST_SECOND);
  run.send(gst_event_new_flush_start());
  run.send(gst_event_new_flush_stop(TRUE));
  run.send_segment();
  run.push(4);
  fail_unless_equals_int(run.pull(), 4);
}
GST_END_TEST

GST_START_TEST(test_stats_come_as_messages_too) {
  const TrackRun run("stats-interval=1");
  run.push(0);
  // The object was found before.
  sam2::await_message(run.bus(), GST_MESSAGE_ELEMENT);
  const auto message = sam2::await_message(run.bus(), GST_MESSAGE_ELEMENT);
  const GstStructure *stats = gst_message_get_structure(message.get());
  fail_unless_equals_string(gst_structure_get_name(stats), "sam2-stats");
  guint64 frames_out = 0;
  fail_unless(gst_structure_get_uint64(stats, "frames-out", &frames_out));
  fail_unless_equals_uint64(frames_out, 1);
  fail_unless_equals_uint64(run.stat("frames-in"), 1);
  fail_unless_equals_uint64(run.stat("objects"), 1);
}
GST_END_TEST

Suite *track_flow_suite() {
  Suite *suite = suite_create("track_flow");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_upstream_goes_on_while_a_frame_is_tracked);
  tcase_add_test(cases, test_upstream_waits_when_frame_buffer_size_frames_wait);
  tcase_add_test(cases, test_drop_policy_oldest_keeps_the_newest_frames);
  tcase_add_test(cases, test_drop_policy_auto_follows_the_pipeline);
  tcase_add_test(cases, test_serialized_events_keep_their_place);
  tcase_add_test(cases, test_other_events_overtake_the_frames);
  tcase_add_test(cases, test_new_caps_are_for_the_frames_behind_them);
  tcase_add_test(cases, test_frames_pass_the_tracker_until_there_is_an_object);
  tcase_add_test(cases, test_frames_that_wait_are_encoded_together);
  tcase_add_test(cases, test_a_frame_waits_for_its_batch_until_an_event_comes);
  tcase_add_test(cases, test_a_frame_alone_goes_when_its_time_is_over);
  tcase_add_test(cases, test_between_the_frames_of_an_interval_objects_coast);
  tcase_add_test(cases, test_a_frame_with_a_prompt_is_tracked_out_of_turn);
  tcase_add_test(cases, test_objects_coast_over_dropped_frames);
  tcase_add_test(cases, test_allocation_counts_the_frames_that_wait);
  tcase_add_test(cases,
                 test_upstream_is_not_told_to_leave_the_cropping_to_downstream);
  tcase_add_test(cases, test_latency_is_what_was_measured);
  tcase_add_test(cases, test_latency_counts_the_wait_for_a_batch);
  tcase_add_test(cases, test_late_frames_are_dropped_before_they_are_tracked);
  tcase_add_test(cases, test_without_qos_late_frames_are_tracked);
  tcase_add_test(cases, test_late_frames_without_objects_pass);
  tcase_add_test(cases, test_a_flush_forgets_that_frames_were_late);
  tcase_add_test(cases, test_stats_come_as_messages_too);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(track_flow)
