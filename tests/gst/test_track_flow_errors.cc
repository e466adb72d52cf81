// Who is told why the flow through sam2track has ended, and how often.
#include "flow_answers.h"

namespace {

using sam2::answer;
using sam2::push_until_refused;
using sam2::source;
using sam2::TrackRun;
using sam2::Witness;
using Names = std::vector<std::string>;

GST_START_TEST(test_what_downstream_answers_reaches_upstream) {
  for (const GstFlowReturn flow :
       {GST_FLOW_EOS, GST_FLOW_NOT_LINKED, GST_FLOW_NOT_NEGOTIATED,
        GST_FLOW_ERROR, GST_FLOW_CUSTOM_ERROR}) {
    const TrackRun run("");
    answer(run, flow);
    fail_unless_equals_int(push_until_refused(run), flow);
    fail_unless(sam2::posted_errors(run.bus()).empty());
  }
}
GST_END_TEST

GST_START_TEST(test_an_error_that_nobody_upstream_can_learn_is_posted) {
  const TrackRun run("");
  answer(run, GST_FLOW_ERROR);
  run.push_into_gate(0);
  run.send(gst_event_new_eos());
  run.gate().open();
  const auto errors = sam2::awaited_errors(run.bus());
  fail_unless_equals_int(errors.size(), 1);
  fail_unless_equals_string(errors[0].domain.c_str(),
                            g_quark_to_string(GST_STREAM_ERROR));
}
GST_END_TEST

// Upstream has sent everything here too, but the bus knows already.
GST_START_TEST(test_a_failure_after_all_was_sent_is_one_error) {
  const TrackRun run("");
  Witness witness(run.harness()->sinkpad);
  run.push_into_gate(0);
  gst_harness_push(run.harness(),
                   gst_buffer_new_allocate(nullptr, 10, nullptr));
  run.send(gst_event_new_eos());
  run.gate().open();
  fail_unless(witness.await(2) == (Names{"0", "eos"}));
  const auto errors = sam2::posted_errors(run.bus());
  fail_unless_equals_int(errors.size(), 1);
  fail_unless_equals_int(errors[0].code, GST_STREAM_ERROR_FORMAT);
}
GST_END_TEST

// Until the queue knows of it; no frame learns.
void await_closed(const TrackRun &run) {
  while (run.send(gst_event_new_gap(0, GST_SECOND))) std::this_thread::yield();
}

GST_START_TEST(test_an_error_before_the_end_of_the_stream_is_posted_with_it) {
  for (const GstFlowReturn flow :
       {GST_FLOW_NOT_LINKED, GST_FLOW_NOT_NEGOTIATED}) {
    const TrackRun run("");
    answer(run, flow);
    run.push(0);
    await_closed(run);
    fail_unless(sam2::posted_errors(run.bus()).empty());
    run.send(gst_event_new_eos());
    fail_unless_equals_int(sam2::posted_errors(run.bus()).size(), 1);
  }
}
GST_END_TEST

GST_START_TEST(test_an_error_is_told_once) {
  const TrackRun learning("");
  answer(learning, GST_FLOW_NOT_LINKED);
  push_until_refused(learning);
  learning.send(gst_event_new_eos());
  fail_unless(sam2::posted_errors(learning.bus()).empty());

  const TrackRun failing("model-file=track-error.pt oom-policy=error");
  failing.push(0);
  failing.push(1);
  await_closed(failing);
  failing.send(gst_event_new_eos());
  fail_unless_equals_int(sam2::posted_errors(failing.bus()).size(), 1);
}
GST_END_TEST

// As in a pipeline that stops just when its stream begins.
GST_START_TEST(test_events_that_come_while_the_element_stops_are_no_error) {
  const TrackRun run("");
  gst_pad_set_active(source(run), FALSE);
  const GstVideoInfo other = sam2::video_info(GST_VIDEO_FORMAT_GRAY8, 32, 24);
  const sam2::CapsPtr caps(gst_video_info_to_caps(&other));
  run.send(gst_event_new_caps(caps.get()));
  fail_unless_equals_int(run.push(1), GST_FLOW_FLUSHING);
}
GST_END_TEST

GST_START_TEST(test_a_failure_of_the_tracker_ends_the_stream_downstream) {
  const TrackRun run("model-file=track-error.pt oom-policy=error");
  Witness witness(run.harness()->sinkpad);
  run.push(0);
  run.push(1);
  fail_unless(witness.await(2) == (Names{"0", "eos"}));
}
GST_END_TEST

Suite *track_flow_errors_suite() {
  Suite *suite = suite_create("track_flow_errors");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_what_downstream_answers_reaches_upstream);
  tcase_add_test(cases, test_an_error_that_nobody_upstream_can_learn_is_posted);
  tcase_add_test(cases, test_a_failure_after_all_was_sent_is_one_error);
  tcase_add_test(cases,
                 test_an_error_before_the_end_of_the_stream_is_posted_with_it);
  tcase_add_test(cases, test_an_error_is_told_once);
  tcase_add_test(cases,
                 test_events_that_come_while_the_element_stops_are_no_error);
  tcase_add_test(cases,
                 test_a_failure_of_the_tracker_ends_the_stream_downstream);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(track_flow_errors)
