// Products of a few rows, as the mask decoder has them for every object.
#include <ATen/TensorOperators.h>
#include <ATen/ops/linear.h>
#include <c10/core/InferenceMode.h>

#include <string>

#include "model/layers.h"
#include "model/random_tensor.h"
#include "tensor_compare.h"
// Last: Check's macros get in the way of C++ headers.
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

constexpr int64_t kObjects = 4;

struct Widths {
  int64_t in, out;
};
// Among them those at which BLAS changes its way with the number of rows.
constexpr Widths kWidths[] = {{128, 128},  {128, 64},   {64, 128},
                              {128, 2048}, {2048, 128}, {256, 2048},
                              {256, 32},   {128, 4},    {256, 1}};
constexpr int64_t kRows[] = {1, 7, 9, 64, 256, 576};

Linear layer_of(Widths widths, bool has_bias) {
  Linear layer{widths.in, widths.out, {}, {}, has_bias};
  layer.weight = random_tensor({widths.out, widths.in}, 1);
  if (has_bias) layer.bias = random_tensor({widths.out}, 2);
  return layer;
}

std::string name_of(Widths widths, int64_t rows) {
  return std::to_string(rows) + " x " + std::to_string(widths.in) + " -> " +
         std::to_string(widths.out);
}

void compare_with_alone(const Linear &layer, const at::Tensor &x,
                        const std::string &name, Comparison &comparison) {
  const at::Tensor together = layer.forward(x);
  comparison.close(name, together, at::linear(x, layer.weight, layer.bias),
                   {1e-4, 1e-5});
  for (int64_t i = 0; i < x.size(0); ++i)
    comparison.close(name + ", object " + std::to_string(i),
                     together.slice(0, i, i + 1),
                     layer.forward(x.slice(0, i, i + 1)), kExact);
}

START_TEST(test_rows_of_an_object_are_the_same_to_the_bit_beside_others) {
  const c10::InferenceMode guard;
  Comparison comparison;
  for (const Widths widths : kWidths)
    for (const int64_t rows : kRows)
      compare_with_alone(layer_of(widths, rows % 2 == 1),
                         random_tensor({kObjects, rows, widths.in}, rows),
                         name_of(widths, rows), comparison);
  assert_clean(comparison);
}
END_TEST

START_TEST(test_one_row_an_object_needs_no_dimension_for_rows) {
  const c10::InferenceMode guard;
  Comparison comparison;
  for (const Widths widths : kWidths)
    compare_with_alone(layer_of(widths, true),
                       random_tensor({kObjects, widths.in}, 3),
                       name_of(widths, 1), comparison);
  // Nor that objects lie one behind the other.
  compare_with_alone(layer_of({128, 128}, true),
                     random_tensor({kObjects, 8, 128}, 4).select(1, 2),
                     "strided", comparison);
  assert_clean(comparison);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("linear");
  tcase_add_test(tests,
                 test_rows_of_an_object_are_the_same_to_the_bit_beside_others);
  tcase_add_test(tests, test_one_row_an_object_needs_no_dimension_for_rows);
  return run_case("linear", tests);
}
