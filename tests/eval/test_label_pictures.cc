#include <opencv2/core.hpp>
#include <set>
#include <string>
#include <tuple>

#include "eval/label_pictures.h"
#include "io/test_helpers.h"

namespace {

using sam2::ContactSheet;
using sam2::label_colour;
using sam2::LabelMap;

const std::string kOutput = TEST_OUTPUT_FOLDER "/test_label_pictures_";
const cv::Vec3b kGreenBgr(60, 220, 60);
const cv::Vec3b kMagentaBgr(255, 0, 255);

START_TEST(test_colours_are_those_of_davis_and_all_different) {
  ck_assert(label_colour(0) == cv::Vec3b(0, 0, 0));
  ck_assert(label_colour(1) == cv::Vec3b(128, 0, 0));
  ck_assert(label_colour(2) == cv::Vec3b(0, 128, 0));
  ck_assert(label_colour(3) == cv::Vec3b(128, 128, 0));
  ck_assert(label_colour(8) == cv::Vec3b(64, 0, 0));
  ck_assert(label_colour(255) == cv::Vec3b(224, 224, 192));
  std::set<std::tuple<int, int, int>> colours;
  for (int label = 0; label < 256; ++label) {
    const cv::Vec3b rgb = label_colour(label);
    colours.insert({rgb[0], rgb[1], rgb[2]});
  }
  ck_assert_uint_eq(colours.size(), 256);
}
END_TEST

START_TEST(test_indexed_png_comes_back_the_same) {
  const std::string path = kOutput + "indexed.png";
  const LabelMap map{3, 2, {0, 1, 2, 200, 255, 0}};
  sam2::write_indexed_png(path, map);
  const LabelMap found = sam2::read_label_map(path);
  ck_assert_int_eq(found.width, 3);
  ck_assert(found.labels == map.labels);
}
END_TEST

START_TEST(test_picture_that_cannot_be_written_is_refused) {
  const std::string path = kOutput + "missing/folder.png";
  const std::string expected =
      "Could not write \"" + path +
      "\". Choose a folder that may be written to and has room.";
  assert_text_eq(sam2::test::error_of([&path] {
                   sam2::write_indexed_png(path, {1, 1, {0}});
                 }),
                 expected);
  assert_text_eq(sam2::test::error_of([&path] {
                   sam2::write_picture(path, cv::Mat::zeros(2, 2, CV_8UC3));
                 }),
                 expected);
}
END_TEST

START_TEST(test_sheet_spreads_its_frames_from_first_to_last) {
  const ContactSheet sheet(3, 10);
  std::vector<size_t> wanted;
  for (size_t i = 0; i < 10; ++i) {
    if (sheet.wants(i)) wanted.push_back(i);
  }
  ck_assert((wanted == std::vector<size_t>{0, 5, 9}));
  const ContactSheet all(8, 2);
  ck_assert(all.wants(0) && all.wants(1));
  ck_assert(!ContactSheet(0, 5).wants(0));
  ck_assert(ContactSheet(1, 5).wants(0));
}
END_TEST

START_TEST(test_sheet_shows_truth_inside_and_prediction_outside) {
  // 480 px wide already, so that nothing is scaled.
  const cv::Mat rgb(200, 480, CV_8UC3, cv::Scalar(9, 9, 9));
  LabelMap map{480, 200, std::vector<uint8_t>(480 * 200, 0)};
  cv::Mat labels(200, 480, CV_8UC1, map.labels.data());
  labels(cv::Rect(100, 50, 60, 60)).setTo(1);
  ContactSheet sheet(4, 4);
  for (int i = 0; i < 4; ++i) sheet.add(rgb, map, map, "frame");
  const cv::Mat picture = sheet.picture();
  // Three panels and one below; each has a caption of 26 px and a gap of 4.
  ck_assert_int_eq(picture.cols, 3 * 484);
  ck_assert_int_eq(picture.rows, 2 * 230);
  const auto at = [&picture](int x, int y) {
    return picture.at<cv::Vec3b>(26 + y, x);
  };
  ck_assert(at(100, 80) == kGreenBgr);
  ck_assert(at(102, 80) == cv::Vec3b(9, 9, 9));
  ck_assert(at(99, 80) == kMagentaBgr);
  ck_assert(at(97, 80) == cv::Vec3b(9, 9, 9));
  ck_assert(at(484 + 100, 80) == kGreenBgr);
  ck_assert(at(100, 230 + 80) == kGreenBgr);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("label_pictures");
  tcase_add_test(tests, test_colours_are_those_of_davis_and_all_different);
  tcase_add_test(tests, test_indexed_png_comes_back_the_same);
  tcase_add_test(tests, test_picture_that_cannot_be_written_is_refused);
  tcase_add_test(tests, test_sheet_spreads_its_frames_from_first_to_last);
  tcase_add_test(tests, test_sheet_shows_truth_inside_and_prediction_outside);
  return sam2::test::run("eval_label_pictures", tests);
}
