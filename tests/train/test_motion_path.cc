#include <cmath>
#include <opencv2/core.hpp>

#include "io/test_helpers.h"
#include "motion_path.h"

namespace {

using sam2::train::Curve;
using sam2::train::ElasticWarp;
using sam2::train::Excursion;
using sam2::train::MotionPath;
using sam2::train::Pace;
using sam2::train::Pose;
using sam2::train::Random;

constexpr double kTolerance = 1e-9;

START_TEST(test_object_is_at_its_place_at_the_anchor) {
  Random random(1);
  for (const double anchor : {0.0, 7.0}) {
    const MotionPath path =
        sam2::train::object_path(random, Pace::kFast, {30, 70}, anchor, 256);
    ck_assert_double_eq_tol(path.at(anchor).centre.x, 30, kTolerance);
    ck_assert_double_eq_tol(path.at(anchor).centre.y, 70, kTolerance);
    ck_assert_double_eq_tol(path.at(anchor).scale, 1, kTolerance);
  }
}
END_TEST

START_TEST(test_fast_objects_move_more_than_still_ones) {
  Random random(2);
  double moved[2] = {};
  for (int i = 0; i < 50; ++i)
    for (const Pace pace : {Pace::kStill, Pace::kFast}) {
      const MotionPath path =
          sam2::train::object_path(random, pace, {0, 0}, 0, 256);
      moved[pace == Pace::kFast] += cv::norm(path.at(1).centre);
    }
  ck_assert_double_gt(moved[1], 5 * moved[0]);
  ck_assert_double_lt(moved[0] / 50, 1);
}
END_TEST

START_TEST(test_excursion_goes_away_and_comes_back) {
  const Excursion excursion{3, 5, 2, {100, -40}};
  ck_assert_double_eq_tol(cv::norm(excursion.at(1)), 0, kTolerance);
  ck_assert_double_gt(excursion.at(2).x, 1);
  for (const double time : {3.0, 4.0, 5.0})
    ck_assert_double_eq_tol(excursion.at(time).y, -40, kTolerance);
  ck_assert_double_eq_tol(cv::norm(excursion.at(7)), 0, kTolerance);
}
END_TEST

START_TEST(test_pose_puts_the_middle_of_the_picture_on_its_centre) {
  Pose pose;
  pose.centre = {12, 34};
  pose.angle = 0.7;
  pose.scale = 2;
  pose.stretch = 1.3;
  const cv::Matx33d matrix = pose.matrix({21, 11});
  const cv::Vec3d middle = matrix * cv::Vec3d(10, 5, 1);
  ck_assert_double_eq_tol(middle[0], 12, kTolerance);
  ck_assert_double_eq_tol(middle[1], 34, kTolerance);
  const double area = matrix(0, 0) * matrix(1, 1) - matrix(0, 1) * matrix(1, 0);
  ck_assert_double_eq_tol(area, 4, kTolerance);
}
END_TEST

// Where the shift changes faster than the place, the picture folds.
START_TEST(test_warp_never_folds_the_picture) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    Random random(seed);
    const ElasticWarp warp(random, 0.3);
    ck_assert(warp.bends());
    for (double at = 0; at < 1; at += 0.01) {
      const cv::Point2d change =
          warp.shift({at + 1e-4, 0.4}, 3) - warp.shift({at, 0.4}, 3);
      ck_assert_double_lt(cv::norm(change), 1e-4);
    }
  }
}
END_TEST

START_TEST(test_default_warp_bends_nothing) {
  ck_assert(!ElasticWarp().bends());
  ck_assert_double_eq(cv::norm(ElasticWarp().shift({0.3, 0.4}, 5)), 0);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("motion_path");
  tcase_add_test(tests, test_object_is_at_its_place_at_the_anchor);
  tcase_add_test(tests, test_fast_objects_move_more_than_still_ones);
  tcase_add_test(tests, test_excursion_goes_away_and_comes_back);
  tcase_add_test(tests, test_pose_puts_the_middle_of_the_picture_on_its_centre);
  tcase_add_test(tests, test_warp_never_folds_the_picture);
  tcase_add_test(tests, test_default_warp_bends_nothing);
  return sam2::test::run("train_motion_path", tests);
}
