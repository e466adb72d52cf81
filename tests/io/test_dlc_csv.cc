#include <fstream>
#include <string>
#include <vector>

#include "io/dlc_csv.h"
#include "io/test_helpers.h"

namespace {

using sam2::TimedPrompt;
using sam2::test::error_of;

const std::string kPath = TEST_OUTPUT_FOLDER "/dlc.csv";

std::vector<TimedPrompt> prompts_of(const std::string &text,
                                    double likelihood = 0.6) {
  std::ofstream(kPath, std::ios::binary) << text;
  sam2::LineReader reader(kPath, "");
  return sam2::read_dlc_prompts(&reader, likelihood);
}

const std::string kHeader =
    "scorer,DLC_resnet50,DLC_resnet50,DLC_resnet50,DLC_resnet50,DLC_resnet50,"
    "DLC_resnet50\n"
    "bodyparts,nose,nose,nose,tail,tail,tail\n"
    "coords,x,y,likelihood,x,y,likelihood\n";

START_TEST(test_each_body_part_is_a_click_at_its_first_likely_row) {
  const auto prompts = prompts_of(kHeader +
                                  "0,10.5,20.25,0.59,30,40,0.6\n"
                                  "1,11.5,21.25,0.99,31,41,0.9\n"
                                  "2,12.5,22.25,1.0,32,42,0.9\n");
  ck_assert_uint_eq(prompts.size(), 2);
  ck_assert_int_eq(prompts[0].object_id, 1);
  assert_text_eq(prompts[0].label, "nose");
  ck_assert_int_eq(*prompts[0].frame_index, 1);
  ck_assert(!prompts[0].time_ns.has_value());
  ck_assert_uint_eq(prompts[0].points.size(), 1);
  ck_assert_float_eq(prompts[0].points[0].x.value, 11.5f);
  ck_assert_float_eq(prompts[0].points[0].y.value, 21.25f);
  ck_assert(!prompts[0].points[0].x.is_percent);
  ck_assert(prompts[0].points[0].is_positive);
  ck_assert_int_eq(prompts[1].object_id, 2);
  assert_text_eq(prompts[1].label, "tail");
  ck_assert_int_eq(*prompts[1].frame_index, 0);
  ck_assert_float_eq(prompts[1].points[0].y.value, 40);
}
END_TEST

START_TEST(test_the_likelihood_decides) {
  const std::string rows = kHeader + "0,1,2,0.3,3,4,0.2\n";
  ck_assert_uint_eq(prompts_of(rows, 0.25).size(), 1);
  ck_assert_uint_eq(prompts_of(rows, 0.2).size(), 2);
  assert_text_eq(error_of([&rows] { prompts_of(rows, 0.35); }),
                 "No body part has a likelihood of 0.35 or more up to line 4 "
                 "of \"" +
                     kPath + "\". Lower dlc-likelihood.");
}
END_TEST

START_TEST(test_several_animals_are_told_apart) {
  const auto prompts = prompts_of(
      "scorer,a,a,a,a,a,a\nindividuals,m1,m1,m1,m2,m2,m2\n"
      "bodyparts,nose,nose,nose,nose,nose,nose\n"
      "coords,x,y,likelihood,x,y,likelihood\n7,1,2,1,,,\n8,1,2,1,3,4,1\n");
  ck_assert_uint_eq(prompts.size(), 2);
  assert_text_eq(prompts[0].label, "m1 nose");
  ck_assert_int_eq(*prompts[0].frame_index, 7);
  assert_text_eq(prompts[1].label, "m2 nose");
  ck_assert_int_eq(*prompts[1].frame_index, 8);
}
END_TEST

START_TEST(test_missing_and_negative_places_are_passed_over) {
  const auto prompts = prompts_of(kHeader +
                                  "0,nan,NaN,0.9,-1,4,0.9\n"
                                  "1,1,2,,3,-0.5,0.9\n"
                                  "2,1,2,0.9,3,0.0,0.9\n");
  ck_assert_uint_eq(prompts.size(), 2);
  ck_assert_int_eq(*prompts[0].frame_index, 2);
  ck_assert_int_eq(*prompts[1].frame_index, 2);
}
END_TEST

START_TEST(test_a_body_part_that_is_never_likely_is_left_out) {
  const auto prompts = prompts_of(kHeader + "0,1,2,0.1,3,4,0.9\n");
  ck_assert_uint_eq(prompts.size(), 1);
  ck_assert_int_eq(prompts[0].object_id, 2);
}
END_TEST

START_TEST(test_marks_of_other_systems_are_accepted) {
  std::string text = "\xEF\xBB\xBF" + kHeader + "0,1e1,+2,9.0e-1,3,4,0.9\n\n";
  for (size_t at = 0; (at = text.find('\n', at)) != text.npos; at += 2)
    text.replace(at, 1, "\r\n");
  const auto prompts = prompts_of(text);
  ck_assert_uint_eq(prompts.size(), 2);
  ck_assert_float_eq(prompts[0].points[0].x.value, 10);
}
END_TEST

START_TEST(test_names_in_quotes_may_hold_commas_and_quotes) {
  const auto prompts = prompts_of(
      "scorer,a,a,a\nbodyparts,\"left, \"\"big\"\" ear\",x,x\n"
      "coords,x,y,likelihood\n0,1,2,1\n");
  assert_text_eq(prompts.at(0).label, "left, \"big\" ear");
}
END_TEST

START_TEST(test_reading_ends_when_all_are_found) {
  ck_assert_uint_eq(prompts_of(kHeader + "0,1,2,1,3,4,1\nrubbish\n").size(), 2);
}
END_TEST

START_TEST(test_reading_ends_after_a_million_rows) {
  std::string text = "scorer,a,a,a\nbodyparts,n,n,n\ncoords,x,y,likelihood\n";
  for (int i = 0; i < 1000000; ++i) text += "0,,,\n";
  assert_text_eq(error_of([&text] { prompts_of(text + "1,1,2,1\n"); }),
                 "No body part has a likelihood of 0.6 or more up to line "
                 "1000003 of \"" +
                     kPath + "\". Lower dlc-likelihood.");
}
END_TEST

struct Damaged {
  std::string text;
  const char *reason;
};

START_TEST(test_a_mistake_is_named_with_line_and_column) {
  const std::string start = "scorer,a,a,a\nbodyparts,n,n,n\n";
  const Damaged cases[] = {
      {"scorer,a\n", "line 1 of FILE: the file ends within its header"},
      {"nonsense,a\n",
       "line 1 of FILE, column 1: expected \"scorer\", found \"nonsense\""},
      {"scorer,a,a,a\nx\x01,b\n",
       "line 2 of FILE, column 1: expected \"bodyparts\", found \"x?\""},
      {"scorer,a,a,a\nbodyparts,n,n\n",
       "line 2 of FILE: it has 3 columns, the first line has 4"},
      {start + "coords,x,likelihood,y\n",
       "line 3 of FILE, column 3: expected \"y\", found \"likelihood\""},
      {"scorer,a,a\nbodyparts,n,n\ncoords,x,y\n",
       "line 3 of FILE: there are 3 columns, not one and three for each body "
       "part"},
      {"scorer\nbodyparts\ncoords\n",
       "line 3 of FILE: there are 1 columns, not one and three for each body "
       "part"},
      {start + "coords,x,y,likelihood\n0,1,2\n",
       "line 4 of FILE: it has 3 columns, the first line has 4"},
      {start + "coords,x,y,likelihood\n0,1,2,0\n\nimg1.png,1,2,1\n",
       "line 6 of FILE, column 1: expected a frame's number, found "
       "\"img1.png\""},
      {start + "coords,x,y,likelihood\n-1,1,2,1\n",
       "line 4 of FILE, column 1: expected a frame's number, found \"-1\""},
      {start + "coords,x,y,likelihood\n0,1,2x,1\n",
       "line 4 of FILE, column 3: expected a number, found \"2x\""},
      {start + "coords,x,y,likelihood\n0,1,inf,1\n",
       "line 4 of FILE, column 3: expected a number, found \"inf\""},
      {start + "coords,x,y,likelihood\n0,1e10,2,1\n",
       "line 4 of FILE, column 2: the number \"1e10\" is too large"},
  };
  for (const Damaged &c : cases) {
    std::string expected = std::string("Could not read ") + c.reason +
                           ". Give the CSV that DeepLabCut writes for a video.";
    expected.replace(expected.find("FILE"), 4, "\"" + kPath + "\"");
    assert_text_eq(error_of([&c] { prompts_of(c.text); }), expected);
  }
}
END_TEST

START_TEST(test_1024_body_parts_are_read_and_not_one_more) {
  const auto table = [](int count) {
    std::string rows[] = {"scorer", "bodyparts", "coords", "0"};
    for (int i = 0; i < count; ++i) {
      rows[0] += ",a,a,a";
      rows[1] += ",n,n,n";
      rows[2] += ",x,y,likelihood";
      rows[3] += ",1,2,1";
    }
    return rows[0] + "\n" + rows[1] + "\n" + rows[2] + "\n" + rows[3] + "\n";
  };
  ck_assert_uint_eq(prompts_of(table(1024)).size(), 1024);
  ck_assert_msg(
      error_of([&] {
        prompts_of(table(1025));
      }).find("there are 1025 body parts, more than 1024") != std::string::npos,
      "no refusal");
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("dlc_csv");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, test_each_body_part_is_a_click_at_its_first_likely_row);
  tcase_add_test(tests, test_the_likelihood_decides);
  tcase_add_test(tests, test_several_animals_are_told_apart);
  tcase_add_test(tests, test_missing_and_negative_places_are_passed_over);
  tcase_add_test(tests, test_a_body_part_that_is_never_likely_is_left_out);
  tcase_add_test(tests, test_marks_of_other_systems_are_accepted);
  tcase_add_test(tests, test_names_in_quotes_may_hold_commas_and_quotes);
  tcase_add_test(tests, test_reading_ends_when_all_are_found);
  tcase_add_test(tests, test_reading_ends_after_a_million_rows);
  tcase_add_test(tests, test_a_mistake_is_named_with_line_and_column);
  tcase_add_test(tests, test_1024_body_parts_are_read_and_not_one_more);
  return sam2::test::run("io_dlc_csv", tests);
}
