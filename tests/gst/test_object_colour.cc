#include <set>

#include "object_colour.h"
#include "support/gst_test.h"

namespace {

int packed(sam2::Colour colour) {
  return colour.red << 16 | colour.green << 8 | colour.blue;
}

GST_START_TEST(test_ids_of_one_round_have_different_colours) {
  std::set<int> colours;
  for (int id = 1; id <= sam2::kObjectColourCount; ++id)
    colours.insert(packed(sam2::object_colour(id)));
  fail_unless_equals_int(colours.size(), sam2::kObjectColourCount);
}
GST_END_TEST

GST_START_TEST(test_every_id_has_a_colour) {
  fail_unless_equals_int(packed(sam2::object_colour(1)), 0x1d91ff);
  fail_unless_equals_int(packed(sam2::object_colour(13)), 0x1d91ff);
  fail_unless_equals_int(packed(sam2::object_colour(-11)), 0x1d91ff);
  sam2::object_colour(INT64_MAX);
  sam2::object_colour(INT64_MIN + 1);
}
GST_END_TEST

GST_START_TEST(test_text_contrasts_with_its_background) {
  fail_unless_equals_int(packed(sam2::text_colour({250, 210, 30})), 0);
  fail_unless_equals_int(packed(sam2::text_colour({95, 105, 255})), 0xffffff);
}
GST_END_TEST

GST_START_TEST(test_components_follow_format_and_colorimetry) {
  const struct {
    GstVideoFormat format;
    const char *colorimetry;
    int values[3];
  } cases[] = {
      {GST_VIDEO_FORMAT_BGRx, "sRGB", {255, 0, 0}},
      {GST_VIDEO_FORMAT_I420, "bt601", {81, 90, 240}},
      {GST_VIDEO_FORMAT_NV12, "bt709", {63, 102, 240}},
      {GST_VIDEO_FORMAT_I420, "1:4:0:0", {76, 85, 255}},
  };
  for (const auto &row : cases) {
    GstVideoInfo info = sam2::video_info(row.format, 8, 8);
    gst_video_colorimetry_from_string(&info.colorimetry, row.colorimetry);
    const auto values = sam2::component_values({255, 0, 0}, info);
    for (size_t i = 0; i < 3; ++i)
      fail_unless_equals_int(values[i], row.values[i]);
  }
}
GST_END_TEST

Suite *object_colour_suite() {
  Suite *suite = suite_create("object_colour");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_ids_of_one_round_have_different_colours);
  tcase_add_test(cases, test_every_id_has_a_colour);
  tcase_add_test(cases, test_text_contrasts_with_its_background);
  tcase_add_test(cases, test_components_follow_format_and_colorimetry);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(object_colour)
