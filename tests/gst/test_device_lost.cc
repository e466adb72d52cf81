// What sam2track does when its device fails for good.
#include "track_run.h"

namespace {

using sam2::TrackRun;

// "10,12 6x5", the object's box on the next frame that comes out, and
// "coasted".
std::string object_on(const TrackRun &run, int frame_index) {
  const auto frame = run.pull_frame();
  fail_unless_equals_int(TrackRun::number_of(frame), frame_index);
  const auto objects = sam2::read_objects(frame.get());
  if (objects.empty()) return "nothing";
  const sam2::AnalyticsObject &object = objects.front();
  char text[64];
  g_snprintf(text, sizeof text, "%g,%g %gx%g%s", object.box.x, object.box.y,
             object.box.width, object.box.height,
             object.is_coasted ? " coasted" : "");
  return text;
}

std::string pushed(const TrackRun &run, int frame_index) {
  fail_unless_equals_int(run.push(frame_index), GST_FLOW_OK);
  return object_on(run, frame_index);
}

void expect_text(const std::string &found, const std::string &wanted) {
  fail_unless(found == wanted, "\"%s\", not \"%s\"", found.c_str(),
              wanted.c_str());
}

// An object of a mask fills the frame, with the fake engine.
constexpr const char *kFromMask = "0,0 64x48";

std::string warning_on(const TrackRun &run) {
  const auto message = sam2::pop_message(run.bus(), GST_MESSAGE_WARNING);
  if (!message) return "none";
  GError *error = nullptr;
  gst_message_parse_warning(message.get(), &error, nullptr);
  fail_unless(error->domain == GST_RESOURCE_ERROR);
  fail_unless_equals_int(error->code, GST_RESOURCE_ERROR_FAILED);
  const std::string text = error->message;
  g_error_free(error);
  return text;
}

constexpr const char *kGoesOn =
    "The device has failed. Tracking goes on on cpu, from the masks that "
    "objects had. Start the application again if that is too slow.";

GST_START_TEST(test_frame_coasts_and_objects_go_on_from_their_masks) {
  const TrackRun run("");
  pushed(run, 0);
  run.gate().lose_device(false);
  expect_text(pushed(run, 1), "10,12 6x5 coasted");
  expect_text(pushed(run, 2), kFromMask);
  expect_text(warning_on(run), kGoesOn);
  expect_text(warning_on(run), "none");
  run.gate().lose_device(false);
  expect_text(pushed(run, 3), "0,0 64x48 coasted");
  expect_text(pushed(run, 4), kFromMask);
}
GST_END_TEST

GST_START_TEST(test_prompt_that_was_due_waits) {
  const TrackRun run("");
  run.gate().lose_device(false);
  expect_text(pushed(run, 0), "nothing");
  expect_text(pushed(run, 1), "10,12 6x5");
}
GST_END_TEST

GST_START_TEST(test_frames_that_wait_come_out) {
  const TrackRun run("batch-size=2");
  run.push_into_gate(0);
  for (int i = 1; i <= 4; ++i) run.push(i);
  run.gate().lose_device(false);
  run.gate().open();
  for (int i = 0; i <= 4; ++i) object_on(run, i);
}
GST_END_TEST

GST_START_TEST(test_cpu_takes_over_from_a_device_that_is_gone) {
  const TrackRun run("device=auto");
  pushed(run, 0);
  run.gate().lose_device(true);
  pushed(run, 1);
  expect_text(pushed(run, 2), kFromMask);
  expect_text(warning_on(run), kGoesOn);
}
GST_END_TEST

GST_START_TEST(test_cpu_alone_is_tried_when_no_frame_was_tracked_since) {
  const TrackRun run("device=cpu");
  run.gate().lose_device(false);
  run.push(0);
  // Neither the device again nor another one.
  ASSERT_ONE_ERROR(sam2::awaited_errors(run.bus()), GST_RESOURCE_ERROR,
                   GST_RESOURCE_ERROR_FAILED,
                   "The device has failed. Restart.");
}
GST_END_TEST

Suite *device_lost_suite() {
  Suite *suite = suite_create("device_lost");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_frame_coasts_and_objects_go_on_from_their_masks);
  tcase_add_test(cases, test_prompt_that_was_due_waits);
  tcase_add_test(cases, test_frames_that_wait_come_out);
  tcase_add_test(cases, test_cpu_takes_over_from_a_device_that_is_gone);
  tcase_add_test(cases,
                 test_cpu_alone_is_tried_when_no_frame_was_tracked_since);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(device_lost)
