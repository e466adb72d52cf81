#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>

#include "golden_file.h"
#include "gpu/frame_tensor.h"
#include "tensor_compare.h"
// Last: Check's macros get in the way of C++ headers.
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

const GoldenFile &preprocess() {
  static const GoldenFile file("preprocess");
  return file;
}

// Every `step`th row and column of [..., H, W].
at::Tensor every(const at::Tensor &image, int64_t step) {
  return image.slice(-2, 0, std::nullopt, step)
      .slice(-1, 0, std::nullopt, step);
}

START_TEST(test_input_is_normalised_as_the_reference_does) {
  const auto input =
      frame_tensor(image_view(preprocess().tensor("up_in")), 256);
  assert_close(every(input, 3)[0], preprocess().tensor("up_video_norm_every3"),
               kNormalisedImage);
}
END_TEST

START_TEST(test_input_at_1024_is_normalised_as_the_reference_does) {
  const auto input =
      frame_tensor(image_view(preprocess().tensor("up_in")), 1024);
  assert_close(every(input, 37)[0],
               preprocess().tensor("up1024_video_norm_every37"),
               kNormalisedImage);
}
END_TEST

START_TEST(test_black_and_white_have_imagenet_values) {
  const uint8_t pixels[] = {0, 0, 0, 255, 255, 255};
  const auto input = frame_tensor({pixels, 1, 2, 3}, 2);
  const float expected[] = {-2.117904f, 2.248908f};  // (0 or 1 - mean) / std
  ck_assert_float_eq_tol(input[0][0][0][0].item<float>(), expected[0], 1e-5f);
  ck_assert_float_eq_tol(input[0][0][1][1].item<float>(), expected[1], 1e-5f);
}
END_TEST

START_TEST(test_logits_follow_their_pixels_to_video_size) {
  // Linear in x: stays linear between pixel centres, constant beyond them.
  const at::Tensor logits = at::arange(4, at::kFloat).expand({1, 4, 4});
  const at::Tensor video = to_video_size(logits, {8, 2});
  ck_assert_int_eq(video.size(1), 2);
  ck_assert_int_eq(video.size(2), 8);
  const float expected[] = {0, 0.25f, 0.75f, 1.25f, 1.75f, 2.25f, 2.75f, 3};
  for (int x = 0; x < 8; ++x)
    ck_assert_float_eq_tol(video[0][1][x].item<float>(), expected[x], 1e-6f);
}
END_TEST

START_TEST(test_shrinking_logits_samples_without_averaging) {
  at::Tensor logits = at::arange(16, at::kFloat).view({1, 1, 16}).clone();
  logits = logits.expand({1, 16, 16});
  // Factor 4: the centre of output pixel 0 lies between pixels 1 and 2.
  const at::Tensor video = to_video_size(logits, {4, 4});
  ck_assert_float_eq_tol(video[0][0][0].item<float>(), 1.5f, 1e-6f);
}
END_TEST

START_TEST(test_mask_of_the_model_size_is_taken_as_it_is) {
  MaskImage mask = {4, 4, std::vector<uint8_t>(16, 0)};
  mask.pixels[5] = 255;
  const at::Tensor tensor = mask_prompt_tensor(mask, 4);
  ck_assert_float_eq(tensor.sum().item<float>(), 1);
  ck_assert_float_eq(tensor[0][0][1][1].item<float>(), 1);
}
END_TEST

START_TEST(test_scaled_mask_is_object_where_half_of_it_was) {
  // Shrunk by 4 with antialiasing, column 2 of 4 is 0.28 object if columns
  // 0..8 of 16 are, and 0.72 if columns 0..10 are.
  for (const int columns : {9, 11}) {
    MaskImage mask = {16, 16, std::vector<uint8_t>(256, 0)};
    for (int y = 0; y < 16; ++y)
      for (int x = 0; x < columns; ++x) mask.pixels[y * 16 + x] = 255;
    const at::Tensor tensor = mask_prompt_tensor(mask, 4);
    for (int x = 0; x < 4; ++x)
      ck_assert_float_eq(tensor[0][0][2][x].item<float>(),
                         x * 4 + 2 < columns ? 1 : 0);
  }
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("frame_tensor");
  tcase_add_test(tests, test_input_is_normalised_as_the_reference_does);
  tcase_add_test(tests, test_input_at_1024_is_normalised_as_the_reference_does);
  tcase_add_test(tests, test_black_and_white_have_imagenet_values);
  tcase_add_test(tests, test_logits_follow_their_pixels_to_video_size);
  tcase_add_test(tests, test_shrinking_logits_samples_without_averaging);
  tcase_add_test(tests, test_mask_of_the_model_size_is_taken_as_it_is);
  tcase_add_test(tests, test_scaled_mask_is_object_where_half_of_it_was);
  return run_case("gpu", tests);
}
