// The Kalman filter against sequences of the reference, and at its edges.
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/tensor.h>

#include <cmath>

#include "golden_file.h"
#include "track/kalman_filter.h"
// Last: Check's macros get in the way of C++ headers.
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

// 30 boxes each: one that moves evenly, one that is empty at times (frames 7,
// 8, 20), one that every fourth frame is not seen.
constexpr const char *kSequences[] = {"s0.", "s1.", "s2."};
constexpr int kSequenceCount = 3;

const GoldenFile &goldens() {
  static const GoldenFile file("kalman");
  return file;
}

CornerBox corner_box(const at::Tensor &row) {
  const auto *v = row.data_ptr<int64_t>();
  return {double(v[0]), double(v[1]), double(v[2]), double(v[3])};
}

at::Tensor vector_of(const KalmanMean &mean) {
  return at::tensor(std::vector<double>(mean.begin(), mean.end()));
}

at::Tensor matrix_of(const KalmanCovariance &covariance) {
  std::vector<double> all;
  for (const KalmanMean &row : covariance)
    all.insert(all.end(), row.begin(), row.end());
  return at::tensor(all).view({8, 8});
}

void compare_state(Comparison &comparison, const std::string &name,
                   const KalmanFilter &filter, const at::Tensor &mean,
                   const at::Tensor &covariance) {
  comparison.close(name + " mean", vector_of(filter.mean()), mean, kKalman);
  comparison.close(name + " covariance", matrix_of(filter.covariance()),
                   covariance, kKalman);
}

START_TEST(test_sequence_equals_the_reference_frame_by_frame) {
  const std::string s = kSequences[_i];
  const at::Tensor boxes = goldens().tensor(s + "boxes");
  Comparison comparison;
  KalmanFilter filter(measurement_of(corner_box(boxes[0])));
  for (int64_t t = 0; t < boxes.size(0); ++t) {
    const std::string at = "frame " + std::to_string(t);
    const BoxMeasurement seen = measurement_of(corner_box(boxes[t]));
    comparison.close(at + " measurement",
                     at::tensor(std::vector<double>(seen.begin(), seen.end())),
                     goldens().tensor(s + "xyah")[t], kKalman);
    if (t > 0) {
      filter.predict();
      compare_state(comparison, at + " predicted", filter,
                    goldens().tensor(s + "pred_mean")[t - 1],
                    goldens().tensor(s + "pred_cov")[t - 1]);
      for (int64_t c = 0; c < 3; ++c)
        comparison.close(
            at + " IoU",
            at::scalar_tensor(
                box_iou(filter.box(), corner_box(goldens().tensor(
                                          s + "candidates")[t - 1][c])),
                at::kDouble),
            goldens().tensor(s + "candidate_iou")[t - 1][c], kKalman);
      if (goldens().tensor(s + "updated").data_ptr<uint8_t>()[t - 1])
        filter.update(seen);
    }
    compare_state(comparison, at, filter, goldens().tensor(s + "mean")[t],
                  goldens().tensor(s + "cov")[t]);
  }
  assert_clean(comparison);
}
END_TEST

START_TEST(test_box_that_does_not_move_is_predicted_where_it_is) {
  const CornerBox box = {10, 20, 50, 100};
  KalmanFilter filter(measurement_of(box));
  for (int i = 0; i < 100; ++i) {
    filter.predict();
    ck_assert_double_eq(box_iou(filter.box(), box), 1);
    filter.update(measurement_of(box));
  }
}
END_TEST

START_TEST(test_box_that_moves_evenly_is_followed) {
  KalmanFilter filter(measurement_of({0, 0, 40, 40}));
  for (int i = 1; i < 60; ++i) {
    filter.predict();
    filter.update(measurement_of({3.0 * i, 0, 3.0 * i + 40, 40}));
  }
  filter.predict();
  ck_assert_double_eq_tol(filter.box().left, 180, 0.5);
  ck_assert_double_eq_tol(filter.mean()[4], 3, 0.05);
}
END_TEST

START_TEST(test_boxes_apart_empty_or_without_area_have_nothing_in_common) {
  const CornerBox box = {10, 10, 20, 20};
  ck_assert_double_eq(box_iou(box, {20, 10, 30, 20}), 0);
  ck_assert_double_eq(box_iou(box, {10, 21, 20, 30}), 0);
  ck_assert_double_eq(box_iou(box, {30, 30, 40, 40}), 0);
  ck_assert_double_eq(box_iou({-5, -5, 5, 5}, {}), 0);
  ck_assert_double_eq(box_iou({3, 3, 3, 3}, {3, 3, 3, 3}), 0);
  ck_assert_double_eq(box_iou(box, {10, 10, 15, 20}), 0.5);
  ck_assert_double_eq(box_iou({0, 0, 4, 4}, {0, 0, 4, 2}), 0.5);
}
END_TEST

START_TEST(test_state_stays_finite_for_boxes_of_a_pixel_or_none) {
  KalmanFilter filter(measurement_of({}));
  for (int i = 0; i < 1000; ++i) {
    filter.predict();
    filter.update(
        measurement_of(i % 3 == 0 ? CornerBox{} : CornerBox{7, 7, 7, 7}));
    for (double value : filter.mean()) ck_assert(std::isfinite(value));
  }
}
END_TEST

KalmanFilter moving_filter() {
  KalmanFilter filter(measurement_of({0, 0, 40, 60}));
  for (int i = 1; i < 9; ++i) {
    filter.predict();
    filter.update(measurement_of({3.0 * i, -2.0 * i, 4.0 * i + 40, 60}));
  }
  return filter;
}

START_TEST(test_warp_by_the_identity_changes_no_bit) {
  KalmanFilter filter = moving_filter();
  filter.warp({});
  ck_assert(filter.mean() == moving_filter().mean());
  ck_assert(filter.covariance() == moving_filter().covariance());
}
END_TEST

// Filtering in other pixels is the same as filtering and then changing them:
// all noise goes with the height.
START_TEST(test_warped_filter_is_that_of_the_warped_boxes) {
  constexpr double kZoom = 2.5;
  const PlaneMap map = {kZoom, 0, 30, 0, kZoom, -7};
  const auto seen = [](int i) {
    return CornerBox{3.0 * i, -2.0 * i, 4.0 * i + 40, 60};
  };
  const auto warped = [&](const CornerBox &b) {
    return CornerBox{map.x_of(b.left, b.top), map.y_of(b.left, b.top),
                     map.x_of(b.right, b.bottom), map.y_of(b.right, b.bottom)};
  };
  KalmanFilter before(measurement_of(seen(0)));
  KalmanFilter after(measurement_of(warped(seen(0))));
  for (int i = 1; i < 12; ++i) {
    before.predict();
    before.update(measurement_of(seen(i)));
    after.predict();
    after.update(measurement_of(warped(seen(i))));
  }
  before.warp(map);
  Comparison comparison;
  compare_state(comparison, "warped", before, vector_of(after.mean()),
                matrix_of(after.covariance()));
  assert_clean(comparison);
}
END_TEST

// Two steps of a quarter turn are a half turn; the covariance's too.
START_TEST(test_turn_takes_velocities_and_variances_along) {
  const KalmanFilter before = moving_filter();
  KalmanFilter turned = before;
  turned.warp({0, -1, 100, 1, 0, 0});
  ck_assert_double_eq_tol(turned.mean()[0], 100 - before.mean()[1], 1e-9);
  ck_assert_double_eq_tol(turned.mean()[1], before.mean()[0], 1e-9);
  ck_assert_double_eq_tol(turned.mean()[4], -before.mean()[5], 1e-9);
  ck_assert_double_eq_tol(turned.mean()[5], before.mean()[4], 1e-9);
  ck_assert_double_eq_tol(turned.covariance()[0][5], -before.covariance()[1][4],
                          1e-9);
  turned.warp({0, -1, 100, 1, 0, 0});
  ck_assert_double_eq_tol(turned.mean()[4], -before.mean()[4], 1e-9);
  for (int i = 2; i < 4; ++i)
    ck_assert_double_eq_tol(turned.mean()[i], before.mean()[i], 1e-9);
  for (int row = 0; row < 8; ++row)
    for (int k = 0; k < 8; ++k) {
      const bool is_odd = (row % 4 < 2) != (k % 4 < 2);
      ck_assert_double_eq_tol(turned.covariance()[row][k],
                              (is_odd ? -1 : 1) * before.covariance()[row][k],
                              1e-9);
    }
}
END_TEST

START_TEST(test_sides_stretch_by_as_much_as_the_axes) {
  KalmanFilter filter(measurement_of({10, 20, 50, 100}));
  filter.warp({2, 0, 0, 0, 0.5, 0});
  const CornerBox box = filter.box();
  ck_assert_double_eq_tol(box.left, 20, 1e-9);
  ck_assert_double_eq_tol(box.right, 100, 1e-9);
  ck_assert_double_eq_tol(box.top, 10, 1e-9);
  ck_assert_double_eq_tol(box.bottom, 50, 1e-9);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("kalman_filter");
  tcase_add_loop_test(tests, test_sequence_equals_the_reference_frame_by_frame,
                      0, kSequenceCount);
  tcase_add_test(tests, test_box_that_does_not_move_is_predicted_where_it_is);
  tcase_add_test(tests, test_box_that_moves_evenly_is_followed);
  tcase_add_test(tests,
                 test_boxes_apart_empty_or_without_area_have_nothing_in_common);
  tcase_add_test(tests, test_state_stays_finite_for_boxes_of_a_pixel_or_none);
  tcase_add_test(tests, test_warp_by_the_identity_changes_no_bit);
  tcase_add_test(tests, test_warped_filter_is_that_of_the_warped_boxes);
  tcase_add_test(tests, test_turn_takes_velocities_and_variances_along);
  tcase_add_test(tests, test_sides_stretch_by_as_much_as_the_axes);
  return run_case("track", tests);
}
