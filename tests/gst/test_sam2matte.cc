// What sam2matte hides, how, and when.
#include <algorithm>

#include "matte_test.h"
#include "object_colour.h"

namespace {

using sam2::kMatteHeight;
using sam2::kMatteWidth;

const GstVideoInfo kRgba = sam2::matte_info("RGBA");

sam2::MattePicture made(const std::string &properties,
                        const GstVideoInfo &info = kRgba) {
  return sam2::matte(properties, info,
                     sam2::with_object(sam2::speckled_buffer(info)));
}

// Whether the pixel is as it was; of YUV luma counts, because chroma is shared
// with neighbours.
bool is_kept(sam2::MattePicture &picture, int x, int y) {
  auto before = sam2::speckled_picture(picture.info());
  const int count = GST_VIDEO_INFO_IS_RGB(&picture.info()) ? 3 : 1;
  for (int c = 0; c < count; ++c)
    if (picture.at(x, y, c) != before.at(x, y, c)) return false;
  return true;
}

// "kept" or "hidden" pixels inside and outside of the object.
void assert_sides(sam2::MattePicture picture, bool keeps_object,
                  bool keeps_background) {
  fail_unless_equals_int(is_kept(picture, 8, 6), keeps_object);
  fail_unless_equals_int(is_kept(picture, 19, 15), keeps_object);
  fail_unless_equals_int(is_kept(picture, 7, 10), keeps_background);
  fail_unless_equals_int(is_kept(picture, 20, 10), keeps_background);
  fail_unless_equals_int(is_kept(picture, 10, 16), keeps_background);
  fail_unless_equals_int(is_kept(picture, 39, 29), keeps_background);
}

GST_START_TEST(test_the_background_becomes_transparent) {
  auto picture = made("feather=0 colour=0x00102030");
  auto before = sam2::speckled_picture(kRgba);
  for (int y = 0; y < kMatteHeight; ++y)
    for (int x = 0; x < kMatteWidth; ++x) {
      const int below[] = {0x10, 0x20, 0x30, 0};
      for (int c = 0; c < 4; ++c)
        fail_unless_equals_int(picture.at(x, y, c), sam2::is_in_object(x, y)
                                                        ? before.at(x, y, c)
                                                        : below[c]);
    }
}
GST_END_TEST

GST_START_TEST(test_alpha_falls_over_the_feathers_width) {
  auto info = kRgba;
  auto buffer = sam2::video_buffer(info, 255);
  auto picture =
      sam2::matte("feather=3", info, sam2::with_object(std::move(buffer)));
  const int alphas[] = {0, 64, 128, 192, 255};
  for (int i = 0; i < 5; ++i)
    fail_unless_equals_int(picture.at(7 + i, 11, 3), alphas[i]);
  // Colours stay wherever something can be seen of them.
  fail_unless_equals_int(picture.at(7, 11, 0), 0);
  fail_unless_equals_int(picture.at(8, 11, 0), 255);
}
GST_END_TEST

GST_START_TEST(test_a_colour_covers_the_background) {
  const struct {
    const char *format, *colorimetry;
    int values[3];
  } cases[] = {{"RGB", "sRGB", {255, 0, 0}},
               {"BGRx", "sRGB", {255, 0, 0}},
               {"I420", "bt601", {81, 90, 240}},
               {"NV12", "bt709", {63, 102, 240}},
               {"GRAY8", "1:4:0:0", {76, 76, 76}}};
  for (const auto &row : cases) {
    auto info = sam2::matte_info(row.format);
    gst_video_colorimetry_from_string(&info.colorimetry, row.colorimetry);
    auto picture = made("mode=colour colour=0xffff0000 feather=0", info);
    const int count = static_cast<int>(GST_VIDEO_INFO_N_COMPONENTS(&info));
    for (int c = 0; c < count; ++c) {
      fail_unless_equals_int(picture.at(2, 2, c), row.values[c]);
      fail_unless_equals_int(picture.at(38, 28, c), row.values[c]);
      fail_unless_equals_int(picture.at(10, 20, c), row.values[c]);
    }
    assert_sides(std::move(picture), true, false);
  }
}
GST_END_TEST

// Where an object is wide, many neighbours are treated alike and at once.
GST_START_TEST(test_a_wide_object_looks_like_a_narrow_one_in_between) {
  constexpr int kMore = 300;
  const auto wide_info = sam2::matte_info("RGB", kMatteWidth + kMore);
  const auto narrow_info = sam2::matte_info("RGB");
  for (const std::string properties : {"", "invert=true ", "colour=0x80ff0000 ",
                                       "invert=true colour=0x80ff0000 "}) {
    auto buffer = sam2::video_buffer(wide_info, 100);
    sam2::attach_objects(buffer.get(),
                         {sam2::boxed_object(1, {8, 6, 12 + kMore, 10})});
    auto wide = sam2::matte(properties + "mode=colour feather=3", wide_info,
                            std::move(buffer));
    auto narrow =
        sam2::matte(properties + "mode=colour feather=3", narrow_info,
                    sam2::with_object(sam2::video_buffer(narrow_info, 100)));
    for (int y = 0; y < kMatteHeight; ++y)
      for (int x = 0; x < kMatteWidth + kMore; ++x)
        for (int c = 0; c < 3; ++c)
          fail_unless_equals_int(wide.at(x, y, c),
                                 narrow.at(std::clamp(14, x - kMore, x), y, c));
  }
}
GST_END_TEST

GST_START_TEST(test_the_colours_alpha_says_how_much_it_covers) {
  auto buffer = sam2::with_object(sam2::video_buffer(kRgba, 100));
  auto picture = sam2::matte("mode=colour colour=0x33ff0000 feather=0", kRgba,
                             std::move(buffer));
  const int covered[] = {131, 80, 80, 131};
  for (int c = 0; c < 4; ++c) {
    fail_unless_equals_int(picture.at(2, 2, c), covered[c]);
    fail_unless_equals_int(picture.at(21, 12, c), covered[c]);
    fail_unless_equals_int(picture.at(12, 12, c), 100);
  }
}
GST_END_TEST

GST_START_TEST(test_blur_hides_one_side) {
  assert_sides(made("mode=blur feather=0"), true, false);
  assert_sides(made("mode=object-blur feather=0"), false, true);
  assert_sides(made("mode=object-pixelate feather=0"), false, true);
}
GST_END_TEST

GST_START_TEST(test_invert_hides_the_other_side) {
  assert_sides(made("mode=colour feather=0 invert=true"), false, true);
  assert_sides(made("mode=blur feather=0 invert=true"), false, true);
  assert_sides(made("mode=object-blur feather=0 invert=true"), true, false);
  assert_sides(made("mode=object-pixelate feather=0 invert=true"), true, false);
  auto picture = made("mode=transparent feather=0 invert=true");
  fail_unless_equals_int(picture.at(8, 6, 3), 0);
  assert_sides(std::move(picture), false, true);
}
GST_END_TEST

GST_START_TEST(test_feather_of_hidden_objects_lies_around_them) {
  auto picture = made("mode=object-pixelate feather=3");
  fail_unless(!is_kept(picture, 8, 6));
  fail_unless(!is_kept(picture, 7, 11));
  fail_unless(is_kept(picture, 4, 11));
}
GST_END_TEST

GST_START_TEST(test_alpha_stays_under_blur) {
  for (const char *mode : {"blur", "object-blur", "object-pixelate"}) {
    auto picture = made(std::string("feather=2 mode=") + mode);
    auto before = sam2::speckled_picture(kRgba);
    for (int y = 0; y < kMatteHeight; ++y)
      for (int x = 0; x < kMatteWidth; ++x)
        fail_unless_equals_int(picture.at(x, y, 3), before.at(x, y, 3));
  }
}
GST_END_TEST

// All pixels of a block of the grid have the block's mean.
GST_START_TEST(test_squares_have_the_asked_for_side) {
  for (const int side : {2, 4, 6}) {
    auto picture = made("mode=object-pixelate feather=0 pixel-size=" +
                        std::to_string(side));
    auto before = sam2::speckled_picture(kRgba);
    const int x = 12, y = 12;  // a corner of every grid
    int sum = 0;
    for (int i = 0; i < side * side; ++i)
      sum += before.at(x + i % side, y + i / side, 1);
    // The squares of 6 reach out of the object.
    for (int i = 0; i < side * side && side < 6; ++i)
      fail_unless_equals_int(picture.at(x + i % side, y + i / side, 1),
                             static_cast<int>(1.0 * sum / (side * side) + 0.5));
  }
}
GST_END_TEST

GST_START_TEST(test_squares_cover_a_background_too) {
  constexpr int kSide = 4;
  auto picture =
      made("mode=object-pixelate invert=true feather=0 pixel-size=4");
  auto before = sam2::speckled_picture(kRgba);
  for (const int x : {0, 24, kMatteWidth - kSide})
    for (const int y : {0, 20, kMatteHeight - 2 - kSide}) {
      int sum = 0;
      for (int i = 0; i < kSide * kSide; ++i)
        sum += before.at(x + i % kSide, y + i / kSide, 1);
      for (int i = 0; i < kSide * kSide; ++i)
        fail_unless_equals_int(picture.at(x + i % kSide, y + i / kSide, 1),
                               static_cast<int>(sum / 16.0 + 0.5));
    }
}
GST_END_TEST

// Chroma squares would else end in the middle of those of luma.
GST_START_TEST(test_squares_are_even_where_chroma_is_subsampled) {
  const auto info = sam2::matte_info("I420");
  auto odd = made("mode=object-pixelate pixel-size=3", info);
  auto even = made("mode=object-pixelate pixel-size=4", info);
  for (int y = 0; y < kMatteHeight; ++y)
    for (int x = 0; x < kMatteWidth; ++x)
      fail_unless_equals_int(odd.at(x, y), even.at(x, y));
}
GST_END_TEST

// A background is blurred band by band.
GST_START_TEST(test_a_background_is_blurred_like_an_object) {
  constexpr int kTall = 300;
  for (const char *format : {"RGBA", "I420"})
    for (const char *size : {"4", "24", "64"}) {
      const auto info = sam2::matte_info(format, kMatteWidth, kTall);
      const std::string properties =
          std::string("feather=0 blur-size=") + size + " mode=";
      auto background =
          sam2::matte(properties + "blur", info,
                      sam2::with_object(sam2::speckled_buffer(info)));
      auto buffer = sam2::speckled_buffer(info);
      sam2::attach_objects(buffer.get(),
                           {sam2::boxed_object(1, {0, 0, kMatteWidth, kTall})});
      auto object =
          sam2::matte(properties + "object-blur", info, std::move(buffer));
      for (int y = 0; y < kTall; ++y)
        for (int x = 0; x < kMatteWidth; ++x)
          if (!sam2::is_in_object(x, y))
            for (int c = 0; c < 3; ++c)
              fail_unless_equals_int(background.at(x, y, c),
                                     object.at(x, y, c));
    }
}
GST_END_TEST

GST_START_TEST(test_a_larger_blur_reaches_further) {
  int reach[2] = {0, 0};
  const int sizes[] = {4, 16};
  for (int i = 0; i < 2; ++i) {
    auto info = sam2::matte_info("GRAY8", 120, 40);
    auto buffer = sam2::video_buffer(info, 0);
    gst_buffer_memset(buffer.get(), 0, 0, 120 * 40);
    for (int y = 0; y < 40; ++y)
      gst_buffer_memset(buffer.get(), static_cast<gsize>(y * 120 + 60), 255,
                        60);
    sam2::attach_objects(buffer.get(),
                         {sam2::boxed_object(1, {0, 0, 120, 40})});
    auto picture =
        sam2::matte("mode=object-blur blur-size=" + std::to_string(sizes[i]),
                    info, std::move(buffer));
    while (picture.at(59 - reach[i], 20) > 0) ++reach[i];
    // The edge has not moved.
    fail_unless(picture.at(59, 20) < 128 && picture.at(60, 20) > 127);
    fail_unless(abs(picture.at(59, 20) + picture.at(60, 20) - 255) <= 1);
  }
  fail_unless(reach[0] >= 2 && reach[0] <= 8, "%d", reach[0]);
  fail_unless(reach[1] >= 12 && reach[1] <= 20, "%d", reach[1]);
}
GST_END_TEST

GST_START_TEST(test_only_chosen_objects_count) {
  const struct {
    const char *ids;
    bool keeps_first, keeps_second;
  } cases[] = {{"all", true, true},
               {"\"\"", true, true},
               {"1", true, false},
               {"\" 22 , -5\"", false, true},
               {"22,1", true, true}};
  for (const auto &row : cases) {
    auto buffer = sam2::speckled_buffer(kRgba);
    sam2::attach_objects(buffer.get(), {sam2::boxed_object(1, {8, 6, 12, 10}),
                                        sam2::boxed_object(22, {25, 6, 9, 9})});
    auto picture =
        sam2::matte(std::string("mode=colour feather=0 object-ids=") + row.ids,
                    kRgba, std::move(buffer));
    fail_unless_equals_int(is_kept(picture, 12, 12), row.keeps_first);
    fail_unless_equals_int(is_kept(picture, 30, 12), row.keeps_second);
    fail_unless(!is_kept(picture, 22, 12));
  }
}
GST_END_TEST

// Frame of object 1 and a lost 2, of a lost 2 alone, and of nothing.
GST_START_TEST(test_frames_without_objects_follow_the_rule) {
  enum Kept { kNothing, kObject, kBackground, kAll };
  const struct {
    const char *properties;
    Kept kept[3];
  } cases[] = {
      {"mode=colour", {kObject, kNothing, kNothing}},
      {"mode=blur", {kObject, kNothing, kNothing}},
      {"mode=transparent", {kObject, kNothing, kNothing}},
      {"mode=object-blur", {kBackground, kNothing, kNothing}},
      {"mode=object-pixelate", {kBackground, kNothing, kNothing}},
      {"mode=object-pixelate without-objects=hide-lost",
       {kNothing, kNothing, kNothing}},
      {"mode=colour without-objects=hide-lost", {kNothing, kNothing, kNothing}},
      {"mode=object-blur object-ids=1 without-objects=hide-lost",
       {kBackground, kNothing, kNothing}},
      {"mode=object-blur without-objects=keep", {kBackground, kAll, kAll}},
      {"mode=colour without-objects=keep", {kObject, kAll, kAll}},
      {"mode=transparent without-objects=keep", {kObject, kAll, kAll}},
      {"mode=colour object-ids=7", {kNothing, kNothing, kNothing}},
      {"mode=object-blur invert=true", {kObject, kNothing, kNothing}},
  };
  for (const auto &row : cases)
    for (int i = 0; i < 3; ++i) {
      auto buffer = sam2::speckled_buffer(kRgba);
      auto lost = sam2::boxed_object(2, {25, 6, 9, 9});
      lost.is_lost = true;
      if (i == 0)
        sam2::attach_objects(buffer.get(),
                             {sam2::boxed_object(1, {8, 6, 12, 10}), lost});
      if (i == 1) sam2::attach_objects(buffer.get(), {lost});
      auto picture = sam2::matte(std::string("feather=0 ") + row.properties,
                                 kRgba, std::move(buffer));
      const Kept kept = row.kept[i];
      assert_sides(std::move(picture), kept == kObject || kept == kAll,
                   kept == kBackground || kept == kAll);
    }
}
GST_END_TEST

GST_START_TEST(test_a_bad_list_of_ids_is_refused_at_start) {
  for (const char *ids : {"1,x", "1;2", "1,", ",", "99999999999999999999"}) {
    const std::string text = ids;
    ASSERT_ONE_ERROR(
        sam2::errors_at_start("sam2matte object-ids=\"" + text + "\""),
        GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
        "The text \"" + text +
            "\" of object-ids is no list of ids. Set it to whole numbers with "
            "commas between, such as 1,3, or to all.");
  }
}
GST_END_TEST

// Rather no picture than one with what was to be hidden.
GST_START_TEST(test_a_bad_list_of_ids_ends_the_stream) {
  const auto harness = sam2::video_harness("sam2matte", kRgba);
  const sam2::BusPtr bus(gst_bus_new());
  gst_element_set_bus(harness->element, bus.get());
  g_object_set(sam2::matte_element(harness.get()).get(), "object-ids", "one",
               nullptr);
  fail_unless_equals_int(
      gst_harness_push(harness.get(), sam2::video_buffer(kRgba, 0).release()),
      GST_FLOW_ERROR);
  fail_unless_equals_int(sam2::posted_errors(bus.get()).size(), 1);
  gst_element_set_bus(harness->element, nullptr);
}
GST_END_TEST

GST_START_TEST(test_properties_change_while_playing) {
  const auto harness = sam2::video_harness("sam2matte feather=0", kRgba);
  const auto next = [&] {
    return sam2::pushed_matte(harness.get(),
                              sam2::with_object(sam2::speckled_buffer(kRgba)));
  };
  const auto element = sam2::matte_element(harness.get());
  assert_sides(next(), true, false);
  gst_util_set_object_arg(G_OBJECT(element.get()), "mode", "object-blur");
  assert_sides(next(), false, true);
  g_object_set(element.get(), "invert", TRUE, nullptr);
  assert_sides(next(), true, false);
  g_object_set(element.get(), "object-ids", "5", "without-objects", 2, nullptr);
  assert_sides(next(), true, true);
}
GST_END_TEST

// A binding that inverts from the first second on.
struct LateInvert {
  GstControlBinding parent;
};
struct LateInvertClass {
  GstControlBindingClass parent_class;
};
GType late_invert_get_type();
G_DEFINE_TYPE(LateInvert, late_invert, GST_TYPE_CONTROL_BINDING)

gboolean sync_invert(GstControlBinding *, GstObject *object,
                     GstClockTime time_ns, GstClockTime) {
  g_object_set(object, "invert", time_ns >= GST_SECOND, nullptr);
  return TRUE;
}
void late_invert_class_init(LateInvertClass *klass) {
  GST_CONTROL_BINDING_CLASS(klass)->sync_values = sync_invert;
}
void late_invert_init(LateInvert *) {}

GST_START_TEST(test_properties_are_controlled_by_time) {
  const auto harness =
      sam2::video_harness("sam2matte mode=colour feather=0", kRgba);
  const auto element = sam2::matte_element(harness.get());
  gst_object_add_control_binding(
      GST_OBJECT(element.get()),
      GST_CONTROL_BINDING(g_object_new(late_invert_get_type(), "object",
                                       element.get(), "name", "invert",
                                       nullptr)));
  for (const int frame_index : {0, 30}) {  // 0 and 1.2 s
    auto buffer = sam2::speckled_buffer(kRgba);
    GST_BUFFER_PTS(buffer.get()) =
        static_cast<GstClockTime>(frame_index) * 40 * GST_MSECOND;
    const bool is_inverted = frame_index > 0;
    assert_sides(
        sam2::pushed_matte(harness.get(), sam2::with_object(std::move(buffer))),
        !is_inverted, is_inverted);
  }
}
GST_END_TEST

GST_START_TEST(test_properties_read_as_written) {
  const sam2::ElementPtr element(GST_ELEMENT(gst_object_ref_sink(
      gst_parse_launch("sam2matte mode=blur colour=0x12345678 blur-size=9 "
                       "pixel-size=10 feather=11 invert=true "
                       "without-objects=keep object-ids=3,1",
                       nullptr))));
  gint mode, rule;
  guint colour, blur, pixel, feather;
  gboolean is_inverted;
  gchar *ids;
  g_object_get(element.get(), "mode", &mode, "colour", &colour, "blur-size",
               &blur, "pixel-size", &pixel, "feather", &feather, "invert",
               &is_inverted, "without-objects", &rule, "object-ids", &ids,
               nullptr);
  fail_unless_equals_int(mode, 2);
  fail_unless_equals_int_hex(colour, 0x12345678);
  fail_unless_equals_int(blur, 9);
  fail_unless_equals_int(pixel, 10);
  fail_unless_equals_int(feather, 11);
  fail_unless(is_inverted);
  fail_unless_equals_int(rule, 2);
  fail_unless_equals_string(ids, "3,1");
  g_free(ids);
}
GST_END_TEST

Suite *sam2matte_suite() {
  Suite *suite = suite_create("sam2matte");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_the_background_becomes_transparent);
  tcase_add_test(cases, test_alpha_falls_over_the_feathers_width);
  tcase_add_test(cases, test_a_colour_covers_the_background);
  tcase_add_test(cases, test_a_wide_object_looks_like_a_narrow_one_in_between);
  tcase_add_test(cases, test_the_colours_alpha_says_how_much_it_covers);
  tcase_add_test(cases, test_blur_hides_one_side);
  tcase_add_test(cases, test_invert_hides_the_other_side);
  tcase_add_test(cases, test_feather_of_hidden_objects_lies_around_them);
  tcase_add_test(cases, test_alpha_stays_under_blur);
  tcase_add_test(cases, test_squares_have_the_asked_for_side);
  tcase_add_test(cases, test_squares_are_even_where_chroma_is_subsampled);
  tcase_add_test(cases, test_squares_cover_a_background_too);
  tcase_add_test(cases, test_a_background_is_blurred_like_an_object);
  tcase_add_test(cases, test_a_larger_blur_reaches_further);
  tcase_add_test(cases, test_only_chosen_objects_count);
  tcase_add_test(cases, test_frames_without_objects_follow_the_rule);
  tcase_add_test(cases, test_a_bad_list_of_ids_is_refused_at_start);
  tcase_add_test(cases, test_a_bad_list_of_ids_ends_the_stream);
  tcase_add_test(cases, test_properties_change_while_playing);
  tcase_add_test(cases, test_properties_are_controlled_by_time);
  tcase_add_test(cases, test_properties_read_as_written);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(sam2matte)
