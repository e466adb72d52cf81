// What sam2track does when memory runs out: which steps are taken and told,
// and what comes out. The fake engine says what there is (fake_engine_gate.h).
#include "degradation_messages.h"
#include "track_run.h"

namespace {

using sam2::expect;
using sam2::TrackRun;

sam2::Texts said_on(const TrackRun &run) { return sam2::said_on(run.bus()); }

void expect_text(const std::string &found, const std::string &wanted) {
  fail_unless(found == wanted, "\"%s\", not \"%s\"", found.c_str(),
              wanted.c_str());
}

// The object's left edge on the next frame that comes out, "coasted" or both,
// or "nothing".
std::string object_on(const TrackRun &run, int frame_index) {
  const auto frame = run.pull_frame();
  fail_unless_equals_int(TrackRun::number_of(frame), frame_index);
  const auto objects = sam2::read_objects(frame.get());
  if (objects.empty()) return "nothing";
  const sam2::AnalyticsObject &object = objects.front();
  return std::to_string(static_cast<int>(object.box.x)) +
         (object.is_coasted ? " coasted" : "");
}

std::string pushed(const TrackRun &run, int frame_index) {
  fail_unless_equals_int(run.push(frame_index), GST_FLOW_OK);
  return object_on(run, frame_index);
}

GST_START_TEST(test_what_is_cached_is_given_back_first) {
  const TrackRun run("");
  run.gate().set_memory(9, 5);
  expect_text(pushed(run, 0), "10");
  expect(said_on(run), {"+empty-caches 1", "warning"});
  fail_unless_equals_uint64(run.stat("degraded-empty-caches"), 1);
  fail_unless_equals_uint64(run.stat("degradation-level"), 1);
  expect_text(pushed(run, 1), "11");
  expect(said_on(run), {});
}
GST_END_TEST

GST_START_TEST(test_a_batch_that_is_too_large_is_encoded_in_parts) {
  const TrackRun run("batch-size=4");
  run.push_into_gate(0);
  run.gate().set_memory(9, 0);
  for (int i = 1; i <= 8; ++i) run.push(i);
  run.gate().open();
  for (int i = 0; i <= 8; ++i)
    expect_text(object_on(run, i), std::to_string(10 + i));
  expect(said_on(run),
         {"+empty-caches 1", "warning", "+smaller-batch 2", "warning"});
  fail_unless_equals_uint64(run.stat("degraded-smaller-batch"), 1);
}
GST_END_TEST

GST_START_TEST(test_objects_are_tracked_in_smaller_groups) {
  const TrackRun run(
      "prompt=\"1:box=10,12,6,5; 2:box=10,22,6,5; 3:box=10,32,6,5\"");
  pushed(run, 0);
  run.gate().set_memory(9, 0);
  expect_text(pushed(run, 1), "11");
  expect(said_on(run),
         {"+empty-caches 1", "warning", "+smaller-groups 2", "warning"});
}
GST_END_TEST

GST_START_TEST(test_the_bank_shrinks_and_masks_may_change) {
  const TrackRun run("");
  pushed(run, 0);
  run.gate().set_memory(5, 0);
  expect_text(pushed(run, 1), "11");
  expect(said_on(run),
         {"+empty-caches 1", "warning", "+smaller-bank 2 changes", "warning"});
}
GST_END_TEST

GST_START_TEST(
    test_a_frame_that_cannot_be_tracked_coasts_and_the_next_is_tried) {
  const TrackRun run("");
  pushed(run, 0);
  run.gate().set_memory(3, 0);
  expect_text(pushed(run, 1), "10 coasted");
  expect(said_on(run),
         {"+empty-caches 1", "warning", "+smaller-bank 2 changes", "warning",
          "+smaller-bank 3 changes", "+skip-frame 3 changes", "warning"});
  expect_text(pushed(run, 2), "10 coasted");
  expect(said_on(run), {"+skip-frame 3 changes"});
  fail_unless_equals_uint64(run.stat("degraded-skip-frame"), 2);
  fail_unless_equals_uint64(run.stat("frames-coasted"), 2);
  run.gate().set_memory(100, 0);
  expect_text(pushed(run, 3), "11");
}
GST_END_TEST

GST_START_TEST(test_a_prompt_waits_for_a_frame_that_can_be_tracked) {
  const TrackRun run("");
  run.gate().set_memory(3, 0);
  expect_text(pushed(run, 0), "nothing");
  expect_text(pushed(run, 1), "nothing");
  run.gate().set_memory(100, 0);
  expect_text(pushed(run, 2), "10");
}
GST_END_TEST

GST_START_TEST(test_a_frame_comes_out_even_without_memory_to_coast) {
  const TrackRun run("");
  pushed(run, 0);
  run.gate().set_memory(0, 0);
  expect_text(pushed(run, 1), "nothing");
  run.gate().set_memory(100, 0);
  expect_text(pushed(run, 2), "11");
}
GST_END_TEST

GST_START_TEST(test_steps_are_undone_in_reverse_when_memory_lasts) {
  const TrackRun run("");
  pushed(run, 0);
  run.gate().set_memory(5, 0);
  pushed(run, 1);
  said_on(run);
  run.gate().set_memory(100, 0);
  for (int i = 2; i <= 100; ++i) pushed(run, i);
  expect(said_on(run), {"-smaller-bank 1 changes"});
  for (int i = 101; i <= 200; ++i) pushed(run, i);
  expect(said_on(run), {"-empty-caches 0"});
  fail_unless_equals_uint64(run.stat("degradation-level"), 0);
  fail_unless_equals_uint64(run.stat("degraded-smaller-bank"), 1);
}
GST_END_TEST

// The fake engine's "pressure.pt" takes more with every frame, up to the
// twentieth.
GST_START_TEST(test_pressure_takes_steps_before_memory_runs_out) {
  const TrackRun run("model-file=pressure.pt");
  for (int i = 0; i < 8; ++i) pushed(run, i);
  expect(said_on(run), {});
  pushed(run, 8);
  expect(said_on(run), {"+empty-caches 1", "warning"});
  pushed(run, 9);
  expect(said_on(run), {});
  for (int i = 10; i < 30; ++i) pushed(run, i);
  expect(said_on(run), {"+smaller-bank 2 changes", "warning"});
}
GST_END_TEST

GST_START_TEST(test_pressure_is_nothing_to_drop_frames_for) {
  const TrackRun run("model-file=pressure.pt oom-policy=drop-frames");
  for (int i = 0; i < 20; ++i)
    expect_text(pushed(run, i), std::to_string(10 + i));
  expect(said_on(run), {});
}
GST_END_TEST

GST_START_TEST(test_drop_frames_coasts_at_once) {
  const TrackRun run("oom-policy=drop-frames");
  pushed(run, 0);
  run.gate().set_memory(8, 0);
  expect_text(pushed(run, 1), "10 coasted");
  expect_text(pushed(run, 2), "10 coasted");
  expect(said_on(run),
         {"+skip-frame 0 changes", "warning", "+skip-frame 0 changes"});
  run.gate().set_memory(9, 0);
  expect_text(pushed(run, 3), "11");
}
GST_END_TEST

// Memory for one frame at a time would do, but nobody asks for it.
GST_START_TEST(test_drop_frames_coasts_a_batch_that_is_too_large) {
  const TrackRun run("oom-policy=drop-frames batch-size=2");
  run.push_into_gate(0);
  run.gate().set_memory(9, 0);
  for (int i = 1; i <= 2; ++i) run.push(i);
  run.gate().open();
  for (int i = 0; i <= 2; ++i)
    expect_text(object_on(run, i), std::to_string(10 + i));
  run.push_into_gate(3);
  run.gate().set_memory(7, 0);
  for (int i = 4; i <= 5; ++i) run.push(i);
  run.gate().open();
  for (int i = 3; i <= 5; ++i) expect_text(object_on(run, i), "12 coasted");
}
GST_END_TEST

GST_START_TEST(test_error_ends_the_stream) {
  const TrackRun run("oom-policy=error");
  pushed(run, 0);
  run.gate().set_memory(8, 0);
  run.push(1);
  ASSERT_ONE_ERROR(sam2::awaited_errors(run.bus()), GST_RESOURCE_ERROR,
                   GST_RESOURCE_ERROR_NO_SPACE_LEFT,
                   "Memory is full. Buy more.");
}
GST_END_TEST

Suite *oom_policy_suite() {
  Suite *suite = suite_create("oom_policy");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_what_is_cached_is_given_back_first);
  tcase_add_test(cases, test_a_batch_that_is_too_large_is_encoded_in_parts);
  tcase_add_test(cases, test_objects_are_tracked_in_smaller_groups);
  tcase_add_test(cases, test_the_bank_shrinks_and_masks_may_change);
  tcase_add_test(
      cases, test_a_frame_that_cannot_be_tracked_coasts_and_the_next_is_tried);
  tcase_add_test(cases, test_a_prompt_waits_for_a_frame_that_can_be_tracked);
  tcase_add_test(cases, test_a_frame_comes_out_even_without_memory_to_coast);
  tcase_add_test(cases, test_steps_are_undone_in_reverse_when_memory_lasts);
  tcase_add_test(cases, test_pressure_takes_steps_before_memory_runs_out);
  tcase_add_test(cases, test_pressure_is_nothing_to_drop_frames_for);
  tcase_add_test(cases, test_drop_frames_coasts_at_once);
  tcase_add_test(cases, test_drop_frames_coasts_a_batch_that_is_too_large);
  tcase_add_test(cases, test_error_ends_the_stream);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(oom_policy)
