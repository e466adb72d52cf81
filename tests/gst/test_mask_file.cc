#include "base/error.h"
#include "cairo_ptr.h"
#include "mask_file.h"
#include "support/gst_test.h"

namespace {

// A 3 x 1 PNG: black, dark blue, transparent.
void write_png(const std::string &path, cairo_format_t format) {
  const sam2::SurfacePtr surface(cairo_image_surface_create(format, 3, 1));
  auto *row =
      reinterpret_cast<uint32_t *>(cairo_image_surface_get_data(surface.get()));
  row[0] = 0xff000000;
  row[1] = 0xff000001;
  row[2] = 0;
  cairo_surface_mark_dirty(surface.get());
  cairo_surface_write_to_png(surface.get(), path.c_str());
}

void expect_error(const std::string &path, sam2::ErrorCode code) {
  try {
    sam2::load_mask_file(path);
  } catch (const sam2::Error &error) {
    fail_unless(error.code() == code);
    fail_unless(error.user_text().find(path) != std::string::npos);
    return;
  }
  fail("no error");
}

GST_START_TEST(test_every_pixel_but_black_and_transparent_is_object) {
  const sam2::ScratchFolder folder;
  for (const auto format : {CAIRO_FORMAT_ARGB32, CAIRO_FORMAT_RGB24}) {
    write_png(folder.path("mask.png"), format);
    const auto mask = sam2::load_mask_file(folder.path("mask.png"));
    fail_unless_equals_int(mask.width, 3);
    fail_unless_equals_int(mask.height, 1);
    fail_unless(mask.pixels == std::vector<uint8_t>({0, 255, 0}));
  }
}
GST_END_TEST

GST_START_TEST(test_a_missing_file_is_not_found) {
  expect_error("/nowhere/mask.png", sam2::ErrorCode::kNotFound);
}
GST_END_TEST

GST_START_TEST(test_a_damaged_picture_is_unreadable) {
  const sam2::ScratchFolder folder;
  const std::string path = folder.path("mask.png");
  g_file_set_contents(path.c_str(), "\x89PNG\r\n\x1a\nx", -1, nullptr);
  expect_error(path, sam2::ErrorCode::kUnreadable);
  g_file_set_contents(path.c_str(), "", 0, nullptr);
  expect_error(path, sam2::ErrorCode::kUnreadable);
}
GST_END_TEST

Suite *mask_file_suite() {
  Suite *suite = suite_create("mask_file");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_every_pixel_but_black_and_transparent_is_object);
  tcase_add_test(cases, test_a_missing_file_is_not_found);
  tcase_add_test(cases, test_a_damaged_picture_is_unreadable);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(mask_file)
