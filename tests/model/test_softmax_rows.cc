// The fast exponential of attention scores against plain double precision.
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "model/random_tensor.h"
#include "model/softmax_rows.h"
// Last: Check's macros get in the way of C++ headers.
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

// One vector, one less, one more; two of them and a rest; memory attention's.
constexpr int64_t kColumns[] = {1, 2, 15, 16, 17, 31, 32, 33, 48, 28736};
constexpr int kColumnCases = sizeof kColumns / sizeof *kColumns;
constexpr int64_t kRows = 5;
constexpr uint64_t kSeed = 20240731;

// Of the exponential itself, as the header says.
constexpr double kFloatError = 3e-7;
// Half a unit of 8 significant bits, and the shorter series.
constexpr double kBFloat16Error = 0x1p-8 + 4e-5;
// scale * x and its maximum are rounded to float32 before the exponential:
// half a unit of each, so the result moves by that times the exponent.
constexpr double kExponentError = 0x1p-23;
// Adding up in float32: each of 16 lanes rounds once per step.
constexpr double sum_error(int64_t columns) {
  return kFloatError + 0x1p-24 * (static_cast<double>(columns) / 16 + 16);
}

at::Tensor random_scores(int64_t columns, double spread) {
  return random_tensor({kRows, columns}, kSeed, spread);
}

// exp_rows() for the type of `scores`, in place.
at::Tensor run(at::Tensor &scores, float scale) {
  at::Tensor sums = at::empty({scores.size(0)}, at::kFloat);
  if (scores.scalar_type() == at::kFloat)
    exp_rows(scores.data_ptr<float>(), scores.size(0), scores.size(1), scale,
             sums.data_ptr<float>());
  else
    exp_rows_bf16(reinterpret_cast<uint16_t *>(scores.data_ptr<at::BFloat16>()),
                  scores.size(0), scores.size(1), scale,
                  sums.data_ptr<float>());
  return sums;
}

struct Row {
  std::vector<double> scores;  // scaled
  std::vector<double> found;
  double sum;
};

// `limit` is the relative error allowed besides that of the exponent. Values
// too small for the type may be 0.
void check_row(const Row &row, double limit) {
  const double largest =
      *std::max_element(row.scores.begin(), row.scores.end());
  double sum = 0;
  double weighted = 0;
  for (size_t i = 0; i < row.scores.size(); ++i) {
    const double wanted = std::exp(row.scores[i] - largest);
    // exp(-inf) is 0 exactly.
    const double exponent =
        wanted == 0 ? 0 : std::fabs(row.scores[i]) + 2 * std::fabs(largest);
    const double slack = limit + kExponentError * exponent;
    ck_assert_msg(std::fabs(row.found[i] - wanted) <=
                      slack * wanted + std::numeric_limits<float>::min(),
                  "column %zu of %zu: %.9g instead of %.9g", i,
                  row.scores.size(), row.found[i], wanted);
    sum += wanted;
    weighted += wanted * slack;
  }
  const auto columns = static_cast<int64_t>(row.scores.size());
  ck_assert_msg(std::fabs(row.sum - sum) <= weighted + sum_error(columns) * sum,
                "sum of %zu columns: %.9g instead of %.9g", row.scores.size(),
                row.sum, sum);
}

void check(const at::Tensor &scores, float scale, double limit) {
  at::Tensor found = scores.clone();
  const at::Tensor sums = run(found, scale);
  const at::Tensor before =
      (scores.to(at::kDouble) * double{scale}).contiguous();
  const at::Tensor after = found.to(at::kDouble).contiguous();
  const int64_t columns = scores.size(1);
  for (int64_t r = 0; r < scores.size(0); ++r) {
    const double *in = before.const_data_ptr<double>() + r * columns;
    const double *out = after.const_data_ptr<double>() + r * columns;
    check_row(
        {{in, in + columns}, {out, out + columns}, sums[r].item<double>()},
        limit);
  }
}

void check_both_types(const at::Tensor &scores, float scale) {
  check(scores, scale, kFloatError);
  check(scores.to(at::kBFloat16), scale, kBFloat16Error);
}

START_TEST(test_exponentials_equal_double_precision) {
  check_both_types(random_scores(kColumns[_i], 8), 1.0f);
  check_both_types(random_scores(kColumns[_i], 300), 1 / 16.0f);
}
END_TEST

START_TEST(test_large_negative_scores_vanish) {
  at::Tensor scores = random_scores(kColumns[_i], 4);
  scores.slice(1, 1).sub_(30000);
  check_both_types(scores, 1.0f);
  run(scores, 1.0f);
  for (int64_t r = 0; r < kRows; ++r) {
    ck_assert_float_eq_tol(scores[r][0].item<float>(), 1, 1e-2f);
    ck_assert_float_eq(scores[r].slice(0, 1).sum().item<float>(), 0);
  }
}
END_TEST

START_TEST(test_rows_of_large_negative_scores_have_a_sum) {
  check_both_types(random_scores(kColumns[_i], 2) - 100, 1.0f);
}
END_TEST

START_TEST(test_equal_scores_count_the_columns) {
  for (double value : {0.0, -60.0, 60.0}) {
    at::Tensor scores = at::full({kRows, kColumns[_i]}, value);
    check_both_types(scores, 0.25f);
    const at::Tensor sums = run(scores, 0.25f);
    for (int64_t r = 0; r < kRows; ++r)
      ck_assert_double_eq_tol(
          sums[r].item<double>() / static_cast<double>(kColumns[_i]), 1, 1e-4);
  }
}
END_TEST

START_TEST(test_scores_of_minus_infinity_get_no_weight) {
  at::Tensor scores = random_scores(kColumns[_i], 4);
  scores.slice(1, 1, std::nullopt, 3)
      .fill_(-std::numeric_limits<double>::infinity());
  check_both_types(scores, 1.0f);
}
END_TEST

START_TEST(test_neighbouring_memory_stays_as_it_is) {
  constexpr float kGuard = 1234.5f;
  for (at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    const int64_t columns = kColumns[_i];
    at::Tensor all = at::full({2 + columns * kRows}, kGuard).to(type);
    const at::Tensor guard = all[0].clone();
    at::Tensor scores = all.slice(0, 1, 1 + columns * kRows);
    scores = scores.view({kRows, columns});
    scores.copy_(random_scores(columns, 8));
    run(scores, 1.0f);
    ck_assert(all[0].item<float>() == guard.item<float>());
    ck_assert(all[-1].item<float>() == guard.item<float>());
  }
}
END_TEST

START_TEST(test_rows_do_not_depend_on_each_other) {
  const at::Tensor scores = random_scores(kColumns[_i], 8);
  at::Tensor together = scores.clone();
  const at::Tensor sums = run(together, 1.0f);
  for (int64_t r = 0; r < kRows; ++r) {
    at::Tensor alone = scores.slice(0, r, r + 1).clone();
    const at::Tensor sum = run(alone, 1.0f);
    ck_assert(alone.equal(together.slice(0, r, r + 1)));
    ck_assert(sum[0].item<float>() == sums[r].item<float>());
  }
}
END_TEST

}  // namespace

int main() {
  std::printf("random numbers: seed %llu, %s\n",
              static_cast<unsigned long long>(kSeed),
              has_fast_exp_rows() ? "AVX-512" : "plain version");
  TCase *tests = tcase_create("softmax_rows");
  tcase_add_loop_test(tests, test_exponentials_equal_double_precision, 0,
                      kColumnCases);
  tcase_add_loop_test(tests, test_large_negative_scores_vanish, 0,
                      kColumnCases);
  tcase_add_loop_test(tests, test_rows_of_large_negative_scores_have_a_sum, 0,
                      kColumnCases);
  tcase_add_loop_test(tests, test_equal_scores_count_the_columns, 0,
                      kColumnCases);
  tcase_add_loop_test(tests, test_scores_of_minus_infinity_get_no_weight, 0,
                      kColumnCases);
  tcase_add_loop_test(tests, test_neighbouring_memory_stays_as_it_is, 0,
                      kColumnCases);
  tcase_add_loop_test(tests, test_rows_do_not_depend_on_each_other, 0,
                      kColumnCases);
  return run_case("model", tests);
}
