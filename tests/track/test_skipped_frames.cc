// Names of what becomes of skipped frames.
#include "track/skipped_frames.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

START_TEST(test_every_row_is_found_by_its_name) {
  ck_assert_uint_eq(skipped_frames_rows().size(), 3);
  for (const SkippedFramesRow &row : skipped_frames_rows())
    ck_assert(find_skipped_frames(row.name) == row.value);
  ck_assert(find_skipped_frames("hold") == SkippedFrames::kHold);
  ck_assert(find_skipped_frames("motion") == SkippedFrames::kMotion);
  ck_assert(find_skipped_frames("none") == SkippedFrames::kNone);
}
END_TEST

START_TEST(test_unknown_name_is_refused) {
  for (const char *name : {"", "Hold", "holds", "drop"})
    assert_refused(find_skipped_frames(name), ErrorCode::kSetting,
                   "Skipped frames cannot be treated by \"" +
                       std::string(name) +
                       "\". Set skipped-frames to one of: hold, motion, none.");
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("skipped_frames");
  tcase_add_test(tests, test_every_row_is_found_by_its_name);
  tcase_add_test(tests, test_unknown_name_is_refused);
  return run_case("track", tests);
}
