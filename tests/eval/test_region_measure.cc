#include <opencv2/core.hpp>

#include "eval/region_measure.h"
#include "io/test_helpers.h"

namespace {

using sam2::region_similarity;

// Rounding of one division.
constexpr double kTolerance = 1e-12;

// A picture of 40x30 with one filled rectangle.
cv::Mat rectangle(const cv::Rect &place, int value = 255) {
  cv::Mat mask(30, 40, CV_8UC1, cv::Scalar(0));
  mask(place).setTo(value);
  return mask;
}

const cv::Mat kEmpty(30, 40, CV_8UC1, cv::Scalar(0));
const cv::Mat kFull(30, 40, CV_8UC1, cv::Scalar(255));

START_TEST(test_equal_masks_score_1) {
  const cv::Mat mask = rectangle({5, 6, 10, 10});
  ck_assert_double_eq(region_similarity(mask, mask), 1);
  ck_assert_double_eq(region_similarity(kFull, kFull), 1);
}
END_TEST

START_TEST(test_two_empty_masks_score_1) {
  ck_assert_double_eq(region_similarity(kEmpty, kEmpty), 1);
}
END_TEST

START_TEST(test_empty_against_full_scores_0) {
  ck_assert_double_eq(region_similarity(kEmpty, kFull), 0);
  ck_assert_double_eq(region_similarity(kFull, kEmpty), 0);
}
END_TEST

START_TEST(test_shifted_square_scores_its_overlap) {
  const cv::Mat truth = rectangle({5, 6, 10, 10});
  // 10x10 moved by 2: 80 of 120 pixels. By 5 both ways: 25 of 175.
  ck_assert_double_eq_tol(region_similarity(truth, rectangle({7, 6, 10, 10})),
                          80.0 / 120, kTolerance);
  ck_assert_double_eq_tol(region_similarity(truth, rectangle({10, 11, 10, 10})),
                          25.0 / 175, kTolerance);
  ck_assert_double_eq(region_similarity(truth, rectangle({20, 6, 10, 10})), 0);
}
END_TEST

START_TEST(test_any_value_but_0_is_object) {
  const cv::Mat truth = rectangle({5, 6, 10, 10}, 1);
  ck_assert_double_eq_tol(
      region_similarity(truth, rectangle({7, 6, 10, 10}, 2)), 80.0 / 120,
      kTolerance);
}
END_TEST

START_TEST(test_void_pixels_count_for_neither_mask) {
  const cv::Mat truth = rectangle({5, 6, 10, 10});
  const cv::Mat prediction = rectangle({7, 6, 10, 10});
  // Without the columns 15 and 16 the prediction is 80 of 100 pixels.
  ck_assert_double_eq_tol(
      region_similarity(truth, prediction, rectangle({15, 0, 2, 30}, 1)), 0.8,
      kTolerance);
  ck_assert_double_eq(region_similarity(truth, kEmpty, kFull), 1);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("region_measure");
  tcase_add_test(tests, test_equal_masks_score_1);
  tcase_add_test(tests, test_two_empty_masks_score_1);
  tcase_add_test(tests, test_empty_against_full_scores_0);
  tcase_add_test(tests, test_shifted_square_scores_its_overlap);
  tcase_add_test(tests, test_any_value_but_0_is_object);
  tcase_add_test(tests, test_void_pixels_count_for_neither_mask);
  return sam2::test::run("eval_region_measure", tests);
}
