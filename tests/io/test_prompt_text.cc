#include <string>
#include <vector>

#include "io/prompt_text.h"
#include "io/test_helpers.h"

namespace {

using sam2::parse_prompt_text;
using sam2::TimedPrompt;

constexpr sam2::SizePx kFrame{640, 480};

std::string error_of(const char *text) {
  try {
    for (const TimedPrompt &prompt : parse_prompt_text(text)) {
      sam2::resolve(prompt, kFrame);
    }
  } catch (const sam2::Error &error) {
    ck_assert(error.code() == sam2::ErrorCode::kSetting);
    return error.user_text();
  }
  return "no error";
}

START_TEST(test_three_kinds_and_a_time_are_read) {
  const auto prompts = parse_prompt_text(
      "1:box=320,120,200,160; 2:points=400,300,+ 420,310,-;"
      " 3:mask=a folder/seed.png ; @2.5s 1:points=330,140.5,+");
  ck_assert_uint_eq(prompts.size(), 4);
  ck_assert_int_eq(prompts[0].object_id, 1);
  ck_assert_float_eq(prompts[0].box->x.value, 320);
  ck_assert_float_eq(prompts[0].box->y.value, 120);
  ck_assert_float_eq(prompts[0].box->width.value, 200);
  ck_assert_float_eq(prompts[0].box->height.value, 160);
  ck_assert(!prompts[0].time_ns.has_value());
  ck_assert_uint_eq(prompts[1].points.size(), 2);
  ck_assert(prompts[1].points[0].is_positive);
  ck_assert(!prompts[1].points[1].is_positive);
  ck_assert_float_eq(prompts[1].points[1].x.value, 420);
  assert_text_eq(prompts[2].mask_file, "a folder/seed.png");
  ck_assert_int_eq(*prompts[3].time_ns, 2500000000);
  ck_assert_float_eq(prompts[3].points[0].y.value, 140.5);
}
END_TEST

START_TEST(test_space_and_empty_clauses_are_ignored) {
  ck_assert_uint_eq(parse_prompt_text("").size(), 0);
  ck_assert_uint_eq(parse_prompt_text(" ;\n; ").size(), 0);
  const auto prompts =
      parse_prompt_text("\t@ 2 s 7 : points= 1 , 2 , - \n 3,4,+ ;");
  ck_assert_uint_eq(prompts.size(), 1);
  ck_assert_int_eq(prompts[0].object_id, 7);
  ck_assert_uint_eq(prompts[0].points.size(), 2);
}
END_TEST

START_TEST(test_clauses_of_one_object_and_time_are_merged) {
  const auto prompts = parse_prompt_text(
      "1:box=1,2,3,4; 2:points=5,6,+; 1:points=7,8,-; 1:points=9,10,+;"
      "@1s 1:points=1,1,+; @1.0s 1:box=4,3,2,1");
  ck_assert_uint_eq(prompts.size(), 3);
  ck_assert(prompts[0].box.has_value());
  ck_assert_uint_eq(prompts[0].points.size(), 2);
  ck_assert_float_eq(prompts[0].points[1].x.value, 9);
  ck_assert_int_eq(prompts[2].object_id, 1);
  ck_assert(prompts[2].box.has_value());
  ck_assert_uint_eq(prompts[2].points.size(), 1);
}
END_TEST

START_TEST(test_percent_means_of_width_or_height) {
  const auto prompts =
      parse_prompt_text("1:box=50%,25%,10%,100; 1:points=100%,10%,+");
  const sam2::Prompt prompt = sam2::resolve(prompts.at(0), kFrame);
  ck_assert_float_eq(prompt.box->x, 320);
  ck_assert_float_eq(prompt.box->y, 120);
  ck_assert_float_eq(prompt.box->width, 64);
  ck_assert_float_eq(prompt.box->height, 100);
  ck_assert_float_eq(prompt.points.at(0).x_px, 640);
  ck_assert_float_eq(prompt.points.at(0).y_px, 48);
}
END_TEST

START_TEST(test_box_is_clipped_to_the_frame) {
  const auto prompts = parse_prompt_text("1:box=-10,-20,1000,100");
  const sam2::Prompt prompt = sam2::resolve(prompts.at(0), kFrame);
  ck_assert_float_eq(prompt.box->x, 0);
  ck_assert_float_eq(prompt.box->y, 0);
  ck_assert_float_eq(prompt.box->width, 640);
  ck_assert_float_eq(prompt.box->height, 80);
}
END_TEST

struct Refusal {
  const char *text;
  const char *error;
};

const Refusal kRefusals[] = {
    {"1:box=a",
     "character 7: expected a number after \"box=\", found \"a\". "
     "Write it like \"1:box=320,120,200,160\"."},
    {"1:box=10,20,30",
     "character 15: expected \",\" after \"30\", found the "
     "end. Write it like \"1:box=320,120,200,160\"."},
    {"1:box=1,2,0,4",
     "character 11: a box needs a width and a height above 0. "
     "Write it like \"1:box=320,120,200,160\"."},
    {"1:box=1,2,inf,4",
     "character 11: expected a number after \",\", found \"inf\". Write it "
     "like \"1:box=320,120,200,160\"."},
    {"1:box=1e30,2,3,4",
     "character 7: the number is too large. Write it like "
     "\"1:box=320,120,200,160\"."},
    {"1:points=4,5",
     "character 13: expected \",\" after \"5\", found the end. "
     "Write it like \"2:points=400,300,+ 420,310,-\"."},
    {"1:points=4,5,6",
     "character 14: expected \"+\" or \"-\" after \",\", "
     "found \"6\". Write it like \"2:points=400,300,+ "
     "420,310,-\"."},
    {"1:box=1,2,3,4 2:box=1,2,3,4",
     "character 15: expected \";\" or the end after \"4\", found \"2\". Write "
     "it like \"1:box=320,120,200,160\"."},
    {"dog:box=1,2,3,4",
     "character 1: expected an object number, found "
     "\"dog\". Write it like \"1:box=320,120,200,160\"."},
    {"-1:box=1,2,3,4",
     "character 1: expected an object number, found \"-1\". "
     "Write it like \"1:box=320,120,200,160\"."},
    {"1:boks=1,2,3,4",
     "character 3: expected \"box=\", \"points=\" or \"mask=\" after \":\", "
     "found \"boks\". Write it like \"1:box=320,120,200,160\"."},
    {"1:mask= ;",
     "character 9: expected a file name after \"mask=\", found "
     "\";\". Write it like \"3:mask=seed.png\"."},
    {"@2.5 1:points=1,2,+",
     "character 6: expected \"s\" after \"2.5\", found "
     "\"1\". Write it like \"@2.5s 1:points=330,140,+\"."},
    {"@-1s 1:points=1,2,+",
     "character 2: the time must be between 0 and 1000000000 seconds. Write it "
     "like \"@2.5s 1:points=330,140,+\"."},
    {"1:box=1,2,3,4; 1:box=1,2,3,4",
     "character 16: object 1 has a second box. Write it like "
     "\"1:box=320,120,200,160\"."},
    // Two letters of two bytes each come before the mistake.
    {"1:mask=\xC3\xA4\xC3\xB6; x",
     "character 12: expected an object number "
     "after \";\", found \"x\". Write it like "
     "\"1:box=320,120,200,160\"."},
};

START_TEST(test_a_typo_is_shown_with_its_position) {
  const Refusal &refusal = kRefusals[_i];
  const std::string expected =
      std::string("The prompt has an error at ") + refusal.error;
  assert_text_eq(error_of(refusal.text), expected);
}
END_TEST

START_TEST(test_prompts_outside_the_picture_are_refused) {
  assert_text_eq(
      error_of("4:box=640,0,10,10"),
      "The box 640,0,10,10 of object 4 is outside the picture (640x480). Give "
      "a box that overlaps it.");
  assert_text_eq(
      error_of("2:points=1,1,+ 900.5,300,+"),
      "The point 900.5,300 of object 2 is outside the picture (640x480). Give "
      "a point between 0,0 and 640,480.");
  assert_text_eq(error_of("2:points=640,480,+"), "no error");
}
END_TEST

START_TEST(test_bytes_that_are_not_utf8_are_refused) {
  assert_text_eq(error_of("1:mask=\xFF"),
                 "The prompt is not UTF-8 text. Write it in UTF-8.");
}
END_TEST

START_TEST(test_label_and_mask_in_memory_are_resolved) {
  TimedPrompt prompt;
  prompt.object_id = 4;
  prompt.label = "rat";
  prompt.mask = sam2::EncodedMask{{2, 3}, {1, 4, 1}};
  const sam2::Prompt resolved = sam2::resolve(prompt, kFrame);
  assert_text_eq(resolved.label, "rat");
  ck_assert_int_eq(resolved.mask->width, 2);
  ck_assert_int_eq(resolved.mask->height, 3);
  // Runs go down the columns.
  ck_assert((resolved.mask->pixels ==
             std::vector<uint8_t>{0, 255, 255, 255, 255, 0}));
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("prompt_text");
  tcase_add_test(tests, test_three_kinds_and_a_time_are_read);
  tcase_add_test(tests, test_space_and_empty_clauses_are_ignored);
  tcase_add_test(tests, test_clauses_of_one_object_and_time_are_merged);
  tcase_add_test(tests, test_percent_means_of_width_or_height);
  tcase_add_test(tests, test_box_is_clipped_to_the_frame);
  tcase_add_loop_test(tests, test_a_typo_is_shown_with_its_position, 0,
                      std::size(kRefusals));
  tcase_add_test(tests, test_prompts_outside_the_picture_are_refused);
  tcase_add_test(tests, test_bytes_that_are_not_utf8_are_refused);
  tcase_add_test(tests, test_label_and_mask_in_memory_are_resolved);
  return sam2::test::run("io_prompt_text", tests);
}
