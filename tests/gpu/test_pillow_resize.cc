#include <ATen/core/Tensor.h>

#include <cstring>

#include "generated_weights.h"
#include "golden_file.h"
#include "gpu/pillow_resize.h"
// Last: Check's macros get in the way of C++ headers.
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

const GoldenFile &clip() {
  static const GoldenFile file("clip");
  return file;
}
const GoldenFile &preprocess() {
  static const GoldenFile file("preprocess");
  return file;
}

// Index of the first byte that differs, or -1.
int64_t first_difference(const std::vector<uint8_t> &found,
                         const at::Tensor &expected) {
  ck_assert_int_eq(found.size(), expected.numel());
  const uint8_t *bytes = expected.data_ptr<uint8_t>();
  for (size_t i = 0; i < found.size(); ++i)
    if (found[i] != bytes[i]) return i;
  return -1;
}

START_TEST(test_shrunk_picture_equals_pillow) {
  const auto found = resize_like_pillow(
      image_view(preprocess().tensor("down_in")), {256, 256});
  ck_assert_int_eq(
      first_difference(found, preprocess().tensor("down_video_u8")), -1);
}
END_TEST

START_TEST(test_enlarged_picture_equals_pillow) {
  const auto found =
      resize_like_pillow(image_view(preprocess().tensor("up_in")), {256, 256});
  ck_assert_int_eq(first_difference(found, preprocess().tensor("up_video_u8")),
                   -1);
}
END_TEST

START_TEST(test_picture_enlarged_to_1024_equals_pillow) {
  constexpr int kStep = 37;
  const auto found = resize_like_pillow(
      image_view(preprocess().tensor("up_in")), {1024, 1024});
  std::vector<uint8_t> sampled;
  for (int y = 0; y < 1024; y += kStep)
    for (int x = 0; x < 1024; x += kStep)
      for (int c = 0; c < 3; ++c)
        sampled.push_back(found[(size_t{1024} * y + x) * 3 + c]);
  ck_assert_int_eq(
      first_difference(sampled, preprocess().tensor("up1024_video_u8_every37")),
      -1);
}
END_TEST

START_TEST(test_every_clip_frame_equals_pillow) {
  const at::Tensor &frames = clip().tensor("frames");
  const at::Tensor &hashes = clip().tensor("frames_256_fnv1a64");
  for (int64_t i = 0; i < frames.size(0); ++i) {
    const auto found = resize_like_pillow(image_view(frames[i]), {256, 256});
    ck_assert_msg(fnv1a64(found.data(), found.size()) ==
                      static_cast<uint64_t>(hashes.data_ptr<int64_t>()[i]),
                  "frame %d differs", static_cast<int>(i));
  }
}
END_TEST

START_TEST(test_picture_of_the_target_size_is_copied) {
  const at::Tensor &rgb = preprocess().tensor("up_video_u8");
  const auto found = resize_like_pillow(image_view(rgb), {256, 256});
  ck_assert_int_eq(first_difference(found, rgb), -1);
}
END_TEST

START_TEST(test_padding_between_rows_is_not_read) {
  constexpr int kWidth = 5, kHeight = 4, kStride = 32;
  std::vector<uint8_t> packed, padded(kStride * kHeight, 0xEE);
  for (int y = 0; y < kHeight; ++y)
    for (int i = 0; i < kWidth * 3; ++i) {
      packed.push_back(static_cast<uint8_t>(y * 40 + i * 3));
      padded[y * kStride + i] = packed.back();
    }
  const ImageView tight = {packed.data(), kWidth, kHeight, kWidth * 3};
  const ImageView loose = {padded.data(), kWidth, kHeight, kStride};
  for (const SizePx size :
       {SizePx{9, 7}, SizePx{5, 7}, SizePx{9, 4}, SizePx{5, 4}, SizePx{2, 3}})
    ck_assert(resize_like_pillow(tight, size) ==
              resize_like_pillow(loose, size));
}
END_TEST

START_TEST(test_one_pixel_fills_any_size) {
  const uint8_t pixel[3] = {7, 128, 255};
  const auto found = resize_like_pillow({pixel, 1, 1, 3}, {33, 17});
  ck_assert_int_eq(found.size(), 33 * 17 * 3);
  for (size_t i = 0; i < found.size(); ++i)
    ck_assert_int_eq(found[i], pixel[i % 3]);
}
END_TEST

START_TEST(test_overshoot_is_clamped) {
  // Bicubic undershoots beside an edge; wrapping round would show as white.
  const uint8_t edge[] = {0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255};
  const auto found = resize_like_pillow({edge, 4, 1, 12}, {16, 1});
  for (int x = 0; x < 7; ++x) ck_assert_int_lt(found[x * 3], 128);
  for (int x = 9; x < 16; ++x) ck_assert_int_gt(found[x * 3], 128);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("pillow_resize");
  tcase_add_test(tests, test_shrunk_picture_equals_pillow);
  tcase_add_test(tests, test_enlarged_picture_equals_pillow);
  tcase_add_test(tests, test_picture_enlarged_to_1024_equals_pillow);
  tcase_add_test(tests, test_every_clip_frame_equals_pillow);
  tcase_add_test(tests, test_picture_of_the_target_size_is_copied);
  tcase_add_test(tests, test_padding_between_rows_is_not_read);
  tcase_add_test(tests, test_one_pixel_fills_any_size);
  tcase_add_test(tests, test_overshoot_is_clamped);
  return run_case("gpu", tests);
}
