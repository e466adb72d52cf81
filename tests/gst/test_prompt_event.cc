// The custom event "sam2-prompt", from upstream and downstream.
#include "prompt_run.h"

namespace {

using sam2::objects_on;
using sam2::TrackRun;
using sam2::Witness;
using Names = std::vector<std::string>;

GstEvent *event_of(GstEventType type, const std::string &fields) {
  return gst_event_new_custom(
      type,
      gst_structure_from_string(("sam2-prompt" + fields).c_str(), nullptr));
}

bool send_down(const TrackRun &run, const std::string &fields) {
  return run.send(event_of(GST_EVENT_CUSTOM_DOWNSTREAM, fields));
}

bool send_up(const TrackRun &run, const std::string &fields) {
  return gst_harness_push_upstream_event(
      run.harness(), event_of(GST_EVENT_CUSTOM_UPSTREAM, fields));
}

GST_START_TEST(test_a_serialized_prompt_is_for_the_frame_behind_it) {
  const TrackRun run("prompt=\"\"");
  Witness witness(run.harness()->sinkpad);
  run.push(0);
  run.push(1);
  fail_unless(send_down(run, ", box=<10,12,6,5>, label=cup"));
  run.push(2);
  run.push(3);
  for (int i = 0; i <= 3; ++i) {
    const auto objects = sam2::read_objects(run.pull_frame().get());
    fail_unless_equals_int(objects.size(), i < 2 ? 0 : 1);
    if (i < 2) continue;
    fail_unless_equals_float(objects[0].box.x, 10 + i - 2);
    fail_unless_equals_string(objects[0].label.c_str(), "cup");
  }
  fail_unless(witness.await(4) == Names({"0", "1", "2", "3"}));
}
GST_END_TEST

GST_START_TEST(test_prompts_out_of_band_and_from_downstream_are_for_the_next) {
  const TrackRun run("prompt=\"\"");
  fail_unless(run.send(event_of(GST_EVENT_CUSTOM_DOWNSTREAM_OOB,
                                ", object-id=5, box=<10,12,6,5>")));
  const guint before = gst_harness_upstream_events_received(run.harness());
  fail_unless(send_up(run, ", object-id=7, box=<20.5,12,6,5>"));
  fail_unless_equals_int(gst_harness_upstream_events_received(run.harness()),
                         before);
  const auto objects = objects_on(run, 0);
  fail_unless_equals_int(objects.size(), 2);
  fail_unless_equals_int64(*objects[0].object_id, 5);
  fail_unless_equals_int64(*objects[1].object_id, 7);
}
GST_END_TEST

GST_START_TEST(test_points_are_pairs_with_labels) {
  const TrackRun run("prompt=\"\"");
  send_up(run, ", object-id=(gint64)3, points=<20,30,1,1>, labels=<1,0>");
  send_up(run, ", points=<40,30>");
  const auto objects = objects_on(run, 0);
  fail_unless_equals_float(objects.at(0).box.x, 16);
  fail_unless_equals_float(objects.at(1).box.x, 36);
  fail_unless_equals_int64(*objects[1].object_id, 4);
}
GST_END_TEST

GST_START_TEST(test_a_mask_may_come_with_an_event) {
  const TrackRun run("prompt=\"\"");
  const auto mask = sam2::mask_sample("GRAY8", 64, 48, 255);
  run.send(gst_event_new_custom(
      GST_EVENT_CUSTOM_DOWNSTREAM,
      gst_structure_new("sam2-prompt", "mask", GST_TYPE_SAMPLE, mask.get(),
                        nullptr)));
  fail_unless_equals_float(objects_on(run, 0).at(0).box.width, 64);
}
GST_END_TEST

GST_START_TEST(test_a_prompt_may_name_its_time) {
  const TrackRun run("");
  send_up(run, ", box=<10,12,6,5>, stream-time=(guint64)80000000");
  fail_unless_equals_int(objects_on(run, 1).size(), 1);
  fail_unless_equals_int(objects_on(run, 2).size(), 2);
}
GST_END_TEST

GST_START_TEST(test_text_is_prompts_as_in_the_property) {
  const TrackRun run("prompt=\"\"");
  send_up(run, ", text=\"3:box=10,12,6,5; 4:points=50%,50%,+\"");
  const auto objects = objects_on(run, 0);
  fail_unless_equals_int(objects.size(), 2);
  fail_unless_equals_float(objects[1].box.x, 28);
}
GST_END_TEST

GST_START_TEST(test_remove_forgets_the_object) {
  const TrackRun run("");
  objects_on(run, 0);
  send_down(run, ", object-id=1, remove=true");
  fail_unless(objects_on(run, 1).empty());
}
GST_END_TEST

GST_START_TEST(test_events_of_other_names_pass) {
  const TrackRun run("");
  const guint before = gst_harness_upstream_events_received(run.harness());
  gst_harness_push_upstream_event(
      run.harness(),
      gst_event_new_custom(GST_EVENT_CUSTOM_UPSTREAM,
                           gst_structure_new_empty("sam2-prompts")));
  fail_unless_equals_int(gst_harness_upstream_events_received(run.harness()),
                         before + 1);
}
GST_END_TEST

GST_START_TEST(test_a_malformed_event_is_a_warning) {
  const std::pair<const char *, const char *> kCases[] = {
      {"",
       "The prompt for a new object is empty. Give points, a box or a mask."},
      {", bix=<1,2,3,4>",
       "The event sam2-prompt has a field \"bix\". Use object-id, label, box, "
       "points, labels, mask, stream-time, remove or text."},
      {", box=<1,2,3>",
       "The event sam2-prompt has a box of 3 numbers. Give 4: x, y, width, "
       "height."},
      {", box=\"1,2,3,4\"",
       "The event sam2-prompt has a field box of type gchararray. Give an "
       "array "
       "of numbers."},
      {", box=<1,2,3,a>",
       "The event sam2-prompt has a field box of type GstValueArray. Give an "
       "array of numbers."},
      {", points=<1,2,3>",
       "The event sam2-prompt has 3 numbers in points and 1 in labels. Give x "
       "and y of each point, and one label."},
      {", points=<1,2>, labels=<2>",
       "The event sam2-prompt has a point with a label that is neither 0 nor "
       "1. Give 1 for a point on the object, else 0."},
      {", object-id=one, box=<1,2,3,4>",
       "The event sam2-prompt has a field object-id of type gchararray. Give "
       "an integer."},
      {", remove=1, object-id=1",
       "The event sam2-prompt has a field remove of type gint. Give a "
       "boolean."},
      {", label=1, box=<1,2,3,4>",
       "The event sam2-prompt has a field label of type gint. Give a string."},
      {", mask=1",
       "The event sam2-prompt has a field mask of type gint. Give a "
       "GstSample."},
      {", stream-time=-1, box=<1,2,3,4>",
       "The event sam2-prompt has a stream-time below 0. Give nanoseconds, or "
       "leave it out for the next frame."},
      {", text=\"1:box=1,2,3,4\", label=cup",
       "The event sam2-prompt has other fields beside text. Send two events."},
      {", text=\"1:\"",
       "The prompt has an error at character 3: expected \"box=\", "
       "\"points=\" or \"mask=\" after \":\", found the end. Write it like "
       "\"1:box=320,120,200,160\"."},
  };
  const TrackRun run("");
  int frame_index = 0;
  for (const auto &[fields, text] : kCases) {
    send_down(run, fields);
    fail_unless_equals_int(objects_on(run, frame_index++).size(), 1);
    const std::string warning = sam2::await_warning(run);
    fail_unless_equals_string(warning.c_str(), text);
    fail_unless(!sam2::has_warning(run));
  }
}
GST_END_TEST

Suite *prompt_event_suite() {
  Suite *suite = suite_create("prompt_event");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_a_serialized_prompt_is_for_the_frame_behind_it);
  tcase_add_test(cases,
                 test_prompts_out_of_band_and_from_downstream_are_for_the_next);
  tcase_add_test(cases, test_points_are_pairs_with_labels);
  tcase_add_test(cases, test_a_mask_may_come_with_an_event);
  tcase_add_test(cases, test_a_prompt_may_name_its_time);
  tcase_add_test(cases, test_text_is_prompts_as_in_the_property);
  tcase_add_test(cases, test_remove_forgets_the_object);
  tcase_add_test(cases, test_events_of_other_names_pass);
  tcase_add_test(cases, test_a_malformed_event_is_a_warning);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(prompt_event)
