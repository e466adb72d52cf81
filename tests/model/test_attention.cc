// Every way attend() takes on the CPU against the formula in double precision.
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/softmax.h>
#include <c10/core/InferenceMode.h>

#include <cmath>

#include "model/attention.h"
#include "model/random_tensor.h"
#include "tensor_compare.h"
// Last: Check's macros get in the way of C++ headers.
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

struct Shape {
  const char *name;
  int64_t batch, heads, queries, keys, dim, value_dim;
};
constexpr Shape kShapes[] = {
    {"one of each", 1, 1, 1, 1, 4, 4},
    {"narrow values", 1, 1, 33, 65, 32, 8},
    {"wide values", 1, 2, 17, 40, 8, 24},
    {"window attention", 5, 2, 16, 64, 24, 24},
    {"few queries", 2, 8, 7, 300, 16, 16},
    // More scores than fit in a chunk, and rows left for the last one.
    {"several chunks", 1, 1, 450, 30000, 8, 4},
    {"several chunks, equal widths", 1, 2, 400, 15000, 4, 4},
};
constexpr int kShapeCount = sizeof kShapes / sizeof *kShapes;
// The large ones take seconds in half precision, and the way is the same.
constexpr int kQuickCount = 4;

// Sums of up to 40000 products in float32.
constexpr Tolerance kFloat = {5e-6, 1e-5};
// Scores, exponentials and results are rounded to 8 bits each.
constexpr Tolerance kBFloat16 = {3e-2, 2e-2, 8e-3};
constexpr Tolerance kHalf = {4e-3, 4e-3, 1e-3};

struct Inputs {
  at::Tensor q, k, v;
  at::Tensor bias;  // of each key
};

Inputs inputs(const Shape &s, at::ScalarType type) {
  return {random_tensor({s.batch, s.heads, s.queries, s.dim}, 1, 3).to(type),
          random_tensor({s.batch, s.heads, s.keys, s.dim}, 2, 3).to(type),
          random_tensor({s.batch, s.heads, s.keys, s.value_dim}, 3).to(type),
          {}};
}

at::Tensor formula(const Inputs &in) {
  const at::Tensor q = in.q.to(at::kDouble);
  const double scale = 1 / std::sqrt(static_cast<double>(q.size(3)));
  at::Tensor scores =
      at::matmul(q, in.k.to(at::kDouble).transpose(2, 3)) * scale;
  if (in.bias.defined()) scores += in.bias.to(at::kDouble);
  return at::matmul(at::softmax(scores, -1), in.v.to(at::kDouble));
}

void check(const Shape &shape, at::ScalarType type, const Tolerance &tolerance,
           bool has_bias = false) {
  const c10::InferenceMode guard;
  Inputs in = inputs(shape, type);
  if (has_bias) in.bias = random_tensor({shape.keys}, 4, 2).to(type);
  const at::Tensor found = attend(in.q, in.k, in.v, in.bias);
  ck_assert(found.scalar_type() == type);
  const std::string text = mismatch(found, formula(in), tolerance);
  ck_assert_msg(text.empty(), "%s: %s", shape.name, text.c_str());
}

START_TEST(test_float32_attention_equals_the_formula) {
  check(kShapes[_i], at::kFloat, kFloat);
}
END_TEST

START_TEST(test_bfloat16_attention_equals_the_formula) {
  check(kShapes[_i], at::kBFloat16, kBFloat16);
}
END_TEST

START_TEST(test_bias_of_keys_is_added_to_the_scores) {
  check(kShapes[_i], at::kFloat, kFloat, true);
  check(kShapes[_i], at::kBFloat16, kBFloat16, true);
  if (_i < kQuickCount) check(kShapes[_i], at::kHalf, kHalf, true);
}
END_TEST

START_TEST(test_half_attention_equals_the_formula) {
  check(kShapes[_i], at::kHalf, kHalf);
}
END_TEST

START_TEST(test_attention_with_gradients_equals_the_formula) {
  ck_assert(at::GradMode::is_enabled());
  const Inputs in = inputs(kShapes[1], at::kFloat);
  assert_close(attend(in.q, in.k, in.v), formula(in), kFloat);
}
END_TEST

// As the network calls it: heads split off a wider tensor.
START_TEST(test_transposed_inputs_give_what_contiguous_ones_give) {
  const c10::InferenceMode guard;
  for (at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    const auto split = [&](uint64_t seed, int64_t tokens, int64_t dim) {
      return random_tensor({2, tokens, 3, dim}, seed).to(type).transpose(1, 2);
    };
    const Inputs in = {split(1, 20, 8), split(2, 30, 8), split(3, 30, 4)};
    const at::Tensor wanted =
        attend(in.q.contiguous(), in.k.contiguous(), in.v.contiguous());
    assert_close(attend(in.q, in.k, in.v), wanted, kExact);
  }
}
END_TEST

START_TEST(test_inputs_stay_as_they_are) {
  const c10::InferenceMode guard;
  for (at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    const Inputs in = inputs(kShapes[1], type);
    const Inputs wanted = inputs(kShapes[1], type);
    attend(in.q, in.k, in.v);
    assert_close(in.q, wanted.q, kExact);
    assert_close(in.k, wanted.k, kExact);
    assert_close(in.v, wanted.v, kExact);
  }
}
END_TEST

START_TEST(test_equal_keys_give_the_mean_of_the_values) {
  const c10::InferenceMode guard;
  Inputs in = inputs(kShapes[1], at::kFloat);
  in.k.fill_(0.5);
  const at::Tensor mean = in.v.mean(2, true).expand(
      {in.v.size(0), in.v.size(1), in.q.size(2), in.v.size(3)});
  assert_close(attend(in.q, in.k, in.v), mean, kFloat);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("attention");
  tcase_add_loop_test(tests, test_float32_attention_equals_the_formula, 0,
                      kShapeCount);
  tcase_add_loop_test(tests, test_bias_of_keys_is_added_to_the_scores, 0,
                      kShapeCount);
  tcase_add_loop_test(tests, test_bfloat16_attention_equals_the_formula, 0,
                      kShapeCount);
  tcase_add_loop_test(tests, test_half_attention_equals_the_formula, 0,
                      kQuickCount);
  tcase_add_test(tests, test_attention_with_gradients_equals_the_formula);
  tcase_add_test(tests, test_transposed_inputs_give_what_contiguous_ones_give);
  tcase_add_test(tests, test_inputs_stay_as_they_are);
  tcase_add_test(tests, test_equal_keys_give_the_mean_of_the_values);
  return run_case("model", tests);
}
