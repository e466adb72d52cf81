#include <fstream>
#include <string>
#include <vector>

#include "io/png_writer.h"
#include "io/prompt_file.h"
#include "io/result_json.h"
#include "io/test_helpers.h"

namespace {

using sam2::FrameResult;
using sam2::ObjectResult;
using sam2::Prompt;
using sam2::TimedPrompt;
using sam2::test::error_of;

const std::string kFolder = TEST_OUTPUT_FOLDER "/prompt_file_";

std::vector<TimedPrompt> prompts_of(const std::string &text) {
  const std::string path = kFolder + "text";
  std::ofstream(path, std::ios::binary) << text;
  return sam2::load_prompt_file(path, 0.6);
}

// Objects 1 (mask), 5 (box alone), 6 (lost) and 7 (no pixel).
FrameResult sample() {
  FrameResult frame;
  frame.frame_index = 3;
  frame.frame_size = {5, 4};
  frame.objects.resize(4);
  frame.objects[0].object_id = 1;
  frame.objects[0].label = "dog";
  frame.objects[0].box = {1, 1, 3, 2};
  frame.objects[0].mask = {3, 2, {255, 255, 255, 255, 0, 255}};
  frame.objects[1].object_id = 5;
  frame.objects[1].box = {1, 0, 2, 4};
  frame.objects[2].object_id = 6;
  frame.objects[2].is_lost = true;
  frame.objects[2].box = {1, 1, 2, 2};
  frame.objects[3].object_id = 7;
  return frame;
}

START_TEST(test_objects_of_a_line_become_prompts_at_its_time) {
  const auto prompts = prompts_of(sam2::json_from_result(sample(), 40) + "\n");
  ck_assert_uint_eq(prompts.size(), 2);
  ck_assert_int_eq(*prompts[0].time_ns, 40);
  ck_assert(!prompts[0].frame_index.has_value());
  const Prompt dog = sam2::resolve(prompts[0], {5, 4});
  ck_assert_int_eq(dog.object_id, 1);
  assert_text_eq(dog.label, "dog");
  ck_assert(!dog.box.has_value());
  ck_assert_int_eq(dog.mask->width, 5);
  ck_assert((dog.mask->pixels == std::vector<uint8_t>{0, 0,   0,   0,   0,  //
                                                      0, 255, 255, 255, 0,  //
                                                      0, 255, 0,   255, 0,  //
                                                      0, 0,   0,   0,   0}));
  const Prompt box = sam2::resolve(prompts[1], {50, 80});
  ck_assert_int_eq(box.object_id, 5);
  ck_assert(!box.mask.has_value());
  ck_assert_float_eq_tol(box.box->x, 10, 1e-4);
  ck_assert_float_eq_tol(box.box->width, 20, 1e-4);
  ck_assert_float_eq_tol(box.box->height, 80, 1e-4);
}
END_TEST

START_TEST(test_a_line_without_time_names_the_frame) {
  const auto prompts =
      prompts_of(sam2::json_from_result(sample(), std::nullopt));
  ck_assert_int_eq(*prompts.at(0).frame_index, 3);
  ck_assert(!prompts.at(0).time_ns.has_value());
}
END_TEST

START_TEST(test_later_lines_follow_with_the_same_ids) {
  const auto prompts =
      prompts_of("\xEF\xBB\xBF \t\r\n" + sam2::json_from_result(sample(), 0) +
                 "\r\n\r\n" + sam2::json_from_result(sample(), 80));
  ck_assert_uint_eq(prompts.size(), 4);
  ck_assert_int_eq(*prompts[1].time_ns, 0);
  ck_assert_int_eq(*prompts[2].time_ns, 80);
  ck_assert_int_eq(prompts[2].object_id, 1);
}
END_TEST

std::string refusal(const std::string &text) {
  return error_of([&text] { prompts_of(text); });
}

START_TEST(test_mistakes_in_lines_are_refused) {
  const std::string path = kFolder + "text";
  assert_text_eq(refusal(sam2::json_from_result(sample(), 0) + "\n{}\n"),
                 "Could not read line 2 of \"" + path +
                     "\", column 2: \"frame\" is missing. Give NDJSON as "
                     "sam2jsonenc writes it.");
  FrameResult untracked = sample();
  untracked.objects[1].object_id = -1;
  assert_text_eq(refusal(sam2::json_from_result(untracked, 0)),
                 "Could not use line 1 of \"" + path +
                     "\": an object has the id -1, so nobody tracks it. Give "
                     "each object an id of its own.");
}
END_TEST

START_TEST(test_a_file_without_object_is_refused) {
  FrameResult lost = sample();
  lost.objects = {lost.objects[2], lost.objects[3]};
  assert_text_eq(refusal(sam2::json_from_result(lost, 0)),
                 "There is no object in the prompt file \"" + kFolder +
                     "text\" that has a mask or a box. Give one with an object "
                     "that is not lost.");
}
END_TEST

START_TEST(test_too_many_prompts_are_refused) {
  FrameResult many;
  many.frame_size = {5, 4};
  ObjectResult object;
  object.box = {0, 0, 1, 1};
  many.objects.assign(1000, object);
  const std::string line = sam2::json_from_result(many, 0) + "\n";
  std::string text;
  for (int i = 0; i < 100; ++i) text += line;
  ck_assert_uint_eq(prompts_of(text).size(), 100000);
  assert_text_eq(refusal(text + line),
                 "Could not use line 101 of \"" + kFolder +
                     "text\": there are more than 100000 prompts. Give the "
                     "lines alone that are meant as prompts, such as the "
                     "first.");
}
END_TEST

START_TEST(test_a_file_above_64_mib_is_refused) {
  std::string line = sam2::json_from_result(sample(), 0);
  line.resize((1 << 20) - 1, ' ');
  std::string text;
  for (int i = 0; i < 65; ++i) text += line + "\n";
  assert_text_eq(refusal(text),
                 "Could not use line 65 of \"" + kFolder +
                     "text\": the line or the file is too large (16 and 64 "
                     "MiB). Give the lines alone that are meant as prompts, "
                     "such as the first.");
}
END_TEST

START_TEST(test_a_label_map_gives_masks_on_frame_0) {
  const std::string path = kFolder + "labels.png";
  ck_assert(sam2::test::write_png(path, 3, 1, PNG_FORMAT_GRAY, {0, 7, 255}));
  const auto prompts = sam2::load_prompt_file(path, 0.6);
  ck_assert_uint_eq(prompts.size(), 1);
  ck_assert_int_eq(*prompts[0].frame_index, 0);
  const Prompt prompt = sam2::resolve(prompts[0], {3, 1});
  ck_assert_int_eq(prompt.object_id, 7);
  ck_assert((prompt.mask->pixels == std::vector<uint8_t>{0, 255, 0}));
}
END_TEST

START_TEST(test_a_black_and_white_picture_is_refused) {
  const std::string path = kFolder + "white.png";
  ck_assert(sam2::test::write_png(path, 2, 1, PNG_FORMAT_GRAY, {0, 255}));
  assert_text_eq(error_of([&path] { sam2::load_prompt_file(path, 0.6); }),
                 "There is no object in the prompt file \"" + path +
                     "\": its labels are 0 and 255 (void) alone. Give other "
                     "labels; for one black and white mask set prompt to "
                     "\"1:mask=FILE\".");
}
END_TEST

START_TEST(test_body_parts_become_clicks) {
  const auto prompts = prompts_of(
      "scorer,a,a,a\nbodyparts,nose,nose,nose\ncoords,x,y,likelihood\n"
      "9,3,2,0.7\n");
  ck_assert_uint_eq(prompts.size(), 1);
  ck_assert_int_eq(*prompts[0].frame_index, 9);
  const Prompt prompt = sam2::resolve(prompts[0], {5, 4});
  assert_text_eq(prompt.label, "nose");
  ck_assert_float_eq(prompt.points.at(0).x_px, 3);
}
END_TEST

START_TEST(test_files_of_other_kinds_are_refused) {
  const std::string expected =
      "The prompt file \"" + kFolder +
      "text\" is of an unknown kind. Give NDJSON as sam2jsonenc writes it, a "
      "PNG label map or the CSV that DeepLabCut writes for a video.";
  for (const char *text : {"", "\n \n", "[]", "1:box=1,2,3,4", "\xFF\xD8\xFF"})
    assert_text_eq(refusal(text), expected);
  assert_text_eq(error_of([] { sam2::load_prompt_file("/nowhere/a", 0.6); }),
                 "Could not open \"/nowhere/a\": No such file or directory. "
                 "Set prompt-file to a file of prompts that may be read.");
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("prompt_file");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, test_objects_of_a_line_become_prompts_at_its_time);
  tcase_add_test(tests, test_a_line_without_time_names_the_frame);
  tcase_add_test(tests, test_later_lines_follow_with_the_same_ids);
  tcase_add_test(tests, test_mistakes_in_lines_are_refused);
  tcase_add_test(tests, test_a_file_without_object_is_refused);
  tcase_add_test(tests, test_too_many_prompts_are_refused);
  tcase_add_test(tests, test_a_file_above_64_mib_is_refused);
  tcase_add_test(tests, test_a_label_map_gives_masks_on_frame_0);
  tcase_add_test(tests, test_a_black_and_white_picture_is_refused);
  tcase_add_test(tests, test_body_parts_become_clicks);
  tcase_add_test(tests, test_files_of_other_kinds_are_refused);
  return sam2::test::run("io_prompt_file", tests);
}
