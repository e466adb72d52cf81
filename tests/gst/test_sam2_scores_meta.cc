#include "sam2_scores_meta.h"
#include "support/gst_test.h"

namespace {

GST_START_TEST(test_a_buffer_without_scores_has_none) {
  const sam2::BufferPtr buffer(gst_buffer_new());
  fail_unless(sam2::find_scores(buffer.get()) == nullptr);
}
GST_END_TEST

GST_START_TEST(test_a_copy_keeps_its_scores_when_the_original_is_gone) {
  sam2::BufferPtr buffer(gst_buffer_new());
  sam2::add_scores_meta(buffer.get(), {{7, 1.5f}, {-3, -2.0f, true, 0.5f, 4}});
  const sam2::BufferPtr copy(gst_buffer_copy(buffer.get()));
  buffer.reset();
  const auto *scores = sam2::find_scores(copy.get());
  fail_unless(scores && scores->size() == 2);
  fail_unless_equals_int64(scores->at(1).object_id, -3);
  fail_unless_equals_float(scores->at(1).object_score, -2.0f);
  fail_unless(scores->at(1).is_coasted);
  fail_unless(scores->at(1).kf_score == 0.5f);
  fail_unless(scores->at(1).stable_frames == 4);
  fail_unless(!scores->at(0).kf_score && !scores->at(0).stable_frames);
}
GST_END_TEST

// Two trackers in one pipeline.
GST_START_TEST(test_scores_of_two_producers_are_found_together) {
  const sam2::BufferPtr buffer(gst_buffer_new());
  sam2::add_scores_meta(buffer.get(), {{7, 1.5f}});
  sam2::add_scores_meta(buffer.get(), {{8, 2.5f}});
  const auto *scores = sam2::find_scores(buffer.get());
  fail_unless(scores && scores->size() == 2);
  fail_unless_equals_int64(scores->at(0).object_id, 7);
  fail_unless_equals_int64(scores->at(1).object_id, 8);
}
GST_END_TEST

GST_START_TEST(test_no_tag_makes_converters_drop_scores) {
  const gchar *const *tags =
      gst_meta_api_type_get_tags(sam2::scores_meta_info()->api);
  fail_unless(!tags || !tags[0]);
}
GST_END_TEST

Suite *sam2_scores_meta_suite() {
  Suite *suite = suite_create("sam2_scores_meta");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_a_buffer_without_scores_has_none);
  tcase_add_test(cases, test_a_copy_keeps_its_scores_when_the_original_is_gone);
  tcase_add_test(cases, test_scores_of_two_producers_are_found_together);
  tcase_add_test(cases, test_no_tag_makes_converters_drop_scores);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(sam2_scores_meta)
