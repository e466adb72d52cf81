// Filters of detections and scores of pairs, at their edges.
#include <cmath>
#include <limits>

#include "track/association.h"
#include "track/lifecycle_text.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

// Settings with edges that a float meets exactly.
LifecycleSettings settings() {
  LifecycleSettings s;
  s.min_confidence = 0.5F;
  s.min_box_px = 10;
  s.duplicate_iou = 0.5;
  return s;
}

std::string usable(const std::string &text, const LifecycleSettings &s) {
  std::string left;
  for (const Detection &d : usable_detections(detections_of(text).found, s))
    left += (left.empty() ? "" : " ") + d.label + "@" + number_text(d.box.x);
  return left;
}

bool is_usable(const Detection &detection, const LifecycleSettings &s) {
  return !usable_detections({detection}, s).empty();
}

START_TEST(test_confidence_at_the_least_is_enough) {
  assert_texts_equal(usable("car@0/0.5 car@100/0.499", settings()), "car@0");
}
END_TEST

START_TEST(test_shorter_side_must_reach_the_least) {
  Detection detection = detection_of("car@0");
  for (const bool is_width : {true, false}) {
    float BoxPx::*side = is_width ? &BoxPx::width : &BoxPx::height;
    detection.box = {0, 0, 50, 50};
    detection.box.*side = 10;
    ck_assert(is_usable(detection, settings()));
    detection.box.*side = 9.99F;
    ck_assert(!is_usable(detection, settings()));
  }
}
END_TEST

START_TEST(test_numbers_that_are_not_finite_are_dropped) {
  const float bad[] = {std::nanf(""), std::numeric_limits<float>::infinity()};
  for (const float value : bad) {
    for (float BoxPx::*number :
         {&BoxPx::x, &BoxPx::y, &BoxPx::width, &BoxPx::height}) {
      Detection detection = detection_of("car@0");
      detection.box.*number = value;
      ck_assert(!is_usable(detection, settings()));
    }
  }
  Detection detection = detection_of("car@0");
  detection.confidence = std::nanf("");
  ck_assert(!is_usable(detection, settings()));
}
END_TEST

START_TEST(test_classes_not_asked_for_are_dropped) {
  LifecycleSettings s = settings();
  const char *all = "car@0 dog@100 cat@200";
  assert_texts_equal(usable(all, s), "car@0 dog@100 cat@200");
  s.object_classes = {"cat", "car"};
  assert_texts_equal(usable(all, s), "car@0 cat@200");
  s.object_classes = {"ca"};
  assert_texts_equal(usable(all, s), "");
}
END_TEST

START_TEST(test_most_confident_come_first_and_equal_ones_in_order) {
  assert_texts_equal(usable("car@0/0.6 car@100/0.8 car@200/0.6", settings()),
                     "car@100 car@0 car@200");
}
END_TEST

// A box of half the width inside another has an IoU of exactly 0.5.
START_TEST(test_less_confident_of_two_with_a_larger_iou_is_a_duplicate) {
  assert_texts_equal(usable("car@0w20/0.6 car@0/0.8", settings()),
                     "car@0 car@0");
  assert_texts_equal(usable("car@1w21/0.6 car@0/0.8", settings()), "car@0");
  assert_texts_equal(usable("car@1w21/0.9 car@0/0.8", settings()), "car@1");
}
END_TEST

START_TEST(test_what_a_duplicate_overlaps_is_none) {
  // The second is a duplicate of the first; the third of the second only.
  assert_texts_equal(usable("car@0/0.9 car@10/0.8 car@20/0.7", settings()),
                     "car@0 car@20");
}
END_TEST

START_TEST(test_other_class_is_no_duplicate) {
  assert_texts_equal(usable("car@0/0.9 bus@0/0.8", settings()), "car@0 bus@0");
  Detection a = detection_of("car@0");
  Detection b = a;
  b.class_id = 3;
  ck_assert_uint_eq(usable_detections({a, b}, settings()).size(), 2);
  a.class_id = 3;
  ck_assert_uint_eq(usable_detections({a, b}, settings()).size(), 1);
}
END_TEST

// 4 x 2 pixels at (10, 20); all but the one at the top left is object.
MaskImage mask_without_a_corner() {
  return {4, 2, {0, 255, 255, 255, 255, 255, 255, 255}};
}

START_TEST(test_pixels_with_their_centre_inside_are_counted) {
  const MaskImage mask = mask_without_a_corner();
  const BoxPx box = {10, 20, 4, 2};
  const MaskView view = {box, &mask, box};
  const struct {
    BoxPx box;
    int pixels;
  } kCases[] = {
      {{10, 20, 4, 2}, 7},     {{0, 0, 100, 100}, 7},   {{10, 20, 2, 2}, 3},
      {{12, 20, 2, 2}, 4},     {{10, 20, 4, 1}, 3},     {{10, 21, 4, 1}, 4},
      {{14, 20, 5, 5}, 0},     {{0, 0, 10, 50}, 0},     {{11.5F, 20, 9, 2}, 6},
      {{11.75F, 20, 9, 2}, 4}, {{0, 0, 13.5F, 50}, 5},  {{0, 0, 13.52F, 50}, 7},
      {{10, 21.5F, 4, 9}, 4},  {{10, 21.75F, 4, 9}, 0}, {{10, 0, 4, 21.5F}, 3},
      {{10, 0, 4, 21.52F}, 7},
  };
  for (const auto &c : kCases)
    ck_assert_double_eq_tol(share_inside(view, c.box), c.pixels / 7.0, 1e-12);
}
END_TEST

START_TEST(test_mask_without_a_pixel_has_no_share) {
  const MaskImage mask = {2, 1, {0, 0}};
  ck_assert_double_eq(share_inside({{0, 0, 2, 1}, &mask}, {0, 0, 9, 9}), 0);
  ck_assert_double_eq(share_inside({{}, nullptr}, {0, 0, 9, 9}), 0);
}
END_TEST

START_TEST(test_share_of_the_box_stands_in_for_a_mask_not_at_hand) {
  const MaskView view = {{10, 20, 40, 20}, nullptr};
  const struct {
    BoxPx box;
    double share;
  } kCases[] = {
      {{10, 20, 40, 20}, 1},    {{0, 0, 100, 100}, 1},
      {{10, 20, 10, 20}, 0.25}, {{40, 20, 50, 20}, 0.25},
      {{10, 0, 40, 30}, 0.5},   {{10, 35, 40, 90}, 0.25},
      {{50, 20, 9, 9}, 0},      {{90, 90, 9, 9}, 0},
      {{0, 0, 9, 9}, 0},        {{10, 45, 40, 9}, 0},
  };
  for (const auto &c : kCases)
    ck_assert_double_eq(share_inside(view, c.box), c.share);
}
END_TEST

START_TEST(test_score_without_a_mask_is_the_iou_with_the_predicted_box) {
  const SightedObject object = {corner_box(box_at(0, 20)), std::nullopt};
  ck_assert_double_eq(match_score(detection_of("car@0"), object, 0.9), 0.5);
}
END_TEST

START_TEST(test_mask_counts_by_its_weight_iou_and_share) {
  // IoU with the predicted box 0.5; with the mask's 0.25, of which 40 / 80
  // is inside.
  const SightedObject object = {corner_box(box_at(0, 20)),
                                MaskView{box_at(16, 80), nullptr}};
  const Detection detection = detection_of("car@0");
  const double by_mask = 24.0 / 96 * (24.0 / 80);
  ck_assert_double_eq_tol(match_score(detection, object, 0), 0.5, 1e-12);
  ck_assert_double_eq_tol(match_score(detection, object, 1), by_mask, 1e-12);
  ck_assert_double_eq_tol(match_score(detection, object, 0.25),
                          0.75 * 0.5 + 0.25 * by_mask, 1e-12);
}
END_TEST

START_TEST(test_corners_of_a_box_are_its_place_and_its_place_plus_its_size) {
  const CornerBox box = corner_box({10, 20, 30, 40});
  ck_assert_double_eq(box.left, 10);
  ck_assert_double_eq(box.top, 20);
  ck_assert_double_eq(box.right, 40);
  ck_assert_double_eq(box.bottom, 60);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("association");
  tcase_add_test(tests, test_confidence_at_the_least_is_enough);
  tcase_add_test(tests, test_shorter_side_must_reach_the_least);
  tcase_add_test(tests, test_numbers_that_are_not_finite_are_dropped);
  tcase_add_test(tests, test_classes_not_asked_for_are_dropped);
  tcase_add_test(tests, test_most_confident_come_first_and_equal_ones_in_order);
  tcase_add_test(tests,
                 test_less_confident_of_two_with_a_larger_iou_is_a_duplicate);
  tcase_add_test(tests, test_what_a_duplicate_overlaps_is_none);
  tcase_add_test(tests, test_other_class_is_no_duplicate);
  tcase_add_test(tests, test_pixels_with_their_centre_inside_are_counted);
  tcase_add_test(tests, test_mask_without_a_pixel_has_no_share);
  tcase_add_test(tests, test_share_of_the_box_stands_in_for_a_mask_not_at_hand);
  tcase_add_test(tests,
                 test_score_without_a_mask_is_the_iou_with_the_predicted_box);
  tcase_add_test(tests, test_mask_counts_by_its_weight_iou_and_share);
  tcase_add_test(
      tests, test_corners_of_a_box_are_its_place_and_its_place_plus_its_size);
  return run_case("track", tests);
}
