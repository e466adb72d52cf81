// Boxes of masks.
#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>

#include "tensor_compare.h"
#include "track/mask_boxes.h"
// Last: Check's macros get in the way of C++ headers.
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

constexpr int64_t kHeight = 6;
constexpr int64_t kWidth = 9;

at::Tensor no_object() { return at::full({kHeight, kWidth}, -1.0, at::kFloat); }

void mark(at::Tensor &logits, int64_t x, int64_t y) { logits[y][x] = 0.5; }

at::Tensor box(float left, float top, float right, float bottom) {
  return at::tensor({left, top, right, bottom});
}

START_TEST(test_box_holds_every_pixel_of_the_object) {
  at::Tensor logits = no_object();
  mark(logits, 3, 4);
  mark(logits, 5, 1);
  mark(logits, 4, 2);
  assert_close(mask_boxes(logits), box(3, 1, 5, 4), kExact);
}
END_TEST

START_TEST(test_box_reaches_the_edges) {
  at::Tensor logits = no_object();
  mark(logits, 0, 0);
  assert_close(mask_boxes(logits), box(0, 0, 0, 0), kExact);
  mark(logits, kWidth - 1, kHeight - 1);
  assert_close(mask_boxes(logits), box(0, 0, kWidth - 1, kHeight - 1), kExact);
}
END_TEST

START_TEST(test_mask_without_a_pixel_has_a_box_of_zeros) {
  assert_close(mask_boxes(no_object()), box(0, 0, 0, 0), kExact);
  // A logit of 0 is not object.
  assert_close(mask_boxes(no_object() * 0), box(0, 0, 0, 0), kExact);
}
END_TEST

START_TEST(test_each_mask_of_a_batch_has_its_own_box) {
  at::Tensor logits = no_object().expand({2, 3, kHeight, kWidth}).clone();
  logits[0][1][2][8] = 1;
  logits[1][2][5][7] = 1;
  const at::Tensor boxes = mask_boxes(logits);
  assert_close(boxes[0][1], box(8, 2, 8, 2), kExact);
  assert_close(boxes[1][2], box(7, 5, 7, 5), kExact);
  assert_close(boxes[0][0], box(0, 0, 0, 0), kExact);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("mask_boxes");
  tcase_add_test(tests, test_box_holds_every_pixel_of_the_object);
  tcase_add_test(tests, test_box_reaches_the_edges);
  tcase_add_test(tests, test_mask_without_a_pixel_has_a_box_of_zeros);
  tcase_add_test(tests, test_each_mask_of_a_batch_has_its_own_box);
  return run_case("track", tests);
}
