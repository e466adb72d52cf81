// Prompts in pixels of the frame become prompts in pixels of the model.
#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

#include "engine/stream_tracker.h"
#include "tensor_compare.h"
// Last: Check's macros get in the way of C++ headers.
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

Prompt box(const BoxPx &where) {
  Prompt prompt;
  prompt.object_id = 1;
  prompt.box = where;
  return prompt;
}

START_TEST(test_prompt_coordinates_scale_to_the_models_pixels) {
  Prompt prompt;
  prompt.points = {{50, 25, true}, {200, 100, false}};
  const PromptTensors found = prompt_tensors(prompt, {200, 100}, 256, at::kCPU);
  assert_close(found.points.coords,
               at::tensor({64.0f, 64.0f, 256.0f, 256.0f}).view({1, 2, 2}),
               (Tolerance{1e-4, 0}));
  assert_close(found.points.labels,
               at::tensor({int{kPositive}, int{kNegative}}).view({1, 2}),
               kExact);
  ck_assert(found.points.labels.scalar_type() == at::kInt);
  ck_assert(!found.mask.defined());
  ck_assert_int_eq(found.point_count(), 2);
}
END_TEST

START_TEST(test_box_corners_come_before_the_points) {
  Prompt prompt = box({20, 10, 40, 30});
  prompt.points = {{100, 50, false}};
  const PromptTensors found = prompt_tensors(prompt, {200, 100}, 400, at::kCPU);
  assert_close(
      found.points.coords,
      at::tensor({40.f, 40.f, 120.f, 160.f, 200.f, 200.f}).view({1, 3, 2}),
      (Tolerance{1e-4, 0}));
  assert_close(
      found.points.labels,
      at::tensor({int{kBoxTopLeft}, int{kBoxBottomRight}, int{kNegative}})
          .view({1, 3}),
      kExact);
}
END_TEST

START_TEST(test_mask_wins_over_points_and_box) {
  Prompt prompt = box({20, 10, 40, 30});
  prompt.mask = MaskImage{2, 2, {255, 0, 0, 255}};
  const PromptTensors found = prompt_tensors(prompt, {200, 100}, 64, at::kCPU);
  ck_assert(found.mask.sizes() == at::IntArrayRef({1, 1, 64, 64}));
  ck_assert_float_eq(found.mask[0][0][0][0].item<float>(), 1);
  ck_assert_float_eq(found.mask[0][0][0][63].item<float>(), 0);
  ck_assert_int_eq(found.point_count(), 0);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("prompt_tensors");
  tcase_add_test(tests, test_prompt_coordinates_scale_to_the_models_pixels);
  tcase_add_test(tests, test_box_corners_come_before_the_points);
  tcase_add_test(tests, test_mask_wins_over_points_and_box);
  return run_case("engine", tests);
}
