// The table of memory policies: what holds for every row.
#include <cstring>

#include "track/selection_policy.h"
#include "track/selection_text.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

BankRecords some_records() {
  return {frames({0, 4}), frame_range(5, 11), frame_range(1, 11)};
}

START_TEST(test_every_policy_has_a_name_of_its_own_and_a_description) {
  const SelectionPolicy &row = selection_policies()[_i];
  ck_assert_uint_gt(std::strlen(row.name), 0);
  ck_assert_uint_gt(std::strlen(row.description), 0);
  ck_assert_ptr_eq(&find_selection_policy(row.name), &row);
}
END_TEST

START_TEST(test_every_policy_answers_an_empty_bank_with_nothing) {
  const SelectionPolicy &row = selection_policies()[_i];
  for (int64_t frame : {0, 1, 1000}) {
    for (bool is_reverse : {false, true}) {
      const Selection found = row.select({}, {frame, is_reverse});
      ck_assert(found.memories.empty());
      ck_assert(found.pointers.empty());
    }
  }
}
END_TEST

START_TEST(test_every_policy_selects_only_what_the_bank_holds) {
  const SelectionPolicy &row = selection_policies()[_i];
  const BankRecords records = some_records();
  const auto holds = [](const std::vector<FrameRecord> &in, int64_t frame) {
    for (const FrameRecord &record : in)
      if (record.frame == frame) return true;
    return false;
  };
  const SelectionRequest request{12};
  const Selection found = row.select(records, request);
  ck_assert(!found.memories.empty());
  for (const MemoryPick &pick : found.memories) {
    ck_assert(
        holds(pick.is_conditioning ? records.conditioning : records.memories,
              pick.frame));
    ck_assert_int_ge(pick.position_row, 0);
    ck_assert_int_lt(pick.position_row, request.num_maskmem);
  }
  for (const PointerPick &pick : found.pointers)
    ck_assert(
        holds(pick.is_conditioning ? records.conditioning : records.pointers,
              pick.frame));
}
END_TEST

START_TEST(test_every_policy_gives_equal_answers_to_equal_questions) {
  const SelectionPolicy &row = selection_policies()[_i];
  const Selection first = row.select(some_records(), {12});
  const Selection second = row.select(some_records(), {12});
  assert_texts_equal(memory_text(first), memory_text(second));
  assert_texts_equal(pointer_text(first), pointer_text(second));
}
END_TEST

START_TEST(test_unknown_policy_is_refused_with_the_known_names) {
  std::string known;
  for (const SelectionPolicy &row : selection_policies())
    known += (known.empty() ? "" : ", ") + std::string(row.name);
  for (const char *name : {"best", "", "Recent"}) {
    assert_refused(find_selection_policy(name), ErrorCode::kSetting,
                   "There is no memory policy \"" + std::string(name) +
                       "\". Set memory-policy to one of: " + known + ".");
  }
}
END_TEST

}  // namespace

int main() {
  const int count = static_cast<int>(selection_policies().size());
  TCase *tests = tcase_create("selection_policy");
  tcase_add_loop_test(tests,
                      test_every_policy_has_a_name_of_its_own_and_a_description,
                      0, count);
  tcase_add_loop_test(
      tests, test_every_policy_answers_an_empty_bank_with_nothing, 0, count);
  tcase_add_loop_test(tests, test_every_policy_selects_only_what_the_bank_holds,
                      0, count);
  tcase_add_loop_test(tests,
                      test_every_policy_gives_equal_answers_to_equal_questions,
                      0, count);
  tcase_add_test(tests, test_unknown_policy_is_refused_with_the_known_names);
  return run_case("track", tests);
}
