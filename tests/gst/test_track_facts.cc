// What sam2track tells its application by signal, and the bus by message.
#include "track_run.h"

namespace {

using sam2::TrackRun;
using Facts = std::vector<std::string>;

std::string text_of(const GstStructure *facts) {
  return sam2::CharPtr(gst_structure_to_string(facts)).get();
}

void note(GstElement *, const GstStructure *facts, gpointer heard) {
  static_cast<Facts *>(heard)->push_back(text_of(facts));
}

void listen(const TrackRun &run, const char *signal, Facts *heard) {
  g_signal_connect(run.element(), signal, G_CALLBACK(note), heard);
}

// The element messages of that name that are on the bus.
Facts messages(const TrackRun &run, const std::string &name) {
  Facts found;
  while (const auto message =
             sam2::pop_message(run.bus(), GST_MESSAGE_ELEMENT)) {
    const GstStructure *facts = gst_message_get_structure(message.get());
    if (gst_structure_has_name(facts, name.c_str()))
      found.push_back(text_of(facts));
  }
  return found;
}

// Frames and their messages are out when the element's threads have ended.
void push_and_stop(const TrackRun &run, int frames) {
  for (int i = 0; i < frames; ++i) {
    run.push(i);
    run.pull();
  }
  gst_element_set_state(run.harness()->element, GST_STATE_READY);
}

GST_START_TEST(test_pressure_is_a_signal_as_it_is_a_message) {
  Facts heard;
  const TrackRun run("model-file=pressure.pt");
  listen(run, "memory-pressure", &heard);
  push_and_stop(run, 25);
  fail_unless_equals_int(heard.size(), 3);
  fail_unless(heard == messages(run, "sam2-memory-pressure"));
}
GST_END_TEST

GST_START_TEST(test_a_step_is_a_signal_as_it_is_a_message) {
  Facts heard;
  const TrackRun run("");
  run.gate().set_memory(9, 5);
  listen(run, "degraded", &heard);
  push_and_stop(run, 1);
  fail_unless_equals_int(heard.size(), 1);
  fail_unless(heard == messages(run, "sam2-degraded"));
}
GST_END_TEST

GST_START_TEST(test_stats_are_a_signal_as_they_are_a_message) {
  Facts heard;
  const TrackRun run("stats-interval=1");
  listen(run, "stats", &heard);
  push_and_stop(run, 2);
  fail_unless_equals_int(heard.size(), 2);
  fail_unless(heard == messages(run, "sam2-stats"));
}
GST_END_TEST

Suite *track_facts_suite() {
  Suite *suite = suite_create("track_facts");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_pressure_is_a_signal_as_it_is_a_message);
  tcase_add_test(cases, test_a_step_is_a_signal_as_it_is_a_message);
  tcase_add_test(cases, test_stats_are_a_signal_as_they_are_a_message);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(track_facts)
