#include <algorithm>
#include <fstream>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "io/result_replay.h"
#include "io/test_helpers.h"

namespace {

using sam2::FrameResult;
using sam2::ResultReplay;
using sam2::test::error_of;

constexpr sam2::SizePx kFrame{8, 6};
const std::string kPath = std::string(TEST_OUTPUT_FOLDER) + "/replay.ndjson";

// Line `number` of a stream with a frame every 40: its object has that id.
std::string line_of(int number, bool has_pts = true) {
  FrameResult result;
  result.frame_index = number;
  result.frame_size = kFrame;
  result.objects.resize(1);
  result.objects[0].object_id = number;
  result.objects[0].box = {1, 1, 2, 1};
  result.objects[0].mask = {2, 1, {255, 255}};
  std::optional<int64_t> pts_ns;
  if (has_pts) pts_ns = 40 * number;
  return sam2::json_from_result(result, pts_ns) + "\n";
}

class Replay {
 public:
  explicit Replay(const std::string &text) {
    std::ofstream(kPath, std::ios::binary) << text;
    replay_.emplace(kPath, [this](const sam2::Error &error) {
      warnings.push_back(error.user_text());
    });
  }
  Replay(const Replay &) = delete;
  Replay &operator=(const Replay &) = delete;

  // The object on the line for `key`; -1 if there is none.
  int64_t id_at(int64_t key, int64_t tolerance = 20) {
    const auto found = replay_->find(key, tolerance, kFrame);
    return found ? found->objects.at(0).object_id : -1;
  }
  ResultReplay *operator->() { return &*replay_; }

  std::vector<std::string> warnings;

 private:
  std::optional<ResultReplay> replay_;
};

std::string lines_of(const std::vector<int> &numbers) {
  std::string text;
  for (const int number : numbers) text += line_of(number);
  return text;
}

std::vector<int> numbers_to(int count) {
  std::vector<int> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

START_TEST(test_each_frame_gets_the_line_of_its_time) {
  Replay replay(lines_of(numbers_to(100)));
  ck_assert(replay->is_timed());
  for (int i = 0; i < 100; ++i) ck_assert_int_eq(replay.id_at(40 * i), i);
  ck_assert_int_eq(replay.id_at(4000), -1);
  ck_assert(replay.warnings.empty());
}
END_TEST

START_TEST(test_masks_and_boxes_are_those_of_the_frames_size) {
  Replay replay(line_of(0));
  const auto result = replay->find(0, 0, {16, 12});
  ck_assert(result.has_value());
  ck_assert_int_eq(result->frame_size.width, 16);
  ck_assert_float_eq(result->objects.at(0).box.width, 4);
  ck_assert_uint_eq(result->objects.at(0).mask.pixels.size(), 8);
}
END_TEST

START_TEST(test_the_nearest_line_within_the_tolerance_counts) {
  Replay replay(lines_of({1, 2, 9}));  // at 40, 80, 360
  ck_assert_int_eq(replay.id_at(19), -1);
  ck_assert_int_eq(replay.id_at(20), 1);
  ck_assert_int_eq(replay.id_at(59), 1);
  ck_assert_int_eq(replay.id_at(60), 1);  // as near to both
  ck_assert_int_eq(replay.id_at(61), 2);
  ck_assert_int_eq(replay.id_at(100), 2);
  ck_assert_int_eq(replay.id_at(101), -1);
  ck_assert_int_eq(replay.id_at(101, 21), 2);
  ck_assert_int_eq(replay.id_at(300, 1000), 9);
}
END_TEST

START_TEST(test_a_tolerance_of_0_takes_the_exact_time_only) {
  Replay replay(lines_of({1, 2}));
  ck_assert_int_eq(replay.id_at(39, 0), -1);
  ck_assert_int_eq(replay.id_at(40, 0), 1);
  ck_assert_int_eq(replay.id_at(41, 0), -1);
}
END_TEST

START_TEST(test_lines_without_time_are_found_by_number) {
  Replay replay(line_of(0, false) + line_of(2, false) + "rubbish\n" +
                line_of(3, false));
  ck_assert(!replay->is_timed());
  ck_assert_int_eq(replay.id_at(0, 0), 0);
  ck_assert_int_eq(replay.id_at(1, 0), -1);
  ck_assert_int_eq(replay.id_at(2, 0), 2);
  ck_assert_int_eq(replay.id_at(3, 0), 3);
}
END_TEST

START_TEST(test_lines_out_of_order_are_found) {
  std::vector<int> numbers = numbers_to(320);
  std::mt19937 random(1);
  // Each stays among 16 neighbours.
  for (auto begin = numbers.begin(); begin != numbers.end(); begin += 16)
    std::shuffle(begin, begin + 16, random);
  Replay replay(lines_of(numbers));
  for (int i = 0; i < 320; ++i) ck_assert_int_eq(replay.id_at(40 * i), i);
}
END_TEST

START_TEST(test_of_two_lines_for_one_time_the_first_counts) {
  std::string second = line_of(7);
  second.replace(second.find("\"pts\":280"), 9, "\"pts\":40");
  Replay replay(line_of(1) + second);
  ck_assert_int_eq(replay.id_at(40), 1);
}
END_TEST

START_TEST(test_a_step_forward_skips_and_a_step_back_goes_back) {
  Replay replay(lines_of(numbers_to(1000)));
  ck_assert_int_eq(replay.id_at(40 * 900), 900);
  for (const int number : {0, 63, 64, 65, 500, 999, 2}) {
    replay->go_to(40 * number, 20);
    ck_assert_int_eq(replay.id_at(40 * number), number);
    ck_assert_int_eq(replay.id_at(40 * number + 20), number);
  }
}
END_TEST

START_TEST(test_a_step_back_finds_the_nearest_line_before) {
  Replay replay(lines_of(numbers_to(200)));
  replay.id_at(40 * 190);
  for (int key = 40 * 130; key > 0; key -= 13) {
    replay->go_to(key, 20);
    ck_assert_int_eq(replay.id_at(key), (key + 19) / 40);
  }
}
END_TEST

// So many that milestones get rarer twice.
START_TEST(test_steps_in_a_long_file_are_right) {
  std::string text;
  for (int i = 0; i < 40000; ++i)
    text +=
        "{\"frame\":" + std::to_string(i) +
        ",\"width\":8,\"height\":6,\"objects\":[{\"id\":" + std::to_string(i) +
        "}]}\n";
  Replay replay(text);
  ck_assert_int_eq(replay.id_at(39999, 0), 39999);
  std::mt19937 random(2);
  for (int i = 0; i < 300; ++i) {
    const auto number = static_cast<int64_t>(random() % 40000);
    replay->go_to(number, 0);
    ck_assert_int_eq(replay.id_at(number, 0), number);
  }
}
END_TEST

START_TEST(test_a_bad_line_is_reported_once_and_stepped_over) {
  Replay replay(line_of(0) + "\n  \n{\"frame\":1,\n" + line_of(2));
  ck_assert_int_eq(replay.id_at(0), 0);
  ck_assert_int_eq(replay.id_at(80), 2);
  replay->go_to(0, 0);
  ck_assert_int_eq(replay.id_at(80), 2);
  ck_assert_uint_eq(replay.warnings.size(), 1);
  assert_text_eq(replay.warnings[0],
                 "Could not read line 4 of \"" + kPath +
                     "\", column 11: it is not JSON. Give NDJSON as "
                     "sam2jsonenc writes it.");
}
END_TEST

START_TEST(test_a_line_without_time_among_others_is_reported) {
  Replay replay(line_of(0) + line_of(1, false));
  ck_assert_int_eq(replay.id_at(40), -1);
  ck_assert_uint_eq(replay.warnings.size(), 1);
  assert_text_eq(replay.warnings[0],
                 "Could not use line 2 of \"" + kPath +
                     "\": it has no \"pts\", but the first line has one. Give "
                     "all lines one, or none.");
}
END_TEST

START_TEST(test_a_line_that_is_too_long_is_reported) {
  Replay replay(std::string(sam2::kMaxLineBytes + 1, ' ') + "\n" + line_of(1));
  ck_assert_int_eq(replay.id_at(40), 1);
  ck_assert_uint_eq(replay.warnings.size(), 1);
  assert_text_eq(replay.warnings[0],
                 "Could not read line 1 of \"" + kPath +
                     "\": it is longer than 16777216 bytes. Give NDJSON as "
                     "sam2jsonenc writes it.");
}
END_TEST

START_TEST(test_masks_too_large_for_the_frame_are_reported) {
  std::string line = "{\"frame\":0,\"width\":1,\"height\":1,\"objects\":[";
  for (int i = 0; i < 1000; ++i)
    line += std::string(i == 0 ? "" : ",") +
            "{\"id\":1,\"mask\":{\"size\":[1,1],\"counts\":[0,1]}}";
  Replay replay(line + "]}\n");
  for (int i = 0; i < 3; ++i)
    ck_assert(!replay->find(0, 0, {7680, 4320}).has_value());
  ck_assert_uint_eq(replay.warnings.size(), 1);
  assert_text_eq(replay.warnings[0].substr(0, 80),
                 ("Could not use line 1 of \"" + kPath +
                  "\". The masks of a frame of 1x1 would have")
                     .substr(0, 80));
}
END_TEST

START_TEST(test_reports_end_after_the_tenth) {
  std::string text;
  for (int i = 0; i < 500; ++i) text += "rubbish\n";
  Replay replay(text + line_of(1));
  ck_assert_int_eq(replay.id_at(40), 1);
  ck_assert_uint_eq(replay.warnings.size(), 10);
  ck_assert(replay.warnings[8].find("Further") == std::string::npos);
  ck_assert(replay.warnings[9].find("Further lines are not reported.") !=
            std::string::npos);
}
END_TEST

START_TEST(test_a_file_of_another_kind_is_refused) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "rubbish\n";
  Replay replay(text + line_of(1));
  assert_text_eq(error_of([&] { replay.id_at(40); }),
                 "Could not read line 1000 of \"" + kPath +
                     "\", nor the 999 lines before it. Give NDJSON as "
                     "sam2jsonenc writes it.");
}
END_TEST

START_TEST(test_an_empty_file_has_no_results) {
  Replay replay("");
  ck_assert(!replay->is_timed());
  ck_assert_int_eq(replay.id_at(0), -1);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("result_replay");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, test_each_frame_gets_the_line_of_its_time);
  tcase_add_test(tests, test_masks_and_boxes_are_those_of_the_frames_size);
  tcase_add_test(tests, test_the_nearest_line_within_the_tolerance_counts);
  tcase_add_test(tests, test_a_tolerance_of_0_takes_the_exact_time_only);
  tcase_add_test(tests, test_lines_without_time_are_found_by_number);
  tcase_add_test(tests, test_lines_out_of_order_are_found);
  tcase_add_test(tests, test_of_two_lines_for_one_time_the_first_counts);
  tcase_add_test(tests, test_a_step_forward_skips_and_a_step_back_goes_back);
  tcase_add_test(tests, test_a_step_back_finds_the_nearest_line_before);
  tcase_add_test(tests, test_steps_in_a_long_file_are_right);
  tcase_add_test(tests, test_a_bad_line_is_reported_once_and_stepped_over);
  tcase_add_test(tests, test_a_line_without_time_among_others_is_reported);
  tcase_add_test(tests, test_a_line_that_is_too_long_is_reported);
  tcase_add_test(tests, test_masks_too_large_for_the_frame_are_reported);
  tcase_add_test(tests, test_reports_end_after_the_tenth);
  tcase_add_test(tests, test_a_file_of_another_kind_is_refused);
  tcase_add_test(tests, test_an_empty_file_has_no_results);
  return sam2::test::run("io_result_replay", tests);
}
