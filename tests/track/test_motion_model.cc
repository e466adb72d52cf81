// When motion has a say, and what it says.
#include "track/motion_model.h"
// Last: Check's macros get in the way of C++ headers.
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

constexpr CornerBox kHere = {100, 100, 140, 140};
constexpr CornerBox kElsewhere = {10, 10, 50, 50};

// Stable after 3 frames, good above an IoU of 0.5, motion counts half.
MotionModel model() { return MotionModel({3, 0.5, 0.5}); }

// `count` frames with one candidate of that IoU.
void stay(MotionModel &motion, int count, double iou = 0.9) {
  for (int i = 0; i < count; ++i) motion.choose({{iou, kHere}});
}

KalmanFilter resting_filter(int steps) {
  KalmanFilter filter(measurement_of(kHere));
  for (int i = 0; i < steps; ++i) {
    filter.predict();
    filter.update(measurement_of(kHere));
  }
  return filter;
}

START_TEST(test_largest_predicted_iou_wins_until_stable) {
  MotionModel motion = model();
  for (int frame = 0; frame < 3; ++frame) {
    const MaskChoice choice = motion.choose(
        {{0.6, kHere}, {0.9, kElsewhere}, {0.9, kHere}, {0.8, kHere}});
    ck_assert_uint_eq(choice.index, 1);  // the first of two equal ones
    ck_assert(!choice.kf_score);
    ck_assert_int_eq(motion.stable_frames(), frame + 1);
  }
}
END_TEST

START_TEST(test_motion_has_a_say_exactly_from_the_threshold_on) {
  for (const int frames : {2, 3}) {
    MotionModel motion = model();
    stay(motion, frames);
    const MaskChoice choice = motion.choose({{0.9, kElsewhere}, {0.8, kHere}});
    ck_assert_uint_eq(choice.index, frames == 3 ? 1 : 0);
    ck_assert_int_eq(choice.kf_score.has_value(), frames == 3);
  }
}
END_TEST

START_TEST(test_first_frame_starts_the_filter_whatever_its_iou) {
  MotionModel motion = model();
  ck_assert(!motion.filter());
  motion.choose({{0.0, kHere}});
  ck_assert(motion.filter()->mean() == resting_filter(0).mean());
  ck_assert_int_eq(motion.stable_frames(), 1);
}
END_TEST

START_TEST(test_iou_at_the_threshold_is_bad_until_stable) {
  MotionModel motion = model();
  stay(motion, 2);
  motion.choose({{0.5, kElsewhere}});
  ck_assert_int_eq(motion.stable_frames(), 0);
  // Predicted, not updated.
  KalmanFilter filter = resting_filter(1);
  filter.predict();
  ck_assert(motion.filter()->mean() == filter.mean());
  ck_assert(motion.filter()->covariance() == filter.covariance());
}
END_TEST

START_TEST(test_iou_above_the_threshold_is_good_until_stable) {
  MotionModel motion = model();
  stay(motion, 2);
  motion.choose({{0.5001, kHere}});
  ck_assert_int_eq(motion.stable_frames(), 3);
  ck_assert(motion.filter()->covariance() == resting_filter(2).covariance());
}
END_TEST

START_TEST(test_iou_at_the_threshold_is_good_when_stable) {
  MotionModel motion = model();
  stay(motion, 3);
  ck_assert_double_eq(*motion.choose({{0.5, kHere}}).kf_score, 1);
  ck_assert_int_eq(motion.stable_frames(), 3);
  ck_assert(motion.filter()->covariance() == resting_filter(3).covariance());
}
END_TEST

START_TEST(test_iou_below_the_threshold_ends_stability) {
  MotionModel motion = model();
  stay(motion, 3);
  ck_assert_double_eq(*motion.choose({{0.4999, kElsewhere}}).kf_score, 0);
  ck_assert_int_eq(motion.stable_frames(), 0);
  motion.choose({{0.1, kElsewhere}});
  ck_assert_int_eq(motion.stable_frames(), 1);
  ck_assert(motion.filter()->mean() ==
            KalmanFilter(measurement_of(kElsewhere)).mean());
}
END_TEST

START_TEST(test_weight_decides_between_motion_and_predicted_iou) {
  // Motion says 1 and 0; motion wins if w + (1 - w) 0.6 > (1 - w) 0.9.
  for (const double weight : {0.0, 0.2, 0.25, 1.0}) {
    MotionModel motion({1, 0.5, weight});
    stay(motion, 1);
    const MaskChoice choice = motion.choose({{0.9, kElsewhere}, {0.6, kHere}});
    ck_assert_uint_eq(choice.index, weight > 0.3 / 1.3 ? 1 : 0);
    ck_assert_double_eq(*choice.kf_score, choice.index);
  }
}
END_TEST

START_TEST(test_first_of_equally_good_candidates_is_chosen_by_motion) {
  MotionModel motion({1, 0.5, 0.5});
  stay(motion, 1);
  ck_assert_uint_eq(
      motion.choose({{0.7, kElsewhere}, {0.8, kHere}, {0.8, kHere}}).index, 1);
}
END_TEST

START_TEST(test_empty_candidate_gets_nothing_for_motion) {
  MotionModel motion({1, 0.5, 0.5});
  motion.choose({{0.9, {}}});
  const MaskChoice choice = motion.choose({{0.9, {}}});
  ck_assert_double_eq(*choice.kf_score, 0);
}
END_TEST

START_TEST(test_restart_takes_the_next_box_as_the_first) {
  MotionModel motion = model();
  stay(motion, 5);
  motion.restart();
  const MaskChoice choice = motion.choose({{0.9, kElsewhere}, {0.8, kHere}});
  ck_assert_uint_eq(choice.index, 0);
  ck_assert(!choice.kf_score);
  ck_assert_int_eq(motion.stable_frames(), 1);
  ck_assert(motion.filter()->mean() ==
            KalmanFilter(measurement_of(kElsewhere)).mean());
}
END_TEST

// The picture jumps by 30 px, as when somebody bumps into the camera.
START_TEST(test_jerk_of_the_camera_spoils_the_score_unless_it_is_known) {
  const CornerBox jerked = {130, 100, 170, 140};
  double scores[2];
  for (const bool is_known : {false, true}) {
    MotionModel motion = model();
    stay(motion, 5);
    if (is_known) motion.warp({1, 0, 30, 0, 1, 0});
    scores[is_known] = *motion.choose({{0.9, jerked}}).kf_score;
  }
  ck_assert_double_lt(scores[false], 0.2);
  ck_assert_double_eq_tol(scores[true], 1, 1e-9);
}
END_TEST

START_TEST(test_warp_before_the_first_choice_does_nothing) {
  MotionModel motion = model();
  motion.warp({1, 0, 30, 0, 1, 0});
  ck_assert(!motion.filter());
  stay(motion, 1);
  ck_assert(motion.filter()->mean() == resting_filter(0).mean());
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("motion_model");
  tcase_add_test(tests, test_largest_predicted_iou_wins_until_stable);
  tcase_add_test(tests, test_motion_has_a_say_exactly_from_the_threshold_on);
  tcase_add_test(tests, test_first_frame_starts_the_filter_whatever_its_iou);
  tcase_add_test(tests, test_iou_at_the_threshold_is_bad_until_stable);
  tcase_add_test(tests, test_iou_above_the_threshold_is_good_until_stable);
  tcase_add_test(tests, test_iou_at_the_threshold_is_good_when_stable);
  tcase_add_test(tests, test_iou_below_the_threshold_ends_stability);
  tcase_add_test(tests, test_weight_decides_between_motion_and_predicted_iou);
  tcase_add_test(tests,
                 test_first_of_equally_good_candidates_is_chosen_by_motion);
  tcase_add_test(tests, test_empty_candidate_gets_nothing_for_motion);
  tcase_add_test(tests, test_restart_takes_the_next_box_as_the_first);
  tcase_add_test(tests,
                 test_jerk_of_the_camera_spoils_the_score_unless_it_is_known);
  tcase_add_test(tests, test_warp_before_the_first_choice_does_nothing);
  return run_case("track", tests);
}
