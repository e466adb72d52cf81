#include "hidden_area.h"
#include "support/boxed_object.h"
#include "support/gst_test.h"

namespace {

constexpr sam2::SizePx kSize = {40, 30};

// A frame's area with objects, and its opacities.
class Area {
 public:
  Area(bool hides_background, const std::vector<sam2::BoxPx> &boxes,
       int feather_px) {
    set(hides_background, boxes, feather_px);
  }

  void set(bool hides_background, const std::vector<sam2::BoxPx> &boxes,
           int feather_px) {
    const sam2::BufferPtr buffer(gst_buffer_new());
    std::vector<sam2::ObjectResult> objects;
    for (const auto &box : boxes) objects.push_back(sam2::boxed_object(1, box));
    sam2::attach_objects(buffer.get(), std::move(objects));
    area_.begin(kSize, hides_background);
    sam2::ObjectEntries entries;
    for (const auto &entry : entries.read(buffer.get()))
      area_.add(sam2::ObjectMask(buffer.get(), entry), feather_px);
    area_.soften(feather_px);
  }

  int at(int x, int y) {
    for (const sam2::Span &span : area_.spans(y, y + 1))
      if (x >= span.begin && x < span.end) return area_.row(y)[x];
    return area_.outside();
  }

  sam2::HiddenArea &area() { return area_; }

 private:
  sam2::HiddenArea area_;
};

GST_START_TEST(test_objects_are_kept_or_hidden) {
  Area background(true, {{10, 8, 5, 4}}, 0);
  Area objects(false, {{10, 8, 5, 4}}, 0);
  for (int y = 0; y < kSize.height; ++y)
    for (int x = 0; x < kSize.width; ++x) {
      const bool is_object = x >= 10 && x < 15 && y >= 8 && y < 12;
      fail_unless_equals_int(background.at(x, y), is_object ? 0 : 255);
      fail_unless_equals_int(objects.at(x, y), is_object ? 255 : 0);
    }
}
GST_END_TEST

// Three pixels of the kept side: 3/4, 2/4 and 1/4 hidden.
GST_START_TEST(test_a_soft_edge_lies_on_the_kept_side) {
  Area objects(false, {{20, 0, 20, 30}}, 3);
  const int outwards[] = {255, 191, 127, 63, 0};
  for (int i = 0; i < 5; ++i)
    fail_unless_equals_int(objects.at(20 - i, 15), outwards[i]);
  Area wide(false, {{20, 0, 20, 30}}, 9);
  fail_unless_equals_int(wide.at(19, 15), 229);
  fail_unless_equals_int(wide.at(12, 15), 51);
  fail_unless_equals_int(wide.at(10, 15), 0);
  Area background(true, {{20, 0, 20, 30}}, 3);
  const int inwards[] = {255, 191, 127, 63, 0};
  for (int i = 0; i < 5; ++i)
    fail_unless_equals_int(background.at(19 + i, 15), inwards[i]);
}
GST_END_TEST

GST_START_TEST(test_what_is_hidden_is_hidden_fully) {
  for (const int feather_px : {0, 1, 5, 64}) {
    Area objects(false, {{10, 8, 3, 2}, {11, 9, 7, 9}}, feather_px);
    for (int y = 9; y < 18; ++y)
      for (int x = 11; x < 18; ++x)
        fail_unless_equals_int(objects.at(x, y), 255);
    Area background(true, {{10, 8, 3, 2}, {11, 9, 7, 9}}, feather_px);
    fail_unless_equals_int(background.at(9, 9), 255);
    fail_unless_equals_int(background.at(18, 9), 255);
    fail_unless_equals_int(background.at(14, 8), 255);
  }
}
GST_END_TEST

GST_START_TEST(test_the_frames_border_is_no_edge) {
  Area background(true, {{0, 0, 10, 30}}, 4);
  fail_unless_equals_int(background.at(0, 0), 0);
  fail_unless_equals_int(background.at(0, 29), 0);
  fail_unless(background.at(9, 29) > 0);
  Area top(false, {{0, 0, 40, 1}}, 2);
  fail_unless_equals_int(top.at(20, 1), 170);
  Area bottom(false, {{0, 29, 40, 1}}, 2);
  fail_unless_equals_int(bottom.at(20, 28), 170);
  Area right(true, {{20, 10, 20, 20}}, 4);
  fail_unless_equals_int(right.at(39, 29), 0);
}
GST_END_TEST

GST_START_TEST(test_objects_that_touch_have_no_edge_between_them) {
  Area background(true, {{5, 5, 10, 20}, {15, 5, 10, 20}}, 3);
  fail_unless_equals_int(background.at(14, 15), 0);
  fail_unless_equals_int(background.at(15, 15), 0);
}
GST_END_TEST

GST_START_TEST(test_nothing_is_left_of_the_frame_before) {
  Area area(false, {{3, 3, 9, 9}}, 2);
  area.set(false, {{20, 15, 4, 4}}, 2);
  area.set(false, {{2, 2, 30, 25}}, 0);
  fail_unless_equals_int(area.at(4, 4), 255);
  area.set(false, {{36, 26, 2, 2}}, 2);
  fail_unless_equals_int(area.at(35, 25) > 0, 1);
  for (int y = 0; y < 20; ++y)
    for (int x = 0; x < 20; ++x) fail_unless_equals_int(area.at(x, y), 0);
  area.set(false, {{3, 3, 20, 20}}, 2);
  area.set(false, {{10, 10, 2, 2}}, 0);
  fail_unless_equals_int(area.at(9, 9), 0);
  area.set(true, {}, 2);
  fail_unless_equals_int(area.at(36, 26), 255);
}
GST_END_TEST

GST_START_TEST(test_spans_are_merged_and_in_order) {
  Area area(false, {{25, 10, 4, 4}, {4, 10, 7, 4}, {10, 12, 4, 4}}, 0);
  const auto &spans = area.area().spans(12, 14);
  fail_unless_equals_int(spans.size(), 2);
  fail_unless_equals_int(spans[0].begin, 0);
  fail_unless_equals_int(spans[0].end, 16);
  fail_unless_equals_int(spans[1].begin, 24);
  fail_unless_equals_int(spans[1].end, 32);
  fail_unless(area.area().spans(0, 2).empty());
}
GST_END_TEST

// Samples of subsampled planes must not lie half in a box.
GST_START_TEST(test_boxes_are_aligned_and_have_a_rim) {
  Area area(true, {{9, 5, 3, 3}}, 0);
  const sam2::RectPx &box = area.area().boxes().at(0);
  fail_unless_equals_int(box.x_begin, 8);
  fail_unless_equals_int(box.x_end, 16);
  fail_unless_equals_int(box.y_begin, 4);
  fail_unless_equals_int(box.y_end, 10);
}
GST_END_TEST

Suite *hidden_area_suite() {
  Suite *suite = suite_create("hidden_area");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_objects_are_kept_or_hidden);
  tcase_add_test(cases, test_a_soft_edge_lies_on_the_kept_side);
  tcase_add_test(cases, test_what_is_hidden_is_hidden_fully);
  tcase_add_test(cases, test_the_frames_border_is_no_edge);
  tcase_add_test(cases, test_objects_that_touch_have_no_edge_between_them);
  tcase_add_test(cases, test_nothing_is_left_of_the_frame_before);
  tcase_add_test(cases, test_spans_are_merged_and_in_order);
  tcase_add_test(cases, test_boxes_are_aligned_and_have_a_rim);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(hidden_area)
