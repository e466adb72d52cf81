#include "eval/scores.h"
#include "io/test_helpers.h"

namespace {

using sam2::FrameRange;
using sam2::ObjectScores;
using sam2::scored_frames;
using sam2::ScoreSummary;
using sam2::Summary;
using sam2::test::error_of;

constexpr double kTolerance = 1e-12;

START_TEST(test_first_and_last_frame_do_not_count) {
  const FrameRange scored = scored_frames("dog", 10, false);
  ck_assert_uint_eq(scored.size(), 8);
  ck_assert(!scored.contains(0));
  ck_assert(scored.contains(1));
  ck_assert(scored.contains(8));
  ck_assert(!scored.contains(9));
}
END_TEST

START_TEST(test_all_frames_are_all_but_the_first) {
  const FrameRange scored = scored_frames("dog", 10, true);
  ck_assert_uint_eq(scored.size(), 9);
  ck_assert(!scored.contains(0));
  ck_assert(scored.contains(9));
}
END_TEST

START_TEST(test_sequence_without_scored_frames_is_refused) {
  ck_assert_uint_eq(scored_frames("dog", 3, false).size(), 1);
  ck_assert_uint_eq(scored_frames("dog", 2, true).size(), 1);
  assert_text_eq(error_of([] { scored_frames("dog", 2, false); }),
                 "The sequence \"dog\" has 2 of the 3 frames needed to score "
                 "one. Give a longer sequence, or --all-frames for one of 2.");
  assert_text_eq(error_of([] { scored_frames("dog", 1, true); }),
                 "The sequence \"dog\" has 1 of the 2 frames needed to score "
                 "one. Give a longer sequence.");
}
END_TEST

START_TEST(test_recall_counts_frames_above_one_half) {
  const Summary summary = sam2::summary_of({1, 0.51, 0.5, 0.25, 0});
  ck_assert_double_eq_tol(summary.mean, 0.452, kTolerance);
  ck_assert_double_eq_tol(summary.recall, 0.4, kTolerance);
}
END_TEST

START_TEST(test_decay_is_the_first_quarter_less_the_last) {
  // Quarters of 9 frames share their ends: 0-2 and 6-8.
  const Summary summary =
      sam2::summary_of({1, 0.9, 0.8, 0, 0, 0, 0.4, 0.2, 0.3});
  ck_assert_double_eq_tol(summary.decay, 0.9 - 0.3, kTolerance);
  ck_assert_double_eq(sam2::summary_of({0.7}).decay, 0);
}
END_TEST

START_TEST(test_summary_takes_scored_frames_only) {
  const ObjectScores object{1, {{1, 1}, {0.5, 0.25}, {0.25, 0.75}, {0, 0}}};
  const ScoreSummary summary = sam2::summary_of(object, {1, 3});
  ck_assert_double_eq(summary.region.mean, 0.375);
  ck_assert_double_eq(summary.boundary.mean, 0.5);
  ck_assert_double_eq(summary.mean(), 0.4375);
}
END_TEST

START_TEST(test_mean_weighs_its_parts_equally) {
  ScoreSummary a;
  a.region = {1, 1, 0.5};
  a.boundary = {0.5, 0, 0};
  const ScoreSummary mean = sam2::mean_of({a, {}, {}, {}});
  ck_assert_double_eq(mean.region.mean, 0.25);
  ck_assert_double_eq(mean.region.recall, 0.25);
  ck_assert_double_eq(mean.region.decay, 0.125);
  ck_assert_double_eq(mean.boundary.mean, 0.125);
}
END_TEST

START_TEST(test_decimals_are_rounded) {
  assert_text_eq(sam2::decimal_text(0.4996, 3), "0.500");
  assert_text_eq(sam2::decimal_text(-2, 0), "-2");
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("scores");
  tcase_add_test(tests, test_first_and_last_frame_do_not_count);
  tcase_add_test(tests, test_all_frames_are_all_but_the_first);
  tcase_add_test(tests, test_sequence_without_scored_frames_is_refused);
  tcase_add_test(tests, test_recall_counts_frames_above_one_half);
  tcase_add_test(tests, test_decay_is_the_first_quarter_less_the_last);
  tcase_add_test(tests, test_summary_takes_scored_frames_only);
  tcase_add_test(tests, test_mean_weighs_its_parts_equally);
  tcase_add_test(tests, test_decimals_are_rounded);
  return sam2::test::run("eval_scores", tests);
}
