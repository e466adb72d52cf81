// Losses on cases small enough to compute by hand.
#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <limits>

#include "losses.h"
// Last: Check's macros get in the way of C++ headers.
#include "support/run_tests.h"

using namespace sam2;
using namespace sam2::train;

namespace {

constexpr double kTiny = 1e-5;

// One object, one candidate per entry of `logits`, 2x2 pixels each.
MaskLosses losses_of(const std::vector<float> &logits,
                     const std::vector<float> &target, double iou = 1) {
  const auto candidates = static_cast<int64_t>(logits.size() / 4);
  return mask_losses(at::tensor(logits).view({1, candidates, 2, 2}),
                     at::full({1, candidates}, iou),
                     at::tensor(target).view({1, 2, 2}));
}

double first(const at::Tensor &t) { return t.flatten()[0].item<double>(); }

START_TEST(test_sure_and_right_mask_costs_nothing) {
  const MaskLosses l = losses_of({30, 30, -30, -30}, {1, 1, 0, 0});
  ck_assert_double_le(first(l.focal), kTiny);
  ck_assert_double_le(first(l.dice), kTiny);
  ck_assert_double_le(first(l.iou), kTiny);
  ck_assert_double_eq_tol(first(l.actual_iou), 1, kTiny);
}
END_TEST

// p = 1/2: cross-entropy ln 2, (1 - p_t)^2 = 1/4, alpha 1/4 inside the object
// and 3/4 outside.
START_TEST(test_focal_loss_of_an_undecided_mask) {
  const MaskLosses inside = losses_of({0, 0, 0, 0}, {1, 1, 1, 1});
  const MaskLosses outside = losses_of({0, 0, 0, 0}, {0, 0, 0, 0});
  ck_assert_double_eq_tol(first(inside.focal), std::log(2.0) / 16, kTiny);
  ck_assert_double_eq_tol(first(outside.focal), 3 * std::log(2.0) / 16, kTiny);
}
END_TEST

// Two of four pixels, one of them right: 1 - (2 * 1 + 1) / (2 + 2 + 1).
START_TEST(test_dice_loss_and_iou_of_half_an_overlap) {
  const MaskLosses l = losses_of({50, 50, -50, -50}, {0, 1, 1, 0}, 0.5);
  ck_assert_double_eq_tol(first(l.dice), 1 - 3.0 / 5, kTiny);
  ck_assert_double_eq_tol(first(l.actual_iou), 1.0 / 3, kTiny);
  ck_assert_double_eq_tol(first(l.iou), 0.5 - 1.0 / 3, kTiny);
}
END_TEST

START_TEST(test_only_the_best_candidate_is_taught_its_mask) {
  at::Tensor logits = at::tensor({9.f, 9.f, -9.f, -9.f, -9.f, -9.f, 9.f, 9.f})
                          .view({1, 2, 2, 2})
                          .requires_grad_();
  const MaskLosses l =
      mask_losses(logits, at::ones({1, 2}),
                  at::tensor({1.f, 1.f, 0.f, 0.f}).view({1, 2, 2}));
  best_mask_loss(l, at::ones({1}, at::kBool)).backward();
  const at::Tensor steep = logits.grad().abs().flatten(2).sum(-1);
  ck_assert_double_gt(steep[0][0].item<double>(), 0);
  ck_assert_double_eq(steep[0][1].item<double>(), 0);
}
END_TEST

START_TEST(test_absent_object_teaches_its_score_only) {
  const at::Tensor masks = at::zeros({2, 3, 2, 2});
  const at::Tensor target = at::zeros({2, 2, 2});
  const MaskLosses l = mask_losses(masks, at::zeros({2, 3}), target);
  const at::Tensor absent = at::zeros({2}, at::kBool);
  ck_assert_double_eq(best_mask_loss(l, absent).item<double>(), 0);
  const at::Tensor score = at::full({2, 1}, 2.0);
  ck_assert_double_eq_tol(object_score_loss(score, absent).item<double>(),
                          std::log(1 + std::exp(2.0)), kTiny);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("losses");
  tcase_add_test(tests, test_sure_and_right_mask_costs_nothing);
  tcase_add_test(tests, test_focal_loss_of_an_undecided_mask);
  tcase_add_test(tests, test_dice_loss_and_iou_of_half_an_overlap);
  tcase_add_test(tests, test_only_the_best_candidate_is_taught_its_mask);
  tcase_add_test(tests, test_absent_object_teaches_its_score_only);
  return test::run_case("losses", tests);
}
