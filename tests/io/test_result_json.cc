#include <clocale>
#include <fstream>
#include <iostream>
#include <limits>
#include <random>
#include <string>

#include "io/result_json.h"
#include "io/test_helpers.h"

namespace {

using sam2::FrameResult;
using sam2::ObjectResult;
using sam2::TimedResult;
using sam2::test::error_of;

FrameResult sample() {
  ObjectResult dog;
  dog.object_id = 1;
  dog.label = "dog \"Ä\"\n";
  dog.predicted_iou = 0.9f;
  dog.object_score = -7.25f;
  dog.box = {1, 1, 3, 2};
  dog.mask = {3, 2, {255, 255, 255, 255, 0, 255}};
  ObjectResult lost;
  lost.object_id = 300;
  lost.is_lost = true;
  lost.object_score = -3;
  FrameResult frame;
  frame.frame_index = 12;
  frame.frame_size = {5, 4};
  frame.objects = {dog, lost};
  return frame;
}

const char *const kSampleLine =
    "{\"frame\":12,\"pts\":480000000,\"width\":5,\"height\":4,\"objects\":["
    "{\"id\":1,\"label\":\"dog \\\"Ä\\\"\\n\",\"box\":[1,1,3,2],"
    "\"iou\":0.90000000000000002,\"object_score\":-7.25,\"lost\":false,"
    "\"mask\":{\"size\":[4,5],\"counts\":\"522O112\"}},"
    "{\"id\":300,\"box\":[0,0,0,0],\"iou\":0.0,\"object_score\":-3.0,"
    "\"lost\":true}]}";

START_TEST(test_fields_keep_their_order_on_one_line) {
  assert_text_eq(sam2::json_from_result(sample(), 480000000), kSampleLine);
}
END_TEST

START_TEST(test_the_documented_line_is_read_and_written) {
  std::ifstream file(TEST_DATA_FOLDER "/../../docs/files.md");
  std::string line;
  while (std::getline(file, line) && line != "```json") continue;
  ck_assert(std::getline(file, line));
  const TimedResult timed = sam2::result_from_json(line);
  assert_text_eq(sam2::json_from_result(timed.result, timed.pts_ns), line);
  assert_text_eq(timed.result.objects.at(0).label, "dog");
}
END_TEST

START_TEST(test_frame_without_objects_or_time_is_written) {
  FrameResult empty;
  empty.frame_size = {5, 4};
  assert_text_eq(
      sam2::json_from_result(empty, std::nullopt),
      "{\"frame\":0,\"pts\":null,\"width\":5,\"height\":4,\"objects\":[]}");
}
END_TEST

START_TEST(test_a_line_comes_back_the_same) {
  const TimedResult timed = sam2::result_from_json(kSampleLine);
  ck_assert_int_eq(*timed.pts_ns, 480000000);
  ck_assert(timed.result.objects.at(0).predicted_iou == 0.9f);
  ck_assert(timed.result.objects.at(1).mask.is_empty());
  const std::string again = sam2::json_from_result(timed.result, timed.pts_ns);
  assert_text_eq(again, kSampleLine);
}
END_TEST

// Two by three pixels, over a frame of 12 x 10.
FrameResult sample_that_covers() {
  ObjectResult dog;
  dog.object_id = 1;
  dog.mask_covers_frame = true;
  dog.mask = {2, 3, {0, 0, 0, 255, 0, 255}};
  dog.box = {6, 3, 6, 7};
  FrameResult frame;
  frame.frame_size = {12, 10};
  frame.objects = {dog};
  return frame;
}

START_TEST(test_mask_of_its_own_size_is_written_in_that_size) {
  const std::string line =
      sam2::json_from_result(sample_that_covers(), std::nullopt);
  ck_assert_msg(line.find("\"box\":[6,3,6,7]") != std::string::npos, "%s",
                line.c_str());
  ck_assert_msg(line.find("\"mask\":{\"size\":[3,2],") != std::string::npos,
                "%s", line.c_str());
  const FrameResult read = sam2::result_from_json(line).result;
  const ObjectResult &object = read.objects.at(0);
  ck_assert(object.mask_covers_frame);
  ck_assert_int_eq(object.mask.width, 2);
  ck_assert(object.mask.pixels == sample_that_covers().objects[0].mask.pixels);
  ck_assert_float_eq(object.box.x, 6);
  ck_assert_float_eq(object.box.y, 3);
  ck_assert_float_eq(object.box.width, 6);
  ck_assert_float_eq(object.box.height, 7);
}
END_TEST

START_TEST(test_scores_of_the_motion_are_written_where_they_are_known) {
  FrameResult frame = sample();
  frame.objects[0].kf_score = 0.25f;
  frame.objects[0].stable_frames = 0;
  const std::string line = sam2::json_from_result(frame, std::nullopt);
  ck_assert_msg(line.find("\"lost\":false,\"kf_score\":0.25,"
                          "\"stable_frames\":0,\"mask\"") != std::string::npos,
                "%s", line.c_str());
  const FrameResult read = sam2::result_from_json(line).result;
  ck_assert(read.objects[0].kf_score == 0.25f);
  ck_assert(read.objects[0].stable_frames == 0);
  ck_assert(!read.objects[1].kf_score && !read.objects[1].stable_frames);
}
END_TEST

START_TEST(test_numbers_do_not_depend_on_the_locale) {
  // Any locale with a decimal comma will do; without one the test is idle.
  for (const char *name : {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE.utf8"}) {
    if (std::setlocale(LC_ALL, name) != nullptr) break;
  }
  const std::string line = sam2::json_from_result(sample(), 480000000);
  const TimedResult timed = sam2::result_from_json(kSampleLine);
  std::setlocale(LC_ALL, "C");
  assert_text_eq(line, kSampleLine);
  ck_assert(timed.result.objects.at(0).object_score == -7.25f);
}
END_TEST

START_TEST(test_numbers_json_cannot_hold_become_null) {
  FrameResult frame = sample();
  frame.objects.at(1).object_score = -std::numeric_limits<float>::infinity();
  const std::string line = sam2::json_from_result(frame, std::nullopt);
  ck_assert(line.find("\"object_score\":null") != std::string::npos);
  ck_assert(sam2::result_from_json(line).result.objects.size() == 2);
}
END_TEST

START_TEST(test_label_that_is_not_utf8_is_repaired) {
  FrameResult frame = sample();
  frame.objects.at(0).label = "a\xFF";
  const std::string line = sam2::json_from_result(frame, std::nullopt);
  assert_text_eq(sam2::result_from_json(line).result.objects.at(0).label,
                 "a\xEF\xBF\xBD");
}
END_TEST

START_TEST(test_runs_as_an_array_in_any_field_order_are_read) {
  const TimedResult timed = sam2::result_from_json(
      "{\"objects\":[{\"mask\":{\"counts\":[5,2,2,1,3,2,5],\"size\":[4,5]},"
      "\"box\":[0,0,9.5,9],\"id\":2,\"extra\":[]}],\"height\":4,\"width\":5,"
      "\"frame\":3}");
  ck_assert(!timed.pts_ns.has_value());
  const ObjectResult &object = timed.result.objects.at(0);
  ck_assert_float_eq(object.box.width, 3);
  ck_assert_float_eq(object.box.height, 2);
  ck_assert(object.mask.pixels == sample().objects.at(0).mask.pixels);
}
END_TEST

struct Damaged {
  const char *line;
  const char *reason;
};

#define FRAME "\"frame\":0,\"width\":5,\"height\":4"
#define OBJECT(fields) "{" FRAME ",\"objects\":[{\"id\":1," fields "}]}"
#define MASK(fields) OBJECT("\"mask\":{" fields "}")

const Damaged kDamaged[] = {
    {"", ": it is not a JSON object"},
    {"{\"frame\":", ", column 9: it is not JSON"},
    {"[1]", ": it is not a JSON object"},
    {"{}", ", column 2: \"frame\" is missing"},
    {"{\"frame\":-1}", ", column 11: \"frame\" is -1"},
    {"{\"frame\":1.5}", ", column 12: \"frame\" is not a whole number"},
    {"{\"frame\":0,\"width\":0}", ", column 20: \"width\" is 0"},
    {"{\"frame\":0,\"width\":1,\"height\":99999}",
     ", column 35: \"height\" is 99999"},
    {"{" FRAME "}", ", column 32: \"objects\" is missing"},
    {"{" FRAME ",\"objects\":{}}", ", column 44: \"objects\" is not an array"},
    {"{" FRAME ",\"objects\":[1]}",
     ", column 45: \"objects\" is not an object"},
    {"{" FRAME ",\"objects\":[{}]}", ", column 45: \"id\" is missing"},
    {"{" FRAME ",\"objects\":[],\"pts\":\"1\"}",
     ", column 54: \"pts\" is not a whole number"},
    {OBJECT("\"label\":{}"), ", column 61: \"label\" is not a string"},
    {OBJECT("\"iou\":\"x\""), ", column 60: \"iou\" is not a number"},
    {OBJECT("\"kf_score\":[]"), ", column 64: \"kf_score\" is not a number"},
    {OBJECT("\"stable_frames\":-1"), ", column 69: \"stable_frames\" is -1"},
    {OBJECT("\"lost\":1"), ", column 59: \"lost\" is neither true nor false"},
    {OBJECT("\"box\":[1,2,3]"),
     ", column 64: \"box\" is not an array of 4 numbers"},
    {OBJECT("\"box\":[1,2,3,null]"), ", column 69: \"box\" is not a number"},
    {OBJECT("\"mask\":7"), ", column 59: \"mask\" is not an object"},
    {MASK("\"counts\":\"\""), ", column 71: \"size\" of a mask is missing"},
    {MASK("\"size\":[0,4],\"counts\":\"\""), ", column 72: \"size\" is 0"},
    {MASK("\"size\":[4,5]"), ", column 72: \"counts\" is missing"},
    {MASK("\"size\":[4,5],\"counts\":{}"),
     ", column 83: \"counts\" is neither a string nor an array"},
    {OBJECT("\"box\":[1,2,3,1e9]"),
     ", column 68: \"box\" is too large a number"},
    {OBJECT("\"iou\":1e300"), ", column 62: \"iou\" is too large a number"},
    {"{" FRAME ",\"objects\":[{\"id\":-2}]}", ", column 51: \"id\" is -2"},
    {MASK("\"size\":[4,5],\"counts\":[-1]"), ", column 85: \"counts\" is -1"},
};

START_TEST(test_damaged_line_is_refused_with_its_reason) {
  const Damaged &c = kDamaged[_i];
  const std::string expected = std::string("Could not read a line of results") +
                               c.reason +
                               ". Give NDJSON as sam2jsonenc writes it.";
  const auto read = [&c] { sam2::result_from_json(c.line); };
  assert_text_eq(error_of(read), expected);
}
END_TEST

START_TEST(test_runs_that_do_not_fill_the_frame_are_refused) {
  const auto read = [] {
    sam2::result_from_json(MASK("\"size\":[4,5],\"counts\":[21]"));
  };
  assert_text_eq(error_of(read),
                 "Could not read a line of results, column 85. Could not read "
                 "a mask's run lengths: they cover 21 pixels of a frame of 20. "
                 "Use COCO run-length encoding.");
}
END_TEST

START_TEST(test_mistakes_name_the_line) {
  const auto read = [] { sam2::parse_result_line("{}", "line 7 of \"a\""); };
  assert_text_eq(error_of(read),
                 "Could not read line 7 of \"a\", column 2: \"frame\" is "
                 "missing. Give NDJSON as sam2jsonenc writes it.");
}
END_TEST

START_TEST(test_untracked_objects_come_back) {
  FrameResult frame = sample();
  frame.objects.at(0).object_id = sam2::kUntrackedId;
  const std::string line = sam2::json_from_result(frame, std::nullopt);
  ck_assert_int_eq(sam2::result_from_json(line).result.objects.at(0).object_id,
                   -1);
}
END_TEST

// `count` times `item`, separated by commas.
std::string list_of(int count, const std::string &item) {
  std::string list;
  for (int i = 0; i < count; ++i) list += (i == 0 ? "" : ",") + item;
  return list;
}

std::string line_of_objects(const std::string &objects, int side) {
  return "{\"frame\":0,\"width\":" + std::to_string(side) +
         ",\"height\":" + std::to_string(side) + ",\"objects\":[" + objects +
         "]}";
}

START_TEST(test_a_line_of_1024_objects_is_read_and_not_one_more) {
  const std::string most = line_of_objects(list_of(1024, "{\"id\":1}"), 4);
  ck_assert_uint_eq(sam2::result_from_json(most).result.objects.size(), 1024);
  const std::string more = line_of_objects(list_of(1025, "{\"id\":1}"), 4);
  assert_text_eq(error_of([&] { sam2::result_from_json(more); }),
                 "Could not read a line of results, column 9268: \"objects\" "
                 "has 1025 objects, more than 1024. Give NDJSON as sam2jsonenc "
                 "writes it.");
}
END_TEST

// Each mask is two numbers long and covers a frame of 8192 x 8192.
std::string line_of_large_masks(int count) {
  const std::string mask =
      "{\"id\":1,\"mask\":{\"size\":[8192,8192],\"counts\":[0,67108864]}}";
  return line_of_objects(list_of(count, mask), 8192);
}

// The same masks, smaller than their frame, of which one pixel is object.
START_TEST(test_the_pixels_of_masks_of_their_own_size_are_limited) {
  const std::string mask =
      "{\"id\":1,\"mask\":{\"size\":[8192,8192],\"counts\":[0,1,67108863]}}";
  ck_assert_uint_eq(
      sam2::parse_result_line(line_of_objects(list_of(8, mask), 9000))
          .masks.size(),
      8);
  const std::string line = line_of_objects(list_of(9, mask), 9000);
  ck_assert(error_of([&] {
              sam2::parse_result_line(line);
            }).find("more than 536870912 pixels") != std::string::npos);
}
END_TEST

START_TEST(test_the_pixels_of_a_line_are_limited) {
  ck_assert_uint_eq(
      sam2::parse_result_line(line_of_large_masks(8)).masks.size(), 8);
  const std::string line = line_of_large_masks(9);
  const std::string error = error_of([&] { sam2::result_from_json(line); });
  ck_assert_str_eq(error.c_str() + error.find(": ") + 2,
                   "\"mask\" makes more than 536870912 pixels of masks on one "
                   "line. Give NDJSON as sam2jsonenc writes it.");
}
END_TEST

struct Excess {
  std::string text;
  const char *reason;
};

// json-glib would need minutes or gigabytes for some of these.
START_TEST(test_what_would_take_a_parser_too_long_is_refused) {
  std::string members;
  for (int i = 0; i < 1001; ++i) members += "\"" + std::to_string(i) + "\":1,";
  const Excess cases[] = {
      {"{" + members + "\"x\":1}", "an object has too many members"},
      {std::string(1000000, '['), "it is nested too deeply"},
      {"[" + list_of(70000, "[]") + "]", "it has too many arrays and objects"},
      {"[" + list_of(2200000, "1") + "]", "it has too many values"},
  };
  for (const Excess &c : cases) {
    assert_text_eq(error_of([&c] { sam2::result_from_json(c.text); }),
                   std::string("Could not read a line of results: ") +
                       c.reason + ". Give NDJSON as sam2jsonenc writes it.");
  }
}
END_TEST

START_TEST(test_brackets_in_strings_do_not_count) {
  FrameResult frame = sample();
  frame.objects.at(0).label =
      std::string(100000, '[') + "\\\"" + std::string(2000, ':');
  const std::string line = sam2::json_from_result(frame, std::nullopt);
  assert_text_eq(sam2::result_from_json(line).result.objects.at(0).label,
                 frame.objects.at(0).label);
}
END_TEST

ObjectResult random_object(std::mt19937 &random, sam2::SizePx frame) {
  const auto below = [&random](int limit) {
    return static_cast<int>(random() % static_cast<unsigned>(limit));
  };
  ObjectResult object;
  const int x = below(frame.width), y = below(frame.height);
  const int width = 1 + below(frame.width - x);
  const int height = 1 + below(frame.height - y);
  object.object_id = below(1000);
  object.box = {static_cast<float>(x), static_cast<float>(y),
                static_cast<float>(width), static_cast<float>(height)};
  object.mask = {width, height, {}};
  for (int i = 0; i < width * height; ++i)
    object.mask.pixels.push_back(below(3) == 0 ? 255 : 0);
  // So that the box is tight.
  object.mask.pixels.front() = object.mask.pixels.back() = 255;
  return object;
}

START_TEST(test_1000_random_masks_come_back_the_same) {
  constexpr unsigned kSeed = 7;
  std::cout << "seed " << kSeed << std::endl;
  std::mt19937 random(kSeed);
  for (int i = 0; i < 1000; ++i) {
    FrameResult frame;
    frame.frame_size = {1 + static_cast<int>(random() % 70),
                        1 + static_cast<int>(random() % 50)};
    frame.objects = {random_object(random, frame.frame_size)};
    const auto read =
        sam2::result_from_json(sam2::json_from_result(frame, std::nullopt));
    const ObjectResult &object = read.result.objects.at(0);
    const ObjectResult &expected = frame.objects.at(0);
    ck_assert_int_eq(object.object_id, expected.object_id);
    ck_assert(object.box.x == expected.box.x && object.box.y == expected.box.y);
    ck_assert_int_eq(object.mask.width, expected.mask.width);
    ck_assert_int_eq(object.mask.height, expected.mask.height);
    ck_assert(object.mask.pixels == expected.mask.pixels);
  }
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("result_json");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, test_fields_keep_their_order_on_one_line);
  tcase_add_test(tests, test_the_documented_line_is_read_and_written);
  tcase_add_test(tests, test_frame_without_objects_or_time_is_written);
  tcase_add_test(tests, test_a_line_comes_back_the_same);
  tcase_add_test(tests,
                 test_scores_of_the_motion_are_written_where_they_are_known);
  tcase_add_test(tests, test_numbers_do_not_depend_on_the_locale);
  tcase_add_test(tests, test_numbers_json_cannot_hold_become_null);
  tcase_add_test(tests, test_label_that_is_not_utf8_is_repaired);
  tcase_add_test(tests, test_runs_as_an_array_in_any_field_order_are_read);
  tcase_add_loop_test(tests, test_damaged_line_is_refused_with_its_reason, 0,
                      std::size(kDamaged));
  tcase_add_test(tests, test_runs_that_do_not_fill_the_frame_are_refused);
  tcase_add_test(tests, test_mistakes_name_the_line);
  tcase_add_test(tests, test_untracked_objects_come_back);
  tcase_add_test(tests, test_a_line_of_1024_objects_is_read_and_not_one_more);
  tcase_add_test(tests, test_the_pixels_of_a_line_are_limited);
  tcase_add_test(tests, test_mask_of_its_own_size_is_written_in_that_size);
  tcase_add_test(tests, test_the_pixels_of_masks_of_their_own_size_are_limited);
  tcase_add_test(tests, test_what_would_take_a_parser_too_long_is_refused);
  tcase_add_test(tests, test_brackets_in_strings_do_not_count);
  tcase_add_test(tests, test_1000_random_masks_come_back_the_same);
  return sam2::test::run("io_result_json", tests);
}
