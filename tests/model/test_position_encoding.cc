// Rotation of queries and keys, and what the tables stand for.
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/tensor.h>
#include <c10/core/InferenceMode.h>

#include <cmath>

#include "model/position_encoding.h"
#include "model/random_tensor.h"
#include "tensor_compare.h"
// Last: Check's macros get in the way of C++ headers.
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

constexpr int64_t kSide = 4;
constexpr int64_t kTableLength = kSide * kSide;
constexpr int64_t kChannels = 16;
// One rounding of products and sum in float32.
constexpr Tolerance kRounding = {5e-7, 5e-7};
constexpr Tolerance kBFloat16Rounding = {0, 0x1p-7};

struct Case {
  const char *name;
  int64_t batch, tokens, rotated;
};
constexpr Case kCases[] = {
    {"one table", 1, kTableLength, kTableLength},
    {"three memories", 1, 3 * kTableLength, 3 * kTableLength},
    {"pointers behind", 1, 2 * kTableLength + 5, 2 * kTableLength},
    {"several objects", 3, 2 * kTableLength + 4, 2 * kTableLength},
    {"pointers alone", 2, 6, 0},
};
constexpr int kCaseCount = sizeof kCases / sizeof *kCases;

// With gradients, which the fast version cannot give.
at::Tensor rotated_plainly(const at::Tensor &x, int64_t rotated) {
  ck_assert(at::GradMode::is_enabled());
  return rotate(x, rotary_grid(kSide, kChannels), rotated);
}

at::Tensor rotated_fast(const at::Tensor &x, int64_t rotated) {
  const c10::InferenceMode guard;
  return rotate(x, rotary_grid(kSide, kChannels), rotated);
}

at::Tensor tokens_of(const Case &c, at::ScalarType type) {
  return random_tensor({c.batch, c.tokens, kChannels}, 7, 2).to(type);
}

START_TEST(test_fast_rotation_equals_the_plain_one) {
  const Case &c = kCases[_i];
  const at::Tensor x = tokens_of(c, at::kFloat);
  assert_close(rotated_fast(x, c.rotated), rotated_plainly(x, c.rotated),
               kRounding);
  const at::Tensor half = tokens_of(c, at::kBFloat16);
  const at::Tensor found = rotated_fast(half, c.rotated);
  ck_assert(found.scalar_type() == at::kBFloat16);
  assert_close(found, rotated_plainly(half, c.rotated), kBFloat16Rounding);
}
END_TEST

START_TEST(test_tokens_behind_the_rotated_ones_stay_as_they_are) {
  const Case &c = kCases[_i];
  for (at::ScalarType type : {at::kFloat, at::kBFloat16, at::kHalf}) {
    const at::Tensor x = tokens_of(c, type);
    const at::Tensor tail = x.slice(1, c.rotated);
    assert_close(rotated_fast(x, c.rotated).slice(1, c.rotated), tail, kExact);
    assert_close(rotated_plainly(x, c.rotated).slice(1, c.rotated), tail,
                 kExact);
  }
}
END_TEST

START_TEST(test_rotation_keeps_the_length_of_each_pair) {
  const Case &c = kCases[_i];
  const auto lengths = [](const at::Tensor &x) {
    return x.reshape({-1, 2}).square().sum(1);
  };
  const at::Tensor x = tokens_of(c, at::kFloat);
  assert_close(lengths(rotated_fast(x, c.rotated)), lengths(x),
               (Tolerance{1e-6, 1e-6}));
}
END_TEST

START_TEST(test_first_token_of_each_memory_is_not_turned) {
  const at::Tensor x = random_tensor({1, 2 * kTableLength, kChannels}, 7);
  const at::Tensor found = rotated_fast(x, 2 * kTableLength);
  for (int64_t token : {int64_t{0}, kTableLength})
    assert_close(found.select(1, token), x.select(1, token), kExact);
}
END_TEST

START_TEST(test_pairs_turn_with_the_column_then_with_the_row) {
  const RotaryTable table = rotary_grid(kSide, kChannels);
  const int64_t quarter = kChannels / 4;
  for (int64_t token = 0; token < kTableLength; ++token) {
    for (int64_t pair = 0; pair < 2 * quarter; ++pair) {
      const int64_t position = pair < quarter ? token % kSide : token / kSide;
      const double angle =
          static_cast<double>(position) *
          std::pow(10000.0, -4.0 * static_cast<double>(pair % quarter) /
                                static_cast<double>(kChannels));
      ck_assert_double_eq_tol(table.cosine[token][pair].item<double>(),
                              std::cos(angle), 1e-6);
      ck_assert_double_eq_tol(table.sine[token][pair].item<double>(),
                              std::sin(angle), 1e-6);
    }
  }
}
END_TEST

START_TEST(test_input_of_a_rotation_stays_as_it_is) {
  const Case &c = kCases[2];
  const at::Tensor x = tokens_of(c, at::kFloat);
  rotated_fast(x, c.rotated);
  assert_close(x, tokens_of(c, at::kFloat), kExact);
}
END_TEST

START_TEST(test_strided_tokens_rotate_like_contiguous_ones) {
  const at::Tensor wide =
      random_tensor({1, kTableLength + 3, 2 * kChannels}, 7);
  const at::Tensor x = wide.slice(2, kChannels);
  ck_assert(!x.is_contiguous());
  assert_close(rotated_fast(x, kTableLength),
               rotated_fast(x.contiguous(), kTableLength), kExact);
}
END_TEST

START_TEST(test_sine_grid_codes_the_row_first_then_the_column) {
  const at::Tensor grid = sine_grid(2, 3, 8).view({2, 3, 8});
  for (int64_t x = 1; x < 3; ++x)
    assert_close(grid.select(1, x).slice(1, 0, 4),
                 grid.select(1, 0).slice(1, 0, 4), kExact);
  assert_close(grid[1].slice(1, 4), grid[0].slice(1, 4), kExact);
  // The last position of each axis is a full turn.
  ck_assert_double_eq_tol(grid[1][0][0].item<double>(), 0, 1e-5);
  ck_assert_double_eq_tol(grid[0][2][5].item<double>(), 1, 1e-5);
}
END_TEST

START_TEST(test_time_code_is_all_sines_then_all_cosines) {
  const at::Tensor code = sine_times(at::tensor({0.0f, 1.0f, -1.0f}), 8);
  for (int64_t k = 0; k < 4; ++k) {
    const double angle = std::pow(10000.0, -2.0 * double(k / 2) / 4);
    ck_assert_double_eq(code[0][k].item<double>(), 0);
    ck_assert_double_eq(code[0][4 + k].item<double>(), 1);
    ck_assert_double_eq_tol(code[1][k].item<double>(), std::sin(angle), 1e-6);
    ck_assert_double_eq_tol(code[1][4 + k].item<double>(), std::cos(angle),
                            1e-6);
    ck_assert_double_eq(code[2][k].item<double>(), -code[1][k].item<double>());
  }
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("position_encoding");
  tcase_add_loop_test(tests, test_fast_rotation_equals_the_plain_one, 0,
                      kCaseCount);
  tcase_add_loop_test(tests,
                      test_tokens_behind_the_rotated_ones_stay_as_they_are, 0,
                      kCaseCount);
  tcase_add_loop_test(tests, test_rotation_keeps_the_length_of_each_pair, 0,
                      kCaseCount);
  tcase_add_test(tests, test_first_token_of_each_memory_is_not_turned);
  tcase_add_test(tests, test_pairs_turn_with_the_column_then_with_the_row);
  tcase_add_test(tests, test_input_of_a_rotation_stays_as_it_is);
  tcase_add_test(tests, test_strided_tokens_rotate_like_contiguous_ones);
  tcase_add_test(tests, test_sine_grid_codes_the_row_first_then_the_column);
  tcase_add_test(tests, test_time_code_is_all_sines_then_all_cosines);
  return run_case("model", tests);
}
