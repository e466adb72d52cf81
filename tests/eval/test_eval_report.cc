#include <string>

#include "eval/eval_report.h"
#include "io/json_ptr.h"
#include "io/test_helpers.h"

namespace {

using sam2::SequenceScores;

// Frames of which only the middle two count.
SequenceScores scores_of(const char *name,
                         std::vector<sam2::ObjectScores> objects) {
  SequenceScores scores;
  scores.name = name;
  scores.frame_names = {"00000", "00001", "00002", "00003"};
  scores.objects = std::move(objects);
  scores.seconds = 2;
  scores.peak_memory_bytes = 300 * 1024 * 1024;
  return scores;
}

// J 0.75 and F 0.5.
SequenceScores dog() {
  return scores_of("dog", {{1, {{0, 0}, {1, 0.5}, {0.5, 0.5}, {0, 0}}}});
}

// Two objects: J 0 and 0.5, F 0 and 1.
SequenceScores cats() {
  return scores_of("cats", {{1, {{1, 1}, {0, 0}, {0, 0}, {1, 1}}},
                            {2, {{1, 1}, {0.25, 1}, {0.75, 1}, {1, 1}}}});
}

START_TEST(test_row_has_the_scores_of_the_scored_frames) {
  assert_text_eq(sam2::table_header(),
                 "sequence             objects frames      J      F    J&F  "
                 "recall  decay    fps peak MiB");
  assert_text_eq(sam2::table_row(dog(), {1, 3}),
                 "dog                        1      4  0.750  0.500  0.625   "
                 "0.500  0.500   2.00      300");
}
END_TEST

START_TEST(test_means_weigh_sequences_or_objects) {
  assert_text_eq(sam2::table_means({dog(), cats()}, false),
                 "mean over sequences        3         0.500  0.500  0.500   "
                 "0.375  0.125\n"
                 "mean over objects          3         0.417  0.500  0.458   "
                 "0.333  0.000");
}
END_TEST

START_TEST(test_csv_has_every_frame_and_says_which_count) {
  assert_text_eq(sam2::csv_report({dog()}, false),
                 "sequence,frame,object,scored,J,F\n"
                 "dog,00000,1,0,0.000000,0.000000\n"
                 "dog,00001,1,1,1.000000,0.500000\n"
                 "dog,00002,1,1,0.500000,0.500000\n"
                 "dog,00003,1,0,0.000000,0.000000\n");
}
END_TEST

JsonObject *member_object(JsonObject *object, const char *name) {
  ck_assert(json_object_has_member(object, name));
  return json_object_get_object_member(object, name);
}

START_TEST(test_json_has_settings_means_sequences_and_objects) {
  sam2::EvalOptions options;
  options.model.model_file = "a.pt";
  options.prompt_name = "box";
  sam2::ModelInfo model;
  model.input_size_px = 256;
  const std::string text = sam2::json_report(options, model, {dog(), cats()});
  const sam2::JsonParserPtr parser(json_parser_new());
  ck_assert(json_parser_load_from_data(parser.get(), text.data(), text.size(),
                                       nullptr));
  JsonObject *root = json_node_get_object(json_parser_get_root(parser.get()));
  JsonObject *settings = member_object(root, "settings");
  assert_text_eq(json_object_get_string_member(settings, "model"), "a.pt");
  assert_text_eq(json_object_get_string_member(settings, "prompt"), "box");
  ck_assert_int_eq(json_object_get_int_member(settings, "input_size"), 256);
  ck_assert_double_eq(json_object_get_double_member(
                          member_object(root, "mean_over_sequences"), "J&F"),
                      0.5);
  JsonArray *sequences = json_object_get_array_member(root, "sequences");
  ck_assert_uint_eq(json_array_get_length(sequences), 2);
  JsonObject *second = json_array_get_object_element(sequences, 1);
  assert_text_eq(json_object_get_string_member(second, "name"), "cats");
  ck_assert_int_eq(json_object_get_int_member(second, "frames"), 4);
  ck_assert_int_eq(json_object_get_int_member(second, "scored_frames"), 2);
  JsonObject *object = json_array_get_object_element(
      json_object_get_array_member(second, "objects"), 1);
  ck_assert_int_eq(json_object_get_int_member(object, "id"), 2);
  ck_assert_double_eq(
      json_object_get_double_member(member_object(object, "J"), "mean"), 0.5);
  ck_assert_double_eq(
      json_object_get_double_member(member_object(object, "F"), "recall"), 1);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("eval_report");
  tcase_add_test(tests, test_row_has_the_scores_of_the_scored_frames);
  tcase_add_test(tests, test_means_weigh_sequences_or_objects);
  tcase_add_test(tests, test_csv_has_every_frame_and_says_which_count);
  tcase_add_test(tests, test_json_has_settings_means_sequences_and_objects);
  return sam2::test::run("eval_eval_report", tests);
}
