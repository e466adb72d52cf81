#include <png.h>

#include <cstdio>
#include <fstream>
#include <opencv2/core/mat.hpp>
#include <opencv2/imgcodecs.hpp>
#include <string>
#include <vector>

#include "io/test_helpers.h"
#include "label_map.h"

namespace {

using sam2::FrameResult;
using sam2::LabelMap;
using sam2::ObjectResult;
using sam2::Prompt;
using sam2::test::error_of;

const std::string kOutput = TEST_OUTPUT_FOLDER "/test_label_map_";

// An indexed PNG whose palette is anything but its indices: entry 1 is white,
// entry 2 black.
std::string indexed_png(const std::string &name, int width, int height,
                        std::vector<uint8_t> labels) {
  const std::string path = kOutput + name;
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = width;
  image.height = height;
  image.format = PNG_FORMAT_RGB_COLORMAP;
  image.colormap_entries = 3;
  const uint8_t palette[] = {9, 9, 9, 255, 255, 255, 0, 0, 0};
  ck_assert_int_ne(png_image_write_to_file(&image, path.c_str(), 0,
                                           labels.data(), width, palette),
                   0);
  return path;
}

START_TEST(test_palette_index_is_read_and_not_the_colour) {
  const std::vector<uint8_t> labels = {0, 1, 2, 2, 1, 0};
  const LabelMap map =
      sam2::read_label_map(indexed_png("indexed.png", 3, 2, labels));
  ck_assert_int_eq(map.width, 3);
  ck_assert_int_eq(map.height, 2);
  ck_assert(map.labels == labels);
}
END_TEST

START_TEST(test_written_map_comes_back_the_same) {
  const LabelMap map{2, 2, {0, 7, 255, 1}};
  const std::string path = kOutput + "written.png";
  sam2::write_label_map(path, map);
  ck_assert(sam2::read_label_map(path).labels == map.labels);
}
END_TEST

START_TEST(test_picture_without_labels_is_refused) {
  const std::string colour = kOutput + "colour.png";
  cv::imwrite(colour, cv::Mat(2, 2, CV_8UC3, cv::Scalar(1, 2, 3)));
  const std::string deep = kOutput + "deep.png";
  cv::imwrite(deep, cv::Mat(2, 2, CV_16UC1, cv::Scalar(300)));
  for (const std::string &path : {colour, deep}) {
    assert_text_eq(error_of([&path] { sam2::read_label_map(path); }),
                   "The picture \"" + path +
                       "\" has colours or more than 8 bits instead of labels. "
                       "Give an indexed or grey PNG of 8 bits.");
  }
}
END_TEST

START_TEST(test_missing_file_is_refused) {
  const std::string path = kOutput + "missing.png";
  const std::string expected =
      "Could not open the mask \"" + path +
      "\". Give a PNG file that exists and may be read.";
  assert_text_eq(error_of([&path] { sam2::read_label_map(path); }), expected);
  assert_text_eq(error_of([&path] { sam2::read_mask(path); }), expected);
}
END_TEST

START_TEST(test_every_truncation_is_refused) {
  const std::string sound = indexed_png("sound.png", 3, 2, {0, 1, 2, 2, 1, 0});
  std::ifstream file(sound, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  const std::string path = kOutput + "cut.png";
  // The last 12 bytes only say that it is the end.
  for (size_t size = 0; size + 12 < bytes.size(); ++size) {
    std::ofstream(path, std::ios::binary) << bytes.substr(0, size);
    assert_text_eq(error_of([&path] { sam2::read_label_map(path); }),
                   "Could not read \"" + path +
                       "\" as a PNG. Give an indexed or grey PNG of 8 bits.");
  }
}
END_TEST

START_TEST(test_each_label_is_one_object) {
  const auto prompts = sam2::prompts_from_label_map({3, 1, {200, 0, 3}});
  ck_assert_uint_eq(prompts.size(), 2);
  ck_assert_int_eq(prompts[0].object_id, 3);
  ck_assert((prompts[0].mask->pixels == std::vector<uint8_t>{0, 0, 255}));
  ck_assert_int_eq(prompts[1].object_id, 200);
  ck_assert((prompts[1].mask->pixels == std::vector<uint8_t>{255, 0, 0}));
}
END_TEST

ObjectResult object(int64_t id, float x, int width) {
  ObjectResult result;
  result.object_id = id;
  result.box = {x, 1, static_cast<float>(width), 1};
  result.mask = {width, 1, std::vector<uint8_t>(width, 255)};
  return result;
}

START_TEST(test_lowest_id_wins_where_masks_overlap) {
  FrameResult result;
  result.frame_size = {4, 2};
  ObjectResult lost;
  lost.object_id = 9;
  lost.is_lost = true;
  result.objects = {object(2, 0, 2), object(5, 1, 3), lost};
  const LabelMap map = sam2::label_map_from_result(result);
  ck_assert((map.labels == std::vector<uint8_t>{0, 0, 0, 0, 2, 2, 5, 5}));
}
END_TEST

START_TEST(test_id_beyond_8_bits_is_refused) {
  for (const int64_t id : {int64_t{0}, int64_t{256}}) {
    FrameResult result;
    result.frame_size = {4, 2};
    result.objects = {object(id, 0, 1)};
    assert_text_eq(error_of([&result] { sam2::label_map_from_result(result); }),
                   "The object id " + std::to_string(id) +
                       " does not fit a label map. Use ids from 1 to 255.");
  }
}
END_TEST

START_TEST(test_map_that_cannot_be_written_is_refused) {
  const std::string path = kOutput + "missing/folder.png";
  assert_text_eq(error_of([&path] {
                   sam2::write_label_map(path, {1, 1, {0}});
                 }),
                 "Could not write \"" + path +
                     "\". Choose a folder that may be written to and has "
                     "room.");
}
END_TEST

START_TEST(test_what_is_not_black_is_mask) {
  const std::string path = kOutput + "mask.png";
  cv::Mat picture(1, 3, CV_8UC3, cv::Scalar(0, 0, 0));
  picture.at<cv::Vec3b>(0, 1) = {0, 1, 0};
  picture.at<cv::Vec3b>(0, 2) = {255, 255, 255};
  cv::imwrite(path, picture);
  const sam2::MaskImage mask = sam2::read_mask(path);
  ck_assert_int_eq(mask.width, 3);
  ck_assert((mask.pixels == std::vector<uint8_t>{0, 255, 255}));
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("label_map");
  tcase_add_test(tests, test_palette_index_is_read_and_not_the_colour);
  tcase_add_test(tests, test_written_map_comes_back_the_same);
  tcase_add_test(tests, test_picture_without_labels_is_refused);
  tcase_add_test(tests, test_missing_file_is_refused);
  tcase_add_test(tests, test_every_truncation_is_refused);
  tcase_add_test(tests, test_each_label_is_one_object);
  tcase_add_test(tests, test_lowest_id_wins_where_masks_overlap);
  tcase_add_test(tests, test_id_beyond_8_bits_is_refused);
  tcase_add_test(tests, test_map_that_cannot_be_written_is_refused);
  tcase_add_test(tests, test_what_is_not_black_is_mask);
  return sam2::test::run("tools_label_map", tests);
}
