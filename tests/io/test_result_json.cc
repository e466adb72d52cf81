#include <clocale>
#include <limits>
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
    {"", "it is not a JSON object"},
    {"{\"frame\":", "it is not JSON"},
    {"[1]", "it is not a JSON object"},
    {"{}", "\"frame\" is missing"},
    {"{\"frame\":-1}", "\"frame\" is -1"},
    {"{\"frame\":1.5}", "\"frame\" is not a whole number"},
    {"{\"frame\":0,\"width\":0}", "\"width\" is 0"},
    {"{\"frame\":0,\"width\":1,\"height\":99999}", "\"height\" is 99999"},
    {"{" FRAME "}", "\"objects\" is missing"},
    {"{" FRAME ",\"objects\":{}}", "\"objects\" is not an array"},
    {"{" FRAME ",\"objects\":[1]}", "\"objects\" is not an object"},
    {"{" FRAME ",\"objects\":[{}]}", "\"id\" is missing"},
    {"{" FRAME ",\"objects\":[],\"pts\":\"1\"}",
     "\"pts\" is not a whole number"},
    {OBJECT("\"label\":{}"), "\"label\" is not a string"},
    {OBJECT("\"iou\":\"x\""), "\"iou\" is not a number"},
    {OBJECT("\"lost\":1"), "\"lost\" is neither true nor false"},
    {OBJECT("\"box\":[1,2,3]"), "\"box\" is not an array of 4 numbers"},
    {OBJECT("\"box\":[1,2,3,null]"), "\"box\" is not a number"},
    {OBJECT("\"mask\":7"), "\"mask\" is not an object"},
    {MASK("\"counts\":\"\""), "\"size\" of a mask is missing"},
    {MASK("\"size\":[5,4],\"counts\":\"\""),
     "\"size\" of a mask is not the frame's height and width"},
    {MASK("\"size\":[4,5]"), "\"counts\" is missing"},
    {MASK("\"size\":[4,5],\"counts\":{}"),
     "\"counts\" is neither a string nor an array"},
    {MASK("\"size\":[4,5],\"counts\":[-1]"), "\"counts\" is -1"},
};

START_TEST(test_damaged_line_is_refused_with_its_reason) {
  const Damaged &c = kDamaged[_i];
  const std::string expected =
      std::string("Could not read a line of results: ") + c.reason +
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
                 "Could not read a mask's run lengths: they cover 21 pixels "
                 "of a frame of 20. Use COCO run-length encoding.");
}
END_TEST

START_TEST(test_deeply_nested_line_is_refused) {
  const std::string line(1000000, '[');
  ck_assert(error_of([&line] { sam2::result_from_json(line); }) != "no error");
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("result_json");
  tcase_add_test(tests, test_fields_keep_their_order_on_one_line);
  tcase_add_test(tests, test_frame_without_objects_or_time_is_written);
  tcase_add_test(tests, test_a_line_comes_back_the_same);
  tcase_add_test(tests, test_numbers_do_not_depend_on_the_locale);
  tcase_add_test(tests, test_numbers_json_cannot_hold_become_null);
  tcase_add_test(tests, test_label_that_is_not_utf8_is_repaired);
  tcase_add_test(tests, test_runs_as_an_array_in_any_field_order_are_read);
  tcase_add_loop_test(tests, test_damaged_line_is_refused_with_its_reason, 0,
                      std::size(kDamaged));
  tcase_add_test(tests, test_runs_that_do_not_fill_the_frame_are_refused);
  tcase_add_test(tests, test_deeply_nested_line_is_refused);
  return sam2::test::run("io_result_json", tests);
}
