#include <sys/stat.h>

#include <fstream>
#include <string>
#include <vector>

#include "io/line_reader.h"
#include "io/test_helpers.h"

namespace {

using sam2::FilePlace;
using sam2::LineReader;
using sam2::LineStatus;
using sam2::test::error_of;

const std::string kFolder = std::string(TEST_OUTPUT_FOLDER) + "/";

std::string file_of(const std::string &text) {
  const std::string path = kFolder + "lines.txt";
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

std::vector<std::string> lines_of(const std::string &text) {
  LineReader reader(file_of(text), "");
  std::vector<std::string> lines;
  for (std::string line; reader.next(&line) != LineStatus::kEnd;)
    lines.push_back(line);
  return lines;
}

using Lines = std::vector<std::string>;

START_TEST(test_lines_end_as_on_every_system) {
  ck_assert((lines_of("a\nb\r\n\nc") == Lines{"a", "b", "", "c"}));
  ck_assert((lines_of("a\n") == Lines{"a"}));
  ck_assert(lines_of("").empty());
}
END_TEST

START_TEST(test_a_byte_order_mark_is_left_out_at_the_beginning_only) {
  ck_assert((lines_of("\xEF\xBB\xBF{\n\xEF\xBB\xBF}") ==
             Lines{"{", "\xEF\xBB\xBF}"}));
}
END_TEST

START_TEST(test_lines_across_the_buffers_edge_stay_whole) {
  const std::string first(65535, 'a'), second(200000, 'b');
  ck_assert(
      (lines_of(first + "\n" + second + "\nc\n") == Lines{first, second, "c"}));
}
END_TEST

START_TEST(test_a_line_above_16_mib_is_stepped_over) {
  const std::string most(sam2::kMaxLineBytes, 'a');
  LineReader reader(file_of(most + "\n" + most + "b\nc"), "");
  std::string line;
  ck_assert(reader.next(&line) == LineStatus::kLine);
  ck_assert_uint_eq(line.size(), sam2::kMaxLineBytes);
  ck_assert(reader.next(&line) == LineStatus::kTooLong);
  ck_assert_uint_eq(line.size(), 0);
  ck_assert(reader.next(&line) == LineStatus::kLine);
  assert_text_eq(line, "c");
  assert_text_eq(reader.line_name(), "line 3 of \"" + kFolder + "lines.txt\"");
}
END_TEST

START_TEST(test_a_place_is_found_again) {
  LineReader reader(file_of("one\ntwo\r\nthree\nfour"), "");
  std::string line;
  reader.next(&line);
  reader.next(&line);
  const FilePlace place = reader.place();
  ck_assert_int_eq(place.lines_before, 2);
  while (reader.next(&line) != LineStatus::kEnd) {
  }
  reader.go_to(place);
  ck_assert(reader.next(&line) == LineStatus::kLine);
  assert_text_eq(line, "three");
  ck_assert_int_eq(reader.place().lines_before, 3);
}
END_TEST

std::string refusal(const std::string &path) {
  return error_of([&path] { LineReader reader(path, "Give another."); });
}

START_TEST(test_what_is_no_file_is_refused) {
  const std::string missing = kFolder + "missing.txt";
  assert_text_eq(refusal(missing), "Could not open \"" + missing +
                                       "\": No such file or directory. Give "
                                       "another.");
  assert_text_eq(refusal(kFolder), "Could not open \"" + kFolder +
                                       "\": it is a folder. Give another.");
  const std::string pipe = kFolder + "pipe";
  mkfifo(pipe.c_str(), 0600);
  assert_text_eq(
      refusal(pipe),
      "Could not open \"" + pipe + "\": it is not a plain file. Give another.");
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("line_reader");
  tcase_add_test(tests, test_lines_end_as_on_every_system);
  tcase_add_test(tests,
                 test_a_byte_order_mark_is_left_out_at_the_beginning_only);
  tcase_add_test(tests, test_lines_across_the_buffers_edge_stay_whole);
  tcase_add_test(tests, test_a_line_above_16_mib_is_stepped_over);
  tcase_add_test(tests, test_a_place_is_found_again);
  tcase_add_test(tests, test_what_is_no_file_is_refused);
  return sam2::test::run("io_line_reader", tests);
}
