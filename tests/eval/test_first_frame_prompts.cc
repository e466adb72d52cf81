#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "eval/first_frame_prompts.h"
#include "io/test_helpers.h"

namespace {

using sam2::LabelMap;
using sam2::Prompt;
using sam2::PromptKind;

constexpr int kWidth = 40;
constexpr int kHeight = 30;

LabelMap empty_map() {
  return {kWidth, kHeight, std::vector<uint8_t>(kWidth * kHeight, 0)};
}

void paint(const cv::Rect &place, uint8_t label, LabelMap *map) {
  for (int y = place.y; y < place.br().y; ++y) {
    for (int x = place.x; x < place.br().x; ++x) {
      map->labels[y * kWidth + x] = label;
    }
  }
}

cv::Mat rectangle(const cv::Rect &place) {
  LabelMap map = empty_map();
  paint(place, 1, &map);
  return sam2::mask_of_label(map, 1);
}

void assert_point(std::optional<cv::Point> point, int x, int y) {
  ck_assert(point.has_value());
  ck_assert_int_eq(point->x, x);
  ck_assert_int_eq(point->y, y);
}

START_TEST(test_kinds_have_names) {
  ck_assert(sam2::prompt_kind_named("mask") == PromptKind::kMask);
  ck_assert(sam2::prompt_kind_named("box") == PromptKind::kBox);
  ck_assert(sam2::prompt_kind_named("point") == PromptKind::kPoint);
  ck_assert(sam2::prompt_kind_named("clicks3") == PromptKind::kClicks3);
  ck_assert(!sam2::prompt_kind_named("clicks4").has_value());
}
END_TEST

START_TEST(test_interior_point_of_a_square_is_its_middle) {
  assert_point(sam2::interior_point(rectangle({10, 5, 9, 9})), 14, 9);
}
END_TEST

START_TEST(test_first_pixel_in_row_order_wins_a_tie) {
  // 15x4: the middle two rows, from the second to the last but one column.
  assert_point(sam2::interior_point(rectangle({10, 5, 15, 4})), 11, 6);
}
END_TEST

START_TEST(test_interior_point_of_a_ring_is_on_the_ring) {
  cv::Mat ring(101, 101, CV_8UC1, cv::Scalar(0));
  cv::circle(ring, {50, 50}, 40, cv::Scalar(255), cv::FILLED);
  cv::circle(ring, {50, 50}, 20, cv::Scalar(0), cv::FILLED);
  const auto point = sam2::interior_point(ring);
  ck_assert(point.has_value());
  // In the middle between both circles.
  const double radius = std::hypot(point->x - 50, point->y - 50);
  ck_assert_double_gt(radius, 28);
  ck_assert_double_lt(radius, 32);
}
END_TEST

START_TEST(test_edge_of_the_picture_is_outside) {
  // Cut by the left edge: not at the edge itself, but in the middle.
  assert_point(sam2::interior_point(rectangle({0, 10, 9, 9})), 4, 14);
}
END_TEST

START_TEST(test_empty_mask_has_no_interior_point) {
  ck_assert(!sam2::interior_point(rectangle({0, 0, 0, 0})).has_value());
}
END_TEST

START_TEST(test_box_is_tight) {
  cv::Mat mask = rectangle({10, 5, 1, 1});
  mask |= rectangle({20, 9, 3, 2});
  const sam2::BoxPx box = sam2::tight_box(mask);
  ck_assert_float_eq(box.x, 10);
  ck_assert_float_eq(box.y, 5);
  ck_assert_float_eq(box.width, 13);
  ck_assert_float_eq(box.height, 6);
}
END_TEST

// Objects 2 and 7, and void around the first.
LabelMap two_objects() {
  LabelMap map = empty_map();
  paint({9, 4, 7, 7}, 255, &map);
  paint({10, 5, 5, 5}, 2, &map);
  paint({30, 20, 3, 3}, 7, &map);
  return map;
}

START_TEST(test_background_and_void_are_no_objects) {
  ck_assert((sam2::object_labels(two_objects()) == std::vector<int>{2, 7}));
}
END_TEST

START_TEST(test_mask_prompts_are_the_true_masks) {
  const auto prompts =
      sam2::first_frame_prompts(two_objects(), PromptKind::kMask);
  ck_assert_uint_eq(prompts.size(), 2);
  ck_assert_int_eq(prompts[0].object_id, 2);
  ck_assert_int_eq(prompts[1].object_id, 7);
  ck_assert(!prompts[0].box.has_value());
  ck_assert_int_eq(prompts[0].mask->width, kWidth);
  const cv::Mat expected = rectangle({10, 5, 5, 5});
  ck_assert(std::equal(prompts[0].mask->pixels.begin(),
                       prompts[0].mask->pixels.end(),
                       expected.begin<uint8_t>()));
}
END_TEST

START_TEST(test_box_prompts_are_the_tight_boxes) {
  const auto prompts =
      sam2::first_frame_prompts(two_objects(), PromptKind::kBox);
  ck_assert_uint_eq(prompts.size(), 2);
  ck_assert(!prompts[0].mask.has_value());
  ck_assert_float_eq(prompts[1].box->x, 30);
  ck_assert_float_eq(prompts[1].box->width, 3);
}
END_TEST

START_TEST(test_clicks_begin_with_the_interior_point) {
  for (const PromptKind kind : {PromptKind::kPoint, PromptKind::kClicks3}) {
    const auto prompts = sam2::first_frame_prompts(two_objects(), kind);
    ck_assert_uint_eq(prompts[0].points.size(), 1);
    ck_assert_float_eq(prompts[0].points[0].x_px, 12);
    ck_assert_float_eq(prompts[0].points[0].y_px, 7);
    ck_assert(prompts[0].points[0].is_positive);
  }
}
END_TEST

START_TEST(test_correction_is_in_the_largest_wrong_region) {
  LabelMap truth = empty_map();
  paint({10, 5, 9, 5}, 1, &truth);
  // 5x5 missing on the right, 3x3 too much elsewhere.
  LabelMap predicted = empty_map();
  paint({10, 5, 4, 5}, 1, &predicted);
  paint({30, 20, 3, 3}, 1, &predicted);
  auto click = sam2::corrective_click(truth, predicted, 1);
  ck_assert(click.has_value());
  ck_assert_float_eq(click->x_px, 16);
  ck_assert_float_eq(click->y_px, 7);
  ck_assert(click->is_positive);
  // 7x7 too much is more.
  paint({30, 20, 7, 7}, 1, &predicted);
  click = sam2::corrective_click(truth, predicted, 1);
  ck_assert_float_eq(click->x_px, 33);
  ck_assert_float_eq(click->y_px, 23);
  ck_assert(!click->is_positive);
}
END_TEST

START_TEST(test_right_answer_needs_no_correction) {
  const LabelMap truth = two_objects();
  ck_assert(!sam2::corrective_click(truth, truth, 2).has_value());
  // Void pixels may have any answer.
  LabelMap predicted = truth;
  paint({9, 4, 7, 7}, 2, &predicted);
  ck_assert(!sam2::corrective_click(truth, predicted, 2).has_value());
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("first_frame_prompts");
  tcase_add_test(tests, test_kinds_have_names);
  tcase_add_test(tests, test_interior_point_of_a_square_is_its_middle);
  tcase_add_test(tests, test_first_pixel_in_row_order_wins_a_tie);
  tcase_add_test(tests, test_interior_point_of_a_ring_is_on_the_ring);
  tcase_add_test(tests, test_edge_of_the_picture_is_outside);
  tcase_add_test(tests, test_empty_mask_has_no_interior_point);
  tcase_add_test(tests, test_box_is_tight);
  tcase_add_test(tests, test_background_and_void_are_no_objects);
  tcase_add_test(tests, test_mask_prompts_are_the_true_masks);
  tcase_add_test(tests, test_box_prompts_are_the_tight_boxes);
  tcase_add_test(tests, test_clicks_begin_with_the_interior_point);
  tcase_add_test(tests, test_correction_is_in_the_largest_wrong_region);
  tcase_add_test(tests, test_right_answer_needs_no_correction);
  return sam2::test::run("eval_first_frame_prompts", tests);
}
