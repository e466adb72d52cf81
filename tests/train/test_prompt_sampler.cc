// Sampled prompts lie where a user would put them.
#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include "prompt_sampler.h"
// Last: Check's macros get in the way of C++ headers.
#include "support/run_tests.h"

using namespace sam2;
using namespace sam2::train;

namespace {

constexpr int64_t kSide = 64;

// Rows 8...23 and columns 16...47 of one object.
at::Tensor rectangle() {
  at::Tensor mask = at::zeros({1, kSide, kSide}, at::kByte);
  mask.slice(1, 8, 24).slice(2, 16, 48).fill_(1);
  return mask;
}

double x_of(const PointInput &points, int64_t i) {
  return points.coords[0][i][0].item<double>();
}
double y_of(const PointInput &points, int64_t i) {
  return points.coords[0][i][1].item<double>();
}
int label_of(const PointInput &points, int64_t i) {
  return points.labels[0][i].item<int>();
}

START_TEST(test_click_is_on_the_object) {
  Random random(_i);
  const PointInput points = sample_clicks(rectangle(), random);
  ck_assert_int_eq(label_of(points, 0), kPositive);
  ck_assert(x_of(points, 0) >= 16 && x_of(points, 0) <= 47);
  ck_assert(y_of(points, 0) >= 8 && y_of(points, 0) <= 23);
}
END_TEST

START_TEST(test_box_is_off_by_fifteen_percent_at_most) {
  Random random(_i);
  const PointInput points = sample_boxes(rectangle(), random);
  ck_assert_int_eq(label_of(points, 0), kBoxTopLeft);
  ck_assert_int_eq(label_of(points, 1), kBoxBottomRight);
  const double x = 0.15 * 32 + 1e-4, y = 0.15 * 16 + 1e-4;
  ck_assert_double_eq_tol(x_of(points, 0), 16, x);
  ck_assert_double_eq_tol(y_of(points, 0), 8, y);
  ck_assert_double_eq_tol(x_of(points, 1), 47, x);
  ck_assert_double_eq_tol(y_of(points, 1), 23, y);
}
END_TEST

START_TEST(test_box_stays_in_the_picture_and_in_order) {
  Random random(_i);
  at::Tensor corner = at::zeros({1, kSide, kSide}, at::kByte);
  corner[0][kSide - 1][kSide - 1] = 1;
  const PointInput points = sample_boxes(corner, random);
  ck_assert_double_le(x_of(points, 1), kSide - 1);
  ck_assert_double_le(x_of(points, 0), x_of(points, 1));
  ck_assert_double_le(y_of(points, 0), y_of(points, 1));
}
END_TEST

// The answer has the object's left half and as much beside it.
START_TEST(test_correction_is_where_the_answer_is_wrong) {
  Random random(_i);
  const at::Tensor target = rectangle().to(at::kFloat);
  at::Tensor logits = at::full({1, kSide, kSide}, -5.0);
  logits.slice(1, 8, 24).slice(2, 0, 32).fill_(5);
  const PointInput first = sample_clicks(rectangle(), random);
  const PointInput points = with_correction(first, logits, target, 4, random);
  ck_assert_int_eq(points.coords.size(1), 2);
  const double x = x_of(points, 1) / 4;
  ck_assert(y_of(points, 1) / 4 > 8 && y_of(points, 1) / 4 < 24);
  if (label_of(points, 1) == kPositive)
    ck_assert(x > 32 && x < 48);
  else
    ck_assert(label_of(points, 1) == kNegative && x > 0 && x < 16);
}
END_TEST

START_TEST(test_right_answer_is_not_corrected) {
  Random random(1);
  const at::Tensor target = rectangle().to(at::kFloat);
  const PointInput first = sample_clicks(rectangle(), random);
  const PointInput points =
      with_correction(first, target * 10 - 5, target, 4, random);
  ck_assert_int_eq(label_of(points, 1), kPadding);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("prompt_sampler");
  tcase_add_loop_test(tests, test_click_is_on_the_object, 0, 20);
  tcase_add_loop_test(tests, test_box_is_off_by_fifteen_percent_at_most, 0, 40);
  tcase_add_loop_test(tests, test_box_stays_in_the_picture_and_in_order, 0, 10);
  tcase_add_loop_test(tests, test_correction_is_where_the_answer_is_wrong, 0,
                      20);
  tcase_add_test(tests, test_right_answer_is_not_corrected);
  return test::run_case("prompt_sampler", tests);
}
