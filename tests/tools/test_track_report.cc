#include <string>

#include "io/test_helpers.h"
#include "track_report.h"

namespace {

START_TEST(test_closing_line_gives_speed_and_memory) {
  assert_text_eq(sam2::closing_line(12, 3.0, int64_t{512} << 20),
                 "12 frames in 3.0 s (4.0 fps), peak memory 512 MiB");
  assert_text_eq(sam2::closing_line(1, 0.5, int64_t{1} << 20),
                 "1 frame in 0.5 s (2.0 fps), peak memory 1 MiB");
}
END_TEST

START_TEST(test_no_frames_in_no_time_is_zero_fps) {
  assert_text_eq(sam2::closing_line(0, 0, 0),
                 "0 frames in 0.0 s (0.0 fps), peak memory 0 MiB");
}
END_TEST

START_TEST(test_bar_grows_with_the_frames) {
  assert_text_eq(sam2::progress_bar(0, 40),
                 "[------------------------------]   0 %  0/40");
  assert_text_eq(sam2::progress_bar(20, 40),
                 "[###############---------------]  50 %  20/40");
  assert_text_eq(sam2::progress_bar(40, 40),
                 "[##############################] 100 %  40/40");
}
END_TEST

START_TEST(test_bar_survives_a_wrong_or_unknown_total) {
  assert_text_eq(sam2::progress_bar(41, 40),
                 "[##############################] 100 %  41/40");
  assert_text_eq(sam2::progress_bar(7, 0), "7 frames");
}
END_TEST

START_TEST(test_this_process_needs_some_memory) {
  ck_assert_int_gt(sam2::peak_memory_bytes(), 100000);
}
END_TEST

START_TEST(test_memory_lines_are_in_mebibytes) {
  sam2::MemoryReport report;
  report.bank_bytes = 3 << 19;
  report.limit_bytes = uint64_t{12345} << 20;
  const std::string text = sam2::memory_lines(report);
  ck_assert_msg(text.find("    memory banks        1.5\n") != text.npos, "%s",
                text.c_str());
  ck_assert_msg(text.find("  limit             12345.0\n") != text.npos, "%s",
                text.c_str());
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("track_report");
  tcase_add_test(tests, test_memory_lines_are_in_mebibytes);
  tcase_add_test(tests, test_closing_line_gives_speed_and_memory);
  tcase_add_test(tests, test_no_frames_in_no_time_is_zero_fps);
  tcase_add_test(tests, test_bar_grows_with_the_frames);
  tcase_add_test(tests, test_bar_survives_a_wrong_or_unknown_total);
  tcase_add_test(tests, test_this_process_needs_some_memory);
  return sam2::test::run("tools_track_report", tests);
}
