#include "overlay_label.h"
#include "support/gst_test.h"

namespace {

sam2::PaintLayer place_of(const std::string &text, const sam2::BoxPx &box,
                          sam2::SizePx frame) {
  const sam2::FontMapPtr fonts(pango_cairo_font_map_new());
  const sam2::Label label = sam2::label_layers(fonts.get(), text, box, frame);
  fail_unless_equals_int(label.plate.opacity.size(),
                         label.plate.width * label.plate.height);
  fail_unless_equals_int(label.letters.opacity.size(),
                         label.plate.opacity.size());
  fail_unless_equals_int(label.letters.x, label.plate.x);
  fail_unless_equals_int(label.letters.y, label.plate.y);
  fail_unless_equals_int(label.letters.width, label.plate.width);
  return label.plate;
}

GST_START_TEST(test_the_text_says_what_is_known) {
  sam2::AnalyticsObject object;
  object.confidence = 0.926f;
  fail_unless(sam2::label_text(object) == "0.93");
  object.label = "dog";
  object.object_id = 7;
  fail_unless(sam2::label_text(object) == "7 dog 0.93");
}
GST_END_TEST

GST_START_TEST(test_a_label_stands_on_its_box) {
  const sam2::PaintLayer place =
      place_of("7 dog 0.93", {100, 200, 50, 50}, {640, 480});
  fail_unless_equals_int(place.x, 100);
  fail_unless_equals_int(place.y + place.height, 200);
}
GST_END_TEST

GST_START_TEST(test_a_label_without_room_above_is_inside) {
  fail_unless_equals_int(place_of("1", {100, 3, 50, 50}, {640, 480}).y, 3);
}
GST_END_TEST

GST_START_TEST(test_labels_do_not_leave_the_frame) {
  const sam2::BoxPx boxes[] = {{630, 470, 5, 5}, {-20, -20, 5, 5}};
  for (const auto &box : boxes) {
    const sam2::PaintLayer place = place_of("7 dog 0.93", box, {640, 480});
    fail_unless(place.x >= 0 && place.y >= 0);
    fail_unless(place.x + place.width <= 640);
    fail_unless(place.y + place.height <= 480);
  }
}
GST_END_TEST

GST_START_TEST(test_a_label_longer_than_the_picture_is_cut) {
  const sam2::PaintLayer place =
      place_of(std::string(1000, 'x'), {0, 20, 5, 5}, {64, 48});
  fail_unless(place.width <= 64);
}
GST_END_TEST

GST_START_TEST(test_text_that_is_no_utf8_is_no_crash) {
  place_of("7 \xff\xfe 0.93", {0, 20, 5, 5}, {64, 48});
  place_of("7 dog", {0, 0, 1, 1}, {1, 1});
}
GST_END_TEST

Suite *overlay_label_suite() {
  Suite *suite = suite_create("overlay_label");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_the_text_says_what_is_known);
  tcase_add_test(cases, test_a_label_stands_on_its_box);
  tcase_add_test(cases, test_a_label_without_room_above_is_inside);
  tcase_add_test(cases, test_labels_do_not_leave_the_frame);
  tcase_add_test(cases, test_a_label_longer_than_the_picture_is_cut);
  tcase_add_test(cases, test_text_that_is_no_utf8_is_no_crash);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(overlay_label)
