// What users ask for in vain is a warning that says what to do, and the stream
// goes on.
#include <gst/analytics/analytics.h>

#include <cmath>
#include <functional>

#include "prompt_run.h"

namespace {

using sam2::add_box;
using sam2::add_mask;
using sam2::add_points;
using sam2::TrackRun;

constexpr gint64 kNew = -1;
constexpr float kNan = NAN;

struct Refusal {
  std::function<gint64(const TrackRun &)> ask;
  const char *text;
};

void expect_refusals(const std::vector<Refusal> &refusals, gint64 answer) {
  const TrackRun run("");
  int frame_index = 0;
  for (const Refusal &refusal : refusals) {
    fail_unless_equals_int64(refusal.ask(run), answer);
    fail_unless_equals_int(sam2::objects_on(run, frame_index++).size(), 1);
    const std::string warning = sam2::await_warning(run);
    fail_unless_equals_string(warning.c_str(), refusal.text);
    fail_unless(!sam2::has_warning(run));
  }
  fail_unless(sam2::posted_errors(run.bus()).empty());
}

GST_START_TEST(test_what_is_wrong_in_itself_is_refused_at_once) {
  const auto rgb = sam2::mask_sample("RGB", 4, 4, 1);
  const auto black = sam2::mask_sample("GRAY8", 4, 4, 0);
  expect_refusals(
      {{[](auto &run) { return add_points(run, kNew, ""); },
        "The prompt has an error at character 1: expected a number, found the "
        "end. Write it like \"400,300,+ 420,310,-\"."},
       {[](auto &run) { return add_points(run, kNew, "nan,1,+"); },
        "The prompt has an error at character 1: expected a number, found "
        "\"nan\". Write it like \"400,300,+ 420,310,-\"."},
       {[](auto &run) { return add_points(run, kNew, "1,1,+; 2:box=1,1,2,2"); },
        "The prompt has an error at character 6: expected a number or the end "
        "after \"+\", found \";\". Write it like \"400,300,+ 420,310,-\"."},
       {[](auto &run) {
          std::string points;
          for (int i = 0; i < 1025; ++i) points += "1,1,+ ";
          return add_points(run, 3, points.c_str());
        },
        "The prompt for object 3 has 1025 points. Give at most 1024."},
       {[](auto &run) { return add_points(run, -2, "1,1,+"); },
        "There cannot be an object -2. Give an id of 0 or more, or -1 for a "
        "new object."},
       {[](auto &run) { return add_points(run, 1, "1,1,+", "\xff"); },
        "The label of object 1 is not UTF-8 text. Write it in UTF-8."},
       {[](auto &run) {
          return add_points(run, 1, "1,1,+", "", G_MAXUINT64 - 1);
        },
        "The stream time of object 1 is beyond all clocks. Give nanoseconds, "
        "or none for the next frame."},
       {[](auto &run) { return add_box(run, kNew, {1, 1, kNan, 4}); },
        "The box of a new object is not made of numbers. Give pixels of the "
        "frame."},
       {[](auto &run) { return add_box(run, 3, {1, 1, 0, 4}); },
        "The box of object 3 is empty. Give a width and a height above 0."},
       {[](auto &run) { return add_mask(run, 3, nullptr); },
        "The mask has no caps. Give a sample with video/x-raw, format=GRAY8, "
        "width and height."},
       {[&](auto &run) { return add_mask(run, 3, rgb.get()); },
        "The mask has video/x-raw, format=(string)RGB, width=(int)4, "
        "height=(int)4. Give a sample with video/x-raw, format=GRAY8, width "
        "and height."},
       {[&](auto &run) { return add_mask(run, 3, black.get()); },
        "The mask is empty. Make the pixels of the object other than 0."}},
      -1);
}
GST_END_TEST

GST_START_TEST(test_what_the_frame_shows_to_be_wrong_is_refused_there) {
  expect_refusals(
      {{[](auto &run) { return add_points(run, 4, "1,99,+"); },
        "The point 1,99 of object 4 is outside the picture (64x48). Give a "
        "point between 0,0 and 64,48."},
       {[](auto &run) { return add_box(run, 4, {70, 1, 4, 4}); },
        "The box 70,1,4,4 of object 4 is outside the picture (64x48). Give a "
        "box that overlaps it."},
       {[](auto &run) { return add_points(run, 4, "9,9,-"); },
        "Object 4 cannot start with points that are not on it. Give one that "
        "is."}},
      4);
}
GST_END_TEST

GST_START_TEST(test_a_property_that_is_wrong_later_on_ends_no_stream) {
  const TrackRun run("prompt=\"1:box=8,8,16,16; @0.1s 2:points=99,3,+\"");
  fail_unless_equals_int(sam2::objects_on(run, 0).size(), 1);
  fail_unless_equals_int(sam2::objects_on(run, 10).size(), 1);
  ASSERT_TEXT(
      sam2::await_warning(run),
      "The point 99,3 of object 2 is outside the picture (64x48). Give a point "
      "between 0,0 and 64,48.");
  g_object_set(run.element(), "prompt", "3:box=70,1,4,4; 4:box=1,1,9,9",
               nullptr);
  fail_unless_equals_int(sam2::objects_on(run, 11).size(), 2);
  sam2::await_warning(run);
  run.send(gst_event_new_flush_start());
  run.send(gst_event_new_flush_stop(TRUE));
  run.send_segment();
  fail_unless_equals_int(sam2::objects_on(run, 0).size(), 1);
  sam2::await_warning(run);
  fail_unless(sam2::posted_errors(run.bus()).empty());
}
GST_END_TEST

GST_START_TEST(test_an_object_that_is_not_there_cannot_be_removed) {
  expect_refusals({{[](auto &run) { return sam2::remove_object(run, 4); },
                    "There is no object 4 to remove. Name an id of the objects "
                    "that are tracked."}},
                  TRUE);
}
GST_END_TEST

GST_START_TEST(test_a_correction_may_be_negative_points) {
  const TrackRun run("");
  fail_unless_equals_int64(add_points(run, 1, "9,9,-"), 1);
  sam2::objects_on(run, 0);
  fail_unless(!sam2::has_warning(run));
}
GST_END_TEST

GST_START_TEST(test_a_frame_whose_only_prompt_is_refused_stays_bare) {
  const TrackRun run("prompt=\"\"");
  add_box(run, 4, {70, 1, 4, 4});
  run.push(0);
  const auto frame = run.pull_frame();
  fail_unless_equals_int(
      gst_buffer_get_n_meta(frame.get(), GST_ANALYTICS_RELATION_META_API_TYPE),
      0);
  sam2::await_warning(run);
}
GST_END_TEST

GST_START_TEST(test_the_prompt_too_many_is_refused) {
  const TrackRun run("");
  run.push_into_gate(0);
  size_t count = 0;
  while (add_box(run, 2, {1, 1, 4, 4}) == 2) ++count;
  fail_unless_equals_int(count, 4096);
  const std::string warning = sam2::await_warning(run);
  fail_unless_equals_string(warning.c_str(),
                            "4096 prompts wait already. Let the pipeline play, "
                            "or send fewer.");
}
GST_END_TEST

Suite *prompt_refusals_suite() {
  Suite *suite = suite_create("prompt_refusals");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_what_is_wrong_in_itself_is_refused_at_once);
  tcase_add_test(cases, test_what_the_frame_shows_to_be_wrong_is_refused_there);
  tcase_add_test(cases, test_a_property_that_is_wrong_later_on_ends_no_stream);
  tcase_add_test(cases, test_an_object_that_is_not_there_cannot_be_removed);
  tcase_add_test(cases, test_a_correction_may_be_negative_points);
  tcase_add_test(cases, test_a_frame_whose_only_prompt_is_refused_stays_bare);
  tcase_add_test(cases, test_the_prompt_too_many_is_refused);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(prompt_refusals)
