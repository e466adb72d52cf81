// Objects that nobody has pointed out. The fake engine proposes two masks.
#include "detected_run.h"

namespace {

using sam2::DetectedRun;

GST_START_TEST(test_without_auto_prompt_nothing_is_tracked) {
  DetectedRun run("");
  fail_unless(run.push_bare().empty());
}
GST_END_TEST

GST_START_TEST(test_center_tracks_what_is_in_the_middle) {
  DetectedRun run("auto-prompt=center");
  const auto objects = run.push_bare();
  fail_unless_equals_int(objects.size(), 1);
  fail_unless_equals_int64(*objects[0].object_id, 1);
  // 8 x 8 pixels around the point.
  fail_unless_equals_float(objects[0].box.x, 28);
  fail_unless_equals_float(objects[0].box.y, 20);
  // Once: it has moved on.
  const auto later = run.push_bare();
  fail_unless_equals_int(later.size(), 1);
  fail_unless_equals_float(later[0].box.x, 29);
}
GST_END_TEST

GST_START_TEST(test_everything_tracks_all_that_is_proposed) {
  DetectedRun run("auto-prompt=everything");
  const auto objects = run.push_bare();
  fail_unless_equals_int(objects.size(), 2);
  fail_unless_equals_int64(*objects[1].object_id, 2);
  // The masks are the prompts.
  fail_unless_equals_int(objects[0].mask.pixels[0], 255);
  fail_unless_equals_int(objects[1].mask.pixels[0], 0);
  fail_unless_equals_int(objects[1].mask.pixels.back(), 255);
  fail_unless_equals_int(run.push_bare().size(), 2);
}
GST_END_TEST

GST_START_TEST(test_everything_is_no_more_than_max_objects) {
  DetectedRun run(
      "auto-prompt=everything max-objects=2 prompt=\"4:box=10,12,6,5\"");
  const auto objects = run.push_bare();
  fail_unless_equals_int(objects.size(), 2);
  fail_unless_equals_int64(*objects[0].object_id, 4);
  fail_unless_equals_int64(*objects[1].object_id, 5);
}
GST_END_TEST

GST_START_TEST(test_flush_proposes_anew) {
  DetectedRun run("auto-prompt=center");
  run.push_bare();
  run.push_bare();
  run.flush();
  const auto objects = run.push_bare();
  fail_unless_equals_int(objects.size(), 1);
  fail_unless_equals_float(objects[0].box.x, 28);
  fail_unless_equals_int64(*objects[0].object_id, 2);
}
GST_END_TEST

GST_START_TEST(test_what_is_tracked_already_is_no_new_object_of_a_detection) {
  DetectedRun run("auto-prompt=center");
  const auto objects = run.push(
      {{"car", {28, 20, 8, 8}, 0.95F, {}}, {"dog", {4, 4, 8, 8}, 0.95F, {}}});
  fail_unless_equals_int(objects.size(), 2);
  fail_unless_equals_string(objects[1].label.c_str(), "dog");
  fail_unless_equals_int64(*objects[1].object_id, 2);
}
GST_END_TEST

GST_START_TEST(test_property_gives_back_what_it_was_set_to) {
  DetectedRun run("auto-prompt=everything");
  int value = -1;
  g_object_get(run.element(), "auto-prompt", &value, nullptr);
  fail_unless_equals_int(value, 2);
}
GST_END_TEST

Suite *auto_prompt_suite() {
  Suite *suite = suite_create("auto_prompt");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_without_auto_prompt_nothing_is_tracked);
  tcase_add_test(cases, test_center_tracks_what_is_in_the_middle);
  tcase_add_test(cases, test_everything_tracks_all_that_is_proposed);
  tcase_add_test(cases, test_everything_is_no_more_than_max_objects);
  tcase_add_test(cases, test_flush_proposes_anew);
  tcase_add_test(cases,
                 test_what_is_tracked_already_is_no_new_object_of_a_detection);
  tcase_add_test(cases, test_property_gives_back_what_it_was_set_to);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(auto_prompt)
