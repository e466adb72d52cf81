// How the flow through sam2track ends, and starts again: flushes, states, and
// what downstream answers. The table is in docs/threads.md.
#include <functional>

#include "flow_answers.h"

namespace {

using sam2::answer;
using sam2::push_until_refused;
using sam2::source;
using sam2::TrackRun;
using sam2::Witness;
using Names = std::vector<std::string>;

void flush_and_go_on(const TrackRun &run) {
  run.send(gst_event_new_flush_stop(TRUE));
  run.send_segment();
}

GST_START_TEST(test_a_flush_drops_what_waits_at_once) {
  const TrackRun run("frame-buffer-size=2 drop-policy=none");
  Witness witness(run.harness()->sinkpad);
  run.push_into_gate(0);
  run.push(1);
  run.push(2);
  auto blocked = run.push_beside(3);
  run.await_frames_in(4);
  auto flushed = std::async(std::launch::async, [&] {
    return run.send(gst_event_new_flush_start());
  });
  // Before the tracker has done its frame.
  fail_unless_equals_int(blocked.get(), GST_FLOW_FLUSHING);
  fail_unless_equals_uint64(run.stat("frames-waiting"), 0);
  fail_unless_equals_int(run.push(4), GST_FLOW_FLUSHING);
  run.gate().open();
  fail_unless(flushed.get());
  flush_and_go_on(run);
  run.push(5);
  fail_unless(witness.await(2) == (Names{"segment", "5"}));
}
GST_END_TEST

// The queue held the caps when it was flushed; the pad has them still.
GST_START_TEST(test_caps_lost_in_a_flush_come_before_the_next_frame) {
  const TrackRun run("");
  run.push_into_gate(0);
  const GstVideoInfo other = sam2::video_info(GST_VIDEO_FORMAT_GRAY8, 32, 24);
  const sam2::CapsPtr caps(gst_video_info_to_caps(&other));
  run.send(gst_event_new_caps(caps.get()));
  auto flushed = std::async(std::launch::async, [&] {
    return run.send(gst_event_new_flush_start());
  });
  while (run.push(1) != GST_FLOW_FLUSHING) {
  }
  run.gate().open();
  flushed.get();
  flush_and_go_on(run);
  gst_harness_push(run.harness(), sam2::video_buffer(other, 9, 2).release());
  fail_unless_equals_int(run.pull(), 2);
  const sam2::CapsPtr seen(gst_pad_get_current_caps(run.harness()->sinkpad));
  fail_unless(gst_caps_is_equal(seen.get(), caps.get()));
}
GST_END_TEST

GST_START_TEST(test_after_a_flush_the_prompts_are_taken_up_again) {
  const TrackRun run("");
  for (int i = 0; i < 3; ++i) {
    run.push(i);
    run.pull();
  }
  run.send(gst_event_new_flush_start());
  flush_and_go_on(run);
  run.push(7);
  const auto frame = run.pull_frame();
  fail_unless_equals_float(sam2::read_objects(frame.get()).at(0).box.x, 10);
}
GST_END_TEST

// Blocks the pad until a flush or the end.
GstPadProbeReturn stay(GstPad *, GstPadProbeInfo *, gpointer) {
  return GST_PAD_PROBE_OK;
}
gulong block(const TrackRun &run) {
  return gst_pad_add_probe(
      source(run),
      static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BLOCK |
                                   GST_PAD_PROBE_TYPE_BUFFER),
      stay, nullptr, nullptr);
}

GST_START_TEST(test_a_flush_passes_a_blocked_pad) {
  const TrackRun run("");
  const gulong id = block(run);
  run.push(0);
  while (!gst_pad_is_blocking(source(run))) std::this_thread::yield();
  fail_unless(run.send(gst_event_new_flush_start()));
  gst_pad_remove_probe(source(run), id);
  flush_and_go_on(run);
  run.push(1);
  fail_unless_equals_int(run.pull(), 1);
}
GST_END_TEST

GST_START_TEST(test_a_blocked_pad_does_not_stop_a_state_change) {
  const TrackRun run("frame-buffer-size=1 drop-policy=none");
  block(run);
  run.push(0);
  while (!gst_pad_is_blocking(source(run))) std::this_thread::yield();
  run.push(1);
  auto blocked = run.push_beside(2);
  run.await_frames_in(3);
  fail_unless_equals_int(gst_element_set_state(run.element(), GST_STATE_NULL),
                         GST_STATE_CHANGE_SUCCESS);
  fail_unless_equals_int(blocked.get(), GST_FLOW_FLUSHING);
}
GST_END_TEST

GST_START_TEST(test_a_busy_tracker_ends_its_frame_and_then_the_state_changes) {
  for (const GstState state : {GST_STATE_READY, GST_STATE_NULL}) {
    const TrackRun run("");
    run.push_into_gate(0);
    run.push(1);
    auto changed = std::async(std::launch::async, [&] {
      return gst_element_set_state(run.element(), state);
    });
    while (run.push(2) != GST_FLOW_FLUSHING) {
    }
    run.gate().open();
    fail_unless_equals_int(changed.get(), GST_STATE_CHANGE_SUCCESS);
    fail_unless_equals_int(
        gst_element_set_state(run.element(), GST_STATE_PLAYING),
        GST_STATE_CHANGE_SUCCESS);
    gst_harness_set_src_caps(run.harness(),
                             gst_video_info_to_caps(&run.info()));
    while (sam2::BufferPtr(gst_harness_try_pull(run.harness()))) {
    }
    run.push(5);
    fail_unless_equals_int(run.pull(), 5);
  }
}
GST_END_TEST

GST_START_TEST(test_paused_and_playing_disturb_nothing) {
  const TrackRun run("");
  run.push_into_gate(0);
  run.push(1);
  for (const GstState state : {GST_STATE_PAUSED, GST_STATE_PLAYING})
    fail_unless_equals_int(gst_element_set_state(run.element(), state),
                           GST_STATE_CHANGE_SUCCESS);
  run.gate().open();
  for (int i = 0; i < 2; ++i) fail_unless_equals_int(run.pull(), i);
}
GST_END_TEST

GST_START_TEST(test_the_end_of_the_stream_comes_after_all_frames) {
  const TrackRun run("");
  Witness witness(run.harness()->sinkpad);
  run.push_into_gate(0);
  for (int i = 1; i <= 3; ++i) run.push(i);
  run.send(gst_event_new_eos());
  run.gate().open();
  fail_unless(witness.await(5) == (Names{"0", "1", "2", "3", "eos"}));
}
GST_END_TEST

GST_START_TEST(test_a_stream_may_follow_a_stream) {
  const TrackRun run("");
  run.push(0);
  run.send(gst_event_new_eos());
  run.pull();
  run.send(gst_event_new_stream_start("second"));
  run.send_segment();
  run.push(1);
  fail_unless_equals_int(run.pull(), 1);
}
GST_END_TEST

// Lets the pad behind the element answer `flow` to frame 0, and only to that,
// after `meanwhile` was done.
void answer_first(
    const TrackRun &run, GstFlowReturn flow,
    std::function<void()> meanwhile = [] {}) {
  struct Answer {
    GstFlowReturn flow;
    std::function<void()> meanwhile;
  };
  gst_pad_add_probe(
      run.harness()->sinkpad, GST_PAD_PROBE_TYPE_BUFFER,
      [](GstPad *, GstPadProbeInfo *info, gpointer data) {
        GstBuffer *frame = GST_PAD_PROBE_INFO_BUFFER(info);
        if (GST_BUFFER_PTS(frame) != 0) return GST_PAD_PROBE_OK;
        const auto *answer = static_cast<const Answer *>(data);
        answer->meanwhile();
        gst_buffer_unref(frame);
        GST_PAD_PROBE_INFO_DATA(info) = nullptr;
        GST_PAD_PROBE_INFO_FLOW_RETURN(info) = answer->flow;
        return GST_PAD_PROBE_HANDLED;
      },
      new Answer{flow, std::move(meanwhile)},
      [](gpointer data) { delete static_cast<Answer *>(data); });
}

GST_START_TEST(test_after_an_end_downstream_a_new_stream_goes_on) {
  for (const bool is_new_stream : {true, false}) {
    const TrackRun run("");
    answer_first(run, GST_FLOW_EOS);
    run.push(0);
    while (run.push(0) != GST_FLOW_EOS) {
    }
    const GstVideoInfo other = sam2::video_info(GST_VIDEO_FORMAT_GRAY8, 32, 24);
    const sam2::CapsPtr caps(gst_video_info_to_caps(&other));
    if (is_new_stream) run.send(gst_event_new_stream_start("second"));
    run.send(gst_event_new_caps(caps.get()));
    run.send_segment();
    gst_harness_push(run.harness(), sam2::video_buffer(other, 9, 7).release());
    fail_unless_equals_int(run.pull(), 7);
    const sam2::CapsPtr seen(gst_pad_get_current_caps(run.harness()->sinkpad));
    fail_unless(gst_caps_is_equal(seen.get(), caps.get()));
  }
}
GST_END_TEST

GST_START_TEST(
    test_after_an_end_downstream_what_waits_behind_a_segment_goes_on) {
  const TrackRun run("drop-policy=none");
  Witness witness(run.harness()->sinkpad);
  answer_first(run, GST_FLOW_EOS);
  run.push_into_gate(0);
  run.push(1);
  run.send_segment();
  run.push(2);
  run.gate().open();
  fail_unless(witness.await(3) == (Names{"0", "segment", "2"}));
}
GST_END_TEST

GST_START_TEST(test_after_an_end_downstream_the_end_of_the_stream_comes) {
  const TrackRun run("");
  Witness witness(run.harness()->sinkpad);
  answer_first(run, GST_FLOW_EOS);
  run.push(0);
  while (run.push(0) != GST_FLOW_EOS) {
  }
  run.send(gst_event_new_gap(0, GST_SECOND));
  fail_unless(run.send(gst_event_new_eos()));
  fail_unless(witness.await(2) == (Names{"0", "eos"}));
}
GST_END_TEST

GST_START_TEST(test_a_new_link_starts_the_flow_again) {
  const TrackRun run("");
  GstPad *peer = gst_pad_get_peer(source(run));
  gst_pad_unlink(source(run), peer);
  fail_unless_equals_int(push_until_refused(run), GST_FLOW_NOT_LINKED);
  fail_unless_equals_int(gst_pad_link(source(run), peer), GST_PAD_LINK_OK);
  gst_object_unref(peer);
  run.push(7);
  fail_unless_equals_int(run.pull(), 7);
}
GST_END_TEST

// As a pad does that is linked anew.
void ask_to_reconfigure(const TrackRun &run) {
  gst_pad_push_event(run.harness()->sinkpad, gst_event_new_reconfigure());
}

GST_START_TEST(test_a_link_made_during_a_push_without_one_is_not_missed) {
  const TrackRun run("");
  answer_first(run, GST_FLOW_NOT_LINKED, [&] { ask_to_reconfigure(run); });
  run.push(0);
  fail_unless_equals_int(run.push(1), GST_FLOW_OK);
  fail_unless_equals_int(run.pull(), 1);
}
GST_END_TEST

// The message comes between that push and its consequences.
GST_START_TEST(test_a_link_made_just_after_a_push_without_one_is_not_missed) {
  const TrackRun run("stats-interval=1");
  std::function<void()> link = [&] { ask_to_reconfigure(run); };
  gst_bus_set_sync_handler(
      run.bus(),
      [](GstBus *, GstMessage *message, gpointer data) {
        auto &linking = *static_cast<std::function<void()> *>(data);
        if (linking && gst_message_has_name(message, "sam2-stats"))
          std::exchange(linking, nullptr)();
        gst_message_unref(message);
        return GST_BUS_DROP;
      },
      &link, nullptr);
  answer_first(run, GST_FLOW_NOT_LINKED);
  for (int i = 0; run.stat("frames-out") == 0; ++i) run.push(i);
}
GST_END_TEST

// The tracking thread learns of the link too, and goes on with it: whoever has
// made it need not wait until the tracking thread rests.
GST_START_TEST(test_who_links_just_after_the_flow_has_ended_is_not_held_up) {
  const TrackRun run("");
  std::promise<std::future<void>> link_made;
  std::function<void()> link = [&] {
    link_made.set_value(
        std::async(std::launch::async, [&run] { ask_to_reconfigure(run); }));
    while (!GST_PAD_NEEDS_RECONFIGURE(source(run))) std::this_thread::yield();
    for (int i = 0; i < 100; ++i) std::this_thread::yield();
  };
  gst_bus_set_sync_handler(
      run.bus(),
      [](GstBus *, GstMessage *message, gpointer data) {
        if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR)
          (*static_cast<std::function<void()> *>(data))();
        gst_message_unref(message);
        return GST_BUS_DROP;
      },
      &link, nullptr);
  answer_first(run, GST_FLOW_NOT_LINKED);
  run.push_into_gate(0);
  run.send(gst_event_new_eos());
  run.gate().open();
  link_made.get_future().get().get();
  run.send(gst_event_new_stream_start("second"));
  run.send_segment();
  run.push(1);
  fail_unless_equals_int(run.pull(), 1);
}
GST_END_TEST

GST_START_TEST(test_a_segment_that_came_without_a_link_counts_after_it) {
  const TrackRun run("");
  GstPad *peer = gst_pad_get_peer(source(run));
  gst_pad_unlink(source(run), peer);
  fail_unless_equals_int(push_until_refused(run), GST_FLOW_NOT_LINKED);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.base = GST_SECOND;
  run.send(gst_event_new_segment(&segment));
  fail_unless_equals_int(gst_pad_link(source(run), peer), GST_PAD_LINK_OK);
  gst_object_unref(peer);
  run.push(1);
  const auto frame = run.pull_frame();
  fail_unless_equals_uint64(sam2::read_objects(frame.get()).at(0).seen.last_ns,
                            GST_SECOND + 40 * GST_MSECOND);
}
GST_END_TEST

GST_START_TEST(test_after_a_failure_a_flush_starts_the_flow_again) {
  const TrackRun run("model-file=track-error.pt oom-policy=error");
  run.push(0);
  fail_unless_equals_int(push_until_refused(run), GST_FLOW_ERROR);
  while (sam2::BufferPtr(gst_harness_try_pull(run.harness()))) {
  }
  run.send(gst_event_new_flush_start());
  flush_and_go_on(run);
  run.push(9);
  fail_unless_equals_int(run.pull(), 9);
}
GST_END_TEST

GST_START_TEST(test_a_waiting_query_ends_with_a_flush_and_a_state_change) {
  for (const bool is_flush : {true, false}) {
    const TrackRun run("");
    run.push_into_gate(0);
    run.push(1);
    const sam2::QueryPtr query(gst_query_new_drain());
    auto answered = std::async(std::launch::async, [&] {
      return gst_pad_peer_query(run.harness()->srcpad, query.get());
    });
    auto ended = std::async(std::launch::async, [&] {
      if (is_flush) run.send(gst_event_new_flush_start());
      if (!is_flush) gst_element_set_state(run.element(), GST_STATE_NULL);
    });
    fail_unless(!answered.get());
    run.gate().open();
    ended.get();
  }
}
GST_END_TEST

Suite *track_flow_ends_suite() {
  Suite *suite = suite_create("track_flow_ends");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_a_flush_drops_what_waits_at_once);
  tcase_add_test(cases, test_caps_lost_in_a_flush_come_before_the_next_frame);
  tcase_add_test(cases, test_after_a_flush_the_prompts_are_taken_up_again);
  tcase_add_test(cases, test_a_flush_passes_a_blocked_pad);
  tcase_add_test(cases, test_a_blocked_pad_does_not_stop_a_state_change);
  tcase_add_test(cases,
                 test_a_busy_tracker_ends_its_frame_and_then_the_state_changes);
  tcase_add_test(cases, test_paused_and_playing_disturb_nothing);
  tcase_add_test(cases, test_the_end_of_the_stream_comes_after_all_frames);
  tcase_add_test(cases, test_a_stream_may_follow_a_stream);
  tcase_add_test(cases, test_after_an_end_downstream_a_new_stream_goes_on);
  tcase_add_test(
      cases, test_after_an_end_downstream_what_waits_behind_a_segment_goes_on);
  tcase_add_test(cases,
                 test_after_an_end_downstream_the_end_of_the_stream_comes);
  tcase_add_test(cases, test_a_new_link_starts_the_flow_again);
  tcase_add_test(cases,
                 test_a_link_made_during_a_push_without_one_is_not_missed);
  tcase_add_test(cases,
                 test_a_link_made_just_after_a_push_without_one_is_not_missed);
  tcase_add_test(cases,
                 test_who_links_just_after_the_flow_has_ended_is_not_held_up);
  tcase_add_test(cases,
                 test_a_segment_that_came_without_a_link_counts_after_it);
  tcase_add_test(cases, test_after_a_failure_a_flush_starts_the_flow_again);
  tcase_add_test(cases,
                 test_a_waiting_query_ends_with_a_flush_and_a_state_change);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(track_flow_ends)
