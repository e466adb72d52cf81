#include <string>
#include <vector>

#include "io/result_json.h"
#include "io/result_scale.h"
#include "io/test_helpers.h"

namespace {

using sam2::FrameResult;
using sam2::ObjectResult;
using sam2::SizePx;
using Pixels = std::vector<uint8_t>;

// A hook at (1, 1) of a frame of 5 x 4.
FrameResult hook() {
  FrameResult result;
  result.frame_size = {5, 4};
  result.objects.resize(1);
  result.objects[0].box = {1, 1, 3, 2};
  result.objects[0].mask = {3, 2, {255, 255, 255, 255, 0, 255}};
  return result;
}

ObjectResult scaled(FrameResult result, SizePx frame) {
  sam2::scale_result(frame, &result);
  ck_assert(result.frame_size == frame);
  return result.objects.at(0);
}

void assert_box(const sam2::BoxPx &box, float x, float y, float width,
                float height) {
  ck_assert_float_eq(box.x, x);
  ck_assert_float_eq(box.y, y);
  ck_assert_float_eq(box.width, width);
  ck_assert_float_eq(box.height, height);
}

START_TEST(test_the_same_size_changes_nothing) {
  const ObjectResult object = scaled(hook(), {5, 4});
  assert_box(object.box, 1, 1, 3, 2);
  ck_assert((object.mask.pixels == hook().objects[0].mask.pixels));
}
END_TEST

START_TEST(test_twice_the_size_makes_four_pixels_of_one) {
  const ObjectResult object = scaled(hook(), {10, 8});
  assert_box(object.box, 2, 2, 6, 4);
  const Pixels wide{255, 255, 255, 255, 255, 255};
  const Pixels gap{255, 255, 0, 0, 255, 255};
  Pixels expected;
  for (const Pixels &row : {wide, wide, gap, gap})
    expected.insert(expected.end(), row.begin(), row.end());
  ck_assert(object.mask.pixels == expected);
}
END_TEST

START_TEST(test_mask_that_covers_the_frame_stays_as_it_is) {
  FrameResult result = hook();
  result.objects[0].mask_covers_frame = true;
  const ObjectResult object = scaled(result, {50, 8});
  assert_box(object.box, 10, 2, 30, 4);
  ck_assert_int_eq(object.mask.width, 3);
  ck_assert(object.mask.pixels == hook().objects[0].mask.pixels);
}
END_TEST

START_TEST(test_twice_and_half_is_the_same) {
  FrameResult result = hook();
  sam2::scale_result({10, 8}, &result);
  const ObjectResult object = scaled(result, {5, 4});
  assert_box(object.box, 1, 1, 3, 2);
  ck_assert((object.mask.pixels == hook().objects[0].mask.pixels));
}
END_TEST

START_TEST(test_a_mask_keeps_a_pixel_inside_the_smallest_frame) {
  FrameResult result = hook();
  result.objects[0].box = {4, 3, 1, 1};
  result.objects[0].mask = {1, 1, {255}};
  const ObjectResult object = scaled(result, {1, 1});
  assert_box(object.box, 0, 0, 1, 1);
  ck_assert((object.mask.pixels == Pixels{255}));
}
END_TEST

START_TEST(test_boxes_without_mask_become_whole_pixels) {
  FrameResult result = hook();
  result.objects[0].mask = {};
  result.objects[0].box = {1.4f, -2, 0.2f, 1};
  assert_box(scaled(result, {5, 4}).box, 1, -2, 1, 1);
  result.objects[0].box = {};
  assert_box(scaled(result, {50, 40}).box, 0, 0, 0, 0);
}
END_TEST

START_TEST(test_a_small_mask_cannot_ask_for_a_huge_one) {
  FrameResult result;
  result.frame_size = {1, 1};
  ObjectResult object;
  object.box = {0, 0, 1, 1};
  object.mask = {1, 1, {255}};
  result.objects.assign(1000, object);
  assert_text_eq(
      sam2::test::error_of([&] { sam2::scale_result({7680, 4320}, &result); }),
      "The masks of a frame of 1x1 would have 33177600000 pixels in a frame of "
      "7680x4320, more than 536870912. Give results for frames of this size.");
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("result_scale");
  tcase_add_test(tests, test_the_same_size_changes_nothing);
  tcase_add_test(tests, test_twice_the_size_makes_four_pixels_of_one);
  tcase_add_test(tests, test_mask_that_covers_the_frame_stays_as_it_is);
  tcase_add_test(tests, test_twice_and_half_is_the_same);
  tcase_add_test(tests, test_a_mask_keeps_a_pixel_inside_the_smallest_frame);
  tcase_add_test(tests, test_boxes_without_mask_become_whole_pixels);
  tcase_add_test(tests, test_a_small_mask_cannot_ask_for_a_huge_one);
  return sam2::test::run("io_result_scale", tests);
}
