#include <opencv2/core.hpp>

#include "eval/boundary_measure.h"
#include "io/test_helpers.h"

namespace {

using sam2::boundary_map;
using sam2::boundary_similarity;

constexpr double kTolerance = 1e-12;

cv::Mat picture(int width, int height) {
  return cv::Mat(height, width, CV_8UC1, cv::Scalar(0));
}

// A picture of 100x60 with one filled rectangle.
cv::Mat rectangle(const cv::Rect &place) {
  cv::Mat mask = picture(100, 60);
  mask(place).setTo(255);
  return mask;
}

// The left `columns` columns of a picture of 100x60: a boundary that is one
// straight line.
cv::Mat left_part(int columns) { return rectangle({0, 0, columns, 60}); }

const cv::Mat kEmpty = picture(100, 60);
const cv::Mat kFull = left_part(100);

START_TEST(test_tolerance_is_a_share_of_the_diagonal_rounded_up) {
  // Diagonals of 979.7, 494.2, 500, 1006.03 and 14.1 px.
  ck_assert_int_eq(sam2::boundary_tolerance_px({854, 480}), 8);
  ck_assert_int_eq(sam2::boundary_tolerance_px({432, 240}), 4);
  ck_assert_int_eq(sam2::boundary_tolerance_px({300, 400}), 4);
  ck_assert_int_eq(sam2::boundary_tolerance_px({610, 800}), 9);
  ck_assert_int_eq(sam2::boundary_tolerance_px({10, 10}), 1);
}
END_TEST

START_TEST(test_boundary_of_a_pixel_is_it_and_three_before_it) {
  cv::Mat mask = picture(5, 4);
  mask.at<uint8_t>(2, 3) = 1;
  cv::Mat expected = picture(5, 4);
  expected(cv::Rect(2, 1, 2, 2)).setTo(255);
  ck_assert_int_eq(cv::countNonZero(boundary_map(mask) != expected), 0);
}
END_TEST

START_TEST(test_edge_of_the_picture_is_no_boundary) {
  ck_assert_int_eq(cv::countNonZero(boundary_map(kFull)), 0);
  // Only the line inside the picture.
  const cv::Mat line = boundary_map(left_part(40));
  ck_assert_int_eq(cv::countNonZero(line), 60);
  ck_assert_int_eq(cv::countNonZero(line.col(39)), 60);
}
END_TEST

START_TEST(test_equal_masks_score_1) {
  const cv::Mat mask = rectangle({20, 20, 30, 20});
  ck_assert_double_eq(boundary_similarity(mask, mask), 1);
}
END_TEST

START_TEST(test_masks_without_boundaries_score_1) {
  ck_assert_double_eq(boundary_similarity(kEmpty, kEmpty), 1);
  ck_assert_double_eq(boundary_similarity(kFull, kEmpty), 1);
}
END_TEST

START_TEST(test_one_mask_without_boundary_scores_0) {
  const cv::Mat mask = rectangle({20, 20, 30, 20});
  ck_assert_double_eq(boundary_similarity(mask, kEmpty), 0);
  ck_assert_double_eq(boundary_similarity(kEmpty, mask), 0);
}
END_TEST

START_TEST(test_line_moved_by_the_tolerance_matches_and_by_more_does_not) {
  for (const int tolerance_px : {1, 3, 8}) {
    const auto score = [tolerance_px](int moved_px) {
      return boundary_similarity(left_part(40), left_part(40 + moved_px), {},
                                 tolerance_px);
    };
    ck_assert_double_eq(score(tolerance_px), 1);
    ck_assert_double_eq(score(-tolerance_px), 1);
    ck_assert_double_eq(score(tolerance_px + 1), 0);
  }
}
END_TEST

START_TEST(test_tolerance_of_the_picture_is_the_default) {
  // 100x60 has a diagonal of 116.6 px, hence 1 px.
  ck_assert_double_eq(boundary_similarity(left_part(40), left_part(41)), 1);
  ck_assert_double_eq(boundary_similarity(left_part(40), left_part(42)), 0);
}
END_TEST

START_TEST(test_tolerance_is_a_disk_and_not_a_square) {
  // One pixel's boundary is a block of 2x2; moved by (3, 3) only one of its
  // pixels is within 3 px (at a distance of 2.8) of the other block.
  cv::Mat truth = picture(100, 60);
  cv::Mat prediction = truth.clone();
  truth.at<uint8_t>(20, 20) = 255;
  prediction.at<uint8_t>(23, 23) = 255;
  ck_assert_double_eq(boundary_similarity(truth, prediction, {}, 3), 0.25);
}
END_TEST

START_TEST(test_half_of_the_boundary_found_is_half_recall) {
  // Two lines of 60 px, of which the prediction has the first.
  const cv::Mat truth = rectangle({40, 0, 30, 60});
  const cv::Mat prediction = rectangle({40, 0, 60, 60});
  // Precision 1, recall 1/2; the other way round the same.
  ck_assert_double_eq_tol(boundary_similarity(truth, prediction), 2.0 / 3,
                          kTolerance);
  ck_assert_double_eq_tol(boundary_similarity(prediction, truth), 2.0 / 3,
                          kTolerance);
}
END_TEST

START_TEST(test_void_pixels_are_background_in_both_masks) {
  // What differs is void.
  const cv::Mat truth = left_part(40);
  const cv::Mat prediction = left_part(60);
  const cv::Mat void_pixels = rectangle({40, 0, 20, 60});
  ck_assert_double_eq(boundary_similarity(truth, prediction), 0);
  ck_assert_double_eq(boundary_similarity(truth, prediction, void_pixels), 1);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("boundary_measure");
  tcase_add_test(tests, test_tolerance_is_a_share_of_the_diagonal_rounded_up);
  tcase_add_test(tests, test_boundary_of_a_pixel_is_it_and_three_before_it);
  tcase_add_test(tests, test_edge_of_the_picture_is_no_boundary);
  tcase_add_test(tests, test_equal_masks_score_1);
  tcase_add_test(tests, test_masks_without_boundaries_score_1);
  tcase_add_test(tests, test_one_mask_without_boundary_scores_0);
  tcase_add_test(tests,
                 test_line_moved_by_the_tolerance_matches_and_by_more_does_not);
  tcase_add_test(tests, test_tolerance_of_the_picture_is_the_default);
  tcase_add_test(tests, test_tolerance_is_a_disk_and_not_a_square);
  tcase_add_test(tests, test_half_of_the_boundary_found_is_half_recall);
  tcase_add_test(tests, test_void_pixels_are_background_in_both_masks);
  return sam2::test::run("eval_boundary_measure", tests);
}
