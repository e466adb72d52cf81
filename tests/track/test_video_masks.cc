// Logits to boxes and masks, on pictures small enough to draw.
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/stack.h>

#include <limits>

#include "tensor_compare.h"
#include "track/video_masks.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

using Rows = std::vector<std::string>;

// '#' is a logit of 1, '.' of -1.
at::Tensor logits_of(const Rows &rows) {
  const auto height = static_cast<int64_t>(rows.size());
  const auto width = static_cast<int64_t>(rows[0].size());
  at::Tensor logits = at::empty({height, width}, at::kFloat);
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x)
      logits[y][x] = rows[y][x] == '#' ? 1.0 : -1.0;
  return logits;
}

// "x,y widthxheight: first row/second row", or "nothing".
std::string text(const CutOut &cut) {
  if (cut.mask.is_empty() || cut.box.is_empty())
    return cut.mask.is_empty() && cut.box.is_empty() ? "nothing" : "half";
  std::string out = std::to_string(static_cast<int>(cut.box.x)) + "," +
                    std::to_string(static_cast<int>(cut.box.y)) + " " +
                    std::to_string(static_cast<int>(cut.box.width)) + "x" +
                    std::to_string(static_cast<int>(cut.box.height)) + ":";
  for (size_t i = 0; i < cut.mask.pixels.size(); ++i) {
    if (i % cut.mask.width == 0) out += i == 0 ? " " : "/";
    const uint8_t pixel = cut.mask.pixels[i];
    out += pixel == 255 ? '#' : pixel == 0 ? '.' : '?';
  }
  return out;
}

struct Case {
  Rows rows;
  const char *cut;
};

const std::vector<Case> &cases() {
  static const std::vector<Case> list = {
      {{"....", "....", "...."}, "nothing"},
      {{"."}, "nothing"},
      {{"#"}, "0,0 1x1: #"},
      {{"....", "..#.", "...."}, "2,1 1x1: #"},
      {{"#...", "....", "...."}, "0,0 1x1: #"},
      {{"....", "....", "...#"}, "3,2 1x1: #"},
      {{"####", "####"}, "0,0 4x2: ####/####"},
      {{"#...", "....", "...#"}, "0,0 4x3: #.../..../...#"},
      {{".....", "..#..", ".###.", "..#..", "....."}, "1,1 3x3: .#./###/.#."},
      {{".....", ".#.#.", ".....", ".#...", "....."}, "1,1 3x3: #.#/.../#.."},
      {{"..#", "..#", "..#"}, "2,0 1x3: #/#/#"},
      {{"...", "###"}, "0,1 3x1: ###"},
      {{"..##.", "#....", "...#."}, "0,0 4x3: ..##/#.../...#"},
  };
  return list;
}

START_TEST(test_cut_out_is_the_smallest_box_that_holds_the_object) {
  const Case &expected = cases()[_i];
  assert_texts_equal(text(cut_out(logits_of(expected.rows), 0)), expected.cut);
}
END_TEST

START_TEST(test_only_logits_above_the_threshold_are_object) {
  at::Tensor logits = at::empty({1, 5}, at::kFloat);
  const float values[] = {-0.5f, 0.0f, 1e-20f, 2.0f, 3.0f};
  for (int i = 0; i < 5; ++i) logits[0][i] = values[i];
  assert_texts_equal(text(cut_out(logits, 0)), "2,0 3x1: ###");
  assert_texts_equal(text(cut_out(logits, 2)), "4,0 1x1: #");
  assert_texts_equal(text(cut_out(logits, 3)), "nothing");
  assert_texts_equal(text(cut_out(logits, -1)), "0,0 5x1: #####");
}
END_TEST

START_TEST(test_pixels_without_a_number_are_background) {
  at::Tensor logits = logits_of({"#.#"});
  logits[0][2] = std::numeric_limits<double>::quiet_NaN();
  assert_texts_equal(text(cut_out(logits, 0)), "0,0 1x1: #");
}
END_TEST

START_TEST(test_contested_pixels_go_to_the_largest_logit) {
  const at::Tensor found = without_overlap(at::stack(
      {logits_of({"##..", "#..."}) * 2, logits_of({"#.#.", "##.."}) * 3}));
  assert_texts_equal(text(cut_out(found[0], 0)), "1,0 1x1: #");
  assert_texts_equal(text(cut_out(found[1], 0)), "0,0 3x2: #.#/##.");
}
END_TEST

START_TEST(test_taken_pixels_are_lowered_to_minus_10_and_others_stay) {
  at::Tensor logits = at::empty({3, 1, 3}, at::kFloat);
  const float values[3][3] = {{5, -20, -3}, {4, -30, -2}, {6, -40, -1}};
  const float wanted[3][3] = {{-10, -20, -10}, {-10, -30, -10}, {6, -40, -1}};
  for (int object = 0; object < 3; ++object)
    for (int x = 0; x < 3; ++x) logits[object][0][x] = values[object][x];
  const at::Tensor found = without_overlap(logits);
  for (int object = 0; object < 3; ++object)
    for (int x = 0; x < 3; ++x)
      ck_assert_float_eq(found[object][0][x].item<float>(), wanted[object][x]);
}
END_TEST

START_TEST(test_single_object_keeps_every_logit) {
  const at::Tensor logits = logits_of({"#.#", ".#."}).unsqueeze(0) * 30;
  assert_close(without_overlap(logits), logits, kExact);
}
END_TEST

START_TEST(test_exactly_one_object_has_a_pixel_with_equal_logits) {
  const at::Tensor found =
      without_overlap(at::stack({logits_of({"##"}), logits_of({"##"})}));
  assert_close(found.gt(0).sum(0).to(at::kFloat), at::full({1, 2}, 1.0),
               kExact);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("video_masks");
  tcase_add_loop_test(tests,
                      test_cut_out_is_the_smallest_box_that_holds_the_object, 0,
                      static_cast<int>(cases().size()));
  tcase_add_test(tests, test_only_logits_above_the_threshold_are_object);
  tcase_add_test(tests, test_pixels_without_a_number_are_background);
  tcase_add_test(tests, test_contested_pixels_go_to_the_largest_logit);
  tcase_add_test(tests,
                 test_taken_pixels_are_lowered_to_minus_10_and_others_stay);
  tcase_add_test(tests, test_single_object_keeps_every_logit);
  tcase_add_test(tests, test_exactly_one_object_has_a_pixel_with_equal_logits);
  return run_case("track", tests);
}
