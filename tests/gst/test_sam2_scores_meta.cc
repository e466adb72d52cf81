#include "sam2_scores_meta.h"
#include "support/gst_test.h"

namespace {

GST_START_TEST(test_a_buffer_without_scores_has_none) {
  const sam2::BufferPtr buffer(gst_buffer_new());
  fail_unless(sam2::read_scores(buffer.get()).empty());
}
GST_END_TEST

GST_START_TEST(test_a_copy_keeps_its_scores_when_the_original_is_gone) {
  sam2::BufferPtr buffer(gst_buffer_new());
  sam2::add_scores_meta(buffer.get(), {{7, 1.5f}, {-3, -2.0f, true, 0.5f, 4}});
  const sam2::BufferPtr copy(gst_buffer_copy(buffer.get()));
  buffer.reset();
  const auto scores = sam2::read_scores(copy.get());
  fail_unless_equals_int(scores.size(), 2);
  fail_unless_equals_int64(scores[1].object_id, -3);
  fail_unless_equals_float(scores[1].object_score, -2.0f);
  fail_unless(scores[1].is_coasted && !scores[0].is_coasted);
  fail_unless(scores[1].kf_score == 0.5f);
  fail_unless(scores[1].stable_frames == 4);
  fail_unless(!scores[0].kf_score && !scores[0].stable_frames);
}
GST_END_TEST

// Two trackers in one pipeline.
GST_START_TEST(test_scores_of_two_producers_are_found_together) {
  const sam2::BufferPtr buffer(gst_buffer_new());
  sam2::add_scores_meta(buffer.get(), {{7, 1.5f}});
  sam2::add_scores_meta(buffer.get(), {{8, 2.5f}});
  const auto scores = sam2::read_scores(buffer.get());
  fail_unless_equals_int(scores.size(), 2);
  fail_unless_equals_int64(scores[0].object_id, 7);
  fail_unless_equals_int64(scores[1].object_id, 8);
}
GST_END_TEST

// What an application sees, which has none of our headers.
GstStructure *seen_structure(const sam2::BufferPtr &buffer) {
  GstCustomMeta *meta =
      gst_buffer_get_custom_meta(buffer.get(), "GstSam2ScoresMeta");
  fail_unless(meta != nullptr);
  return gst_custom_meta_get_structure(meta);
}

std::string seen_object(const sam2::BufferPtr &buffer, guint index) {
  const GValue *objects =
      gst_structure_get_value(seen_structure(buffer), "objects");
  fail_unless(GST_VALUE_HOLDS_ARRAY(objects));
  const GValue *object = gst_value_array_get_value(objects, index);
  return sam2::CharPtr(gst_structure_to_string(gst_value_get_structure(object)))
      .get();
}

GST_START_TEST(test_scores_are_the_structure_of_a_custom_meta) {
  const sam2::BufferPtr buffer(gst_buffer_new());
  sam2::add_scores_meta(buffer.get(), {{7, 1.5f}, {8, 0, true, 0.5f, 4}});
  const std::string one = seen_object(buffer, 0);
  fail_unless_equals_string(one.c_str(),
                            "object, object-id=(gint64)7, object-score=(double)"
                            "1.5, coasted=(boolean)false;");
  const std::string other = seen_object(buffer, 1);
  fail_unless_equals_string(
      other.c_str(),
      "object, object-id=(gint64)8, object-score=(double)0, coasted=(boolean)"
      "true, kf-score=(double)0.5, stable-frames=(int)4;");
}
GST_END_TEST

GST_START_TEST(test_entries_of_another_form_are_left_out) {
  const sam2::BufferPtr buffer(gst_buffer_new());
  sam2::add_scores_meta(buffer.get(), {{7, 1.5f}});
  GstStructure *structure = seen_structure(buffer);
  GValue objects = G_VALUE_INIT;
  g_value_init(&objects, GST_TYPE_ARRAY);
  GValue foreign = G_VALUE_INIT;
  g_value_init(&foreign, GST_TYPE_STRUCTURE);
  g_value_take_boxed(&foreign, gst_structure_new("object", "object-id",
                                                 G_TYPE_STRING, "7", nullptr));
  gst_value_array_append_and_take_value(&objects, &foreign);
  gst_structure_take_value(structure, "objects", &objects);
  fail_unless(sam2::read_scores(buffer.get()).empty());
  gst_structure_set(structure, "objects", G_TYPE_INT, 5, nullptr);
  fail_unless(sam2::read_scores(buffer.get()).empty());
}
GST_END_TEST

GST_START_TEST(test_no_tag_makes_converters_drop_scores) {
  const sam2::BufferPtr buffer(gst_buffer_new());
  sam2::add_scores_meta(buffer.get(), {{7, 1.5f}});
  const gchar *const *tags =
      gst_meta_api_type_get_tags(gst_meta_get_info("GstSam2ScoresMeta")->api);
  fail_unless(!tags || !tags[0]);
}
GST_END_TEST

Suite *sam2_scores_meta_suite() {
  Suite *suite = suite_create("sam2_scores_meta");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_a_buffer_without_scores_has_none);
  tcase_add_test(cases, test_a_copy_keeps_its_scores_when_the_original_is_gone);
  tcase_add_test(cases, test_scores_of_two_producers_are_found_together);
  tcase_add_test(cases, test_scores_are_the_structure_of_a_custom_meta);
  tcase_add_test(cases, test_entries_of_another_form_are_left_out);
  tcase_add_test(cases, test_no_tag_makes_converters_drop_scores);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(sam2_scores_meta)
