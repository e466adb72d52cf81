#include <string>
#include <vector>

#include "io/test_helpers.h"
#include "prompt_schedule.h"

namespace {

using sam2::parse_prompt_text;
using sam2::Prompt;
using sam2::PromptSchedule;

constexpr sam2::SizePx kFrame{640, 480};
constexpr int64_t kSecond = 1000000000;

START_TEST(test_prompts_without_time_are_due_at_once) {
  PromptSchedule schedule(parse_prompt_text("2:points=50%,1,+; 1:box=1,2,3,4"));
  ck_assert(!schedule.needs_time());
  const std::vector<Prompt> due = schedule.take_due(std::nullopt, kFrame);
  ck_assert_uint_eq(due.size(), 2);
  ck_assert_int_eq(due[0].object_id, 2);
  ck_assert_float_eq(due[0].points.at(0).x_px, 320);
  ck_assert_int_eq(due[1].object_id, 1);
  ck_assert(schedule.is_done());
  ck_assert(schedule.take_due(std::nullopt, kFrame).empty());
}
END_TEST

START_TEST(test_timed_prompt_waits_for_the_first_frame_not_before_it) {
  PromptSchedule schedule(
      parse_prompt_text("@2s 1:points=1,1,+; @1s 2:points=1,1,+"));
  ck_assert(schedule.needs_time());
  ck_assert(schedule.take_due(0, kFrame).empty());
  ck_assert(schedule.take_due(kSecond - 1, kFrame).empty());
  const std::vector<Prompt> first = schedule.take_due(kSecond, kFrame);
  ck_assert_uint_eq(first.size(), 1);
  ck_assert_int_eq(first[0].object_id, 2);
  ck_assert(!schedule.is_done());
  ck_assert_uint_eq(schedule.take_due(9 * kSecond, kFrame).size(), 1);
  ck_assert(schedule.is_done());
}
END_TEST

START_TEST(test_objects_are_counted_once_before_their_time) {
  PromptSchedule schedule(
      parse_prompt_text("1:points=1,1,+; @2s 7:points=1,1,+; "
                        "@1s 1:points=2,2,-"));
  ck_assert(schedule.object_ids() == (std::set<int64_t>{1, 7}));
  schedule.take_due(kSecond, kFrame);
  ck_assert(schedule.object_ids() == (std::set<int64_t>{7}));
}
END_TEST

START_TEST(test_missing_mask_file_is_refused) {
  PromptSchedule schedule(parse_prompt_text("1:mask=missing.png"));
  assert_text_eq(
      sam2::test::error_of([&schedule] { schedule.take_due(0, kFrame); }),
      "Could not open the mask \"missing.png\". Give a PNG file "
      "that exists and may be read.");
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("prompt_schedule");
  tcase_add_test(tests, test_prompts_without_time_are_due_at_once);
  tcase_add_test(tests,
                 test_timed_prompt_waits_for_the_first_frame_not_before_it);
  tcase_add_test(tests, test_objects_are_counted_once_before_their_time);
  tcase_add_test(tests, test_missing_mask_file_is_refused);
  return sam2::test::run("tools_prompt_schedule", tests);
}
