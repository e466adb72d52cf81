#include <fstream>
#include <string>
#include <vector>

#include "io/png_labels.h"
#include "io/png_writer.h"
#include "io/test_helpers.h"

namespace {

using sam2::LabelMap;
using sam2::test::error_of;
using sam2::test::write_png;
using Labels = std::vector<uint8_t>;

const std::string kOutput = TEST_OUTPUT_FOLDER "/png_labels_";

LabelMap colour_map(int width, int height, uint32_t format,
                    const std::vector<uint8_t> &pixels,
                    const std::vector<uint8_t> &palette = {}) {
  const std::string path = kOutput + "picture.png";
  ck_assert(write_png(path, width, height, format, pixels, palette));
  return sam2::read_colour_map(path);
}

// The palette's first two entries have one colour; the labels differ.
START_TEST(test_indices_of_a_palette_are_labels) {
  const Labels labels{0, 1, 2, 2, 1, 0};
  const LabelMap map = colour_map(3, 2, PNG_FORMAT_RGB_COLORMAP, labels,
                                  {9, 9, 9, 9, 9, 9, 0, 0, 0});
  ck_assert_int_eq(map.width, 3);
  ck_assert_int_eq(map.height, 2);
  ck_assert(map.labels == labels);
}
END_TEST

START_TEST(test_shades_of_grey_are_labels) {
  const Labels labels{0, 1, 255, 254};
  ck_assert(colour_map(2, 2, PNG_FORMAT_GRAY, labels).labels == labels);
}
END_TEST

START_TEST(test_colours_are_numbered_as_they_appear) {
  const LabelMap map = colour_map(3, 2, PNG_FORMAT_RGB,
                                  {200, 0, 0, 0, 0, 0, 0, 0, 1,  //
                                   0, 0, 1, 200, 0, 0, 0, 200, 0});
  ck_assert((map.labels == Labels{1, 0, 2, 2, 1, 3}));
}
END_TEST

START_TEST(test_transparent_pixels_are_background) {
  const LabelMap map =
      colour_map(3, 1, PNG_FORMAT_RGBA, {9, 9, 9, 0, 8, 8, 8, 1, 0, 0, 0, 255});
  ck_assert((map.labels == Labels{0, 1, 0}));
}
END_TEST

// `count` different colours, none of them black.
std::vector<uint8_t> colours(int count) {
  std::vector<uint8_t> pixels;
  for (int i = 0; i < count; ++i) {
    pixels.push_back(static_cast<uint8_t>(1 + i % 250));
    pixels.push_back(static_cast<uint8_t>(i / 250));
    pixels.push_back(7);
  }
  return pixels;
}

START_TEST(test_254_colours_are_read_and_not_one_more) {
  const LabelMap map = colour_map(254, 1, PNG_FORMAT_RGB, colours(254));
  ck_assert_int_eq(map.labels.back(), 254);
  assert_text_eq(
      error_of([] { colour_map(255, 1, PNG_FORMAT_RGB, colours(255)); }),
      "The picture \"" + kOutput +
          "picture.png\" has more than 254 colours instead of labels. Give an "
          "indexed or grey PNG of 8 bits.");
}
END_TEST

START_TEST(test_grey_with_transparency_is_refused) {
  assert_text_eq(
      error_of([] {
        colour_map(1, 1, PNG_FORMAT_GA, {1, 2});
      }),
      "The picture \"" + kOutput +
          "picture.png\" has more than 8 bits, or shades with transparency, "
          "instead of labels. Give an indexed or grey PNG of 8 bits.");
}
END_TEST

void put_big_endian(std::string *bytes, size_t at, uint32_t value) {
  for (int i = 0; i < 4; ++i)
    (*bytes)[at + i] = static_cast<char>(value >> (24 - 8 * i));
}

// That of PNG chunks.
uint32_t checksum(const std::string &bytes) {
  uint32_t sum = 0xffffffff;
  for (const char byte : bytes) {
    sum ^= static_cast<uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit)
      sum = sum & 1 ? 0xedb88320 ^ sum >> 1 : sum >> 1;
  }
  return ~sum;
}

// Neither its bytes nor its time are spent on what the header claims.
START_TEST(test_a_huge_picture_is_refused_by_its_header) {
  const std::string path = kOutput + "huge.png";
  ck_assert(write_png(path, 1, 1, PNG_FORMAT_RGBA, {1, 2, 3, 4}));
  std::ifstream file(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  put_big_endian(&bytes, 16, 16384);
  put_big_endian(&bytes, 20, 16384);
  put_big_endian(&bytes, 29, checksum(bytes.substr(12, 17)));
  std::ofstream(path, std::ios::binary) << bytes;
  assert_text_eq(error_of([&path] { sam2::read_colour_map(path); }),
                 "Could not read \"" + path +
                     "\" as a PNG. Give an indexed or grey PNG of 8 bits.");
}
END_TEST

START_TEST(test_masks_have_the_pixels_of_their_label) {
  const LabelMap map{3, 2, {1, 2, 255, 1, 0, 2}};
  const auto masks = sam2::masks_of_labels(map);
  ck_assert_uint_eq(masks.size(), 2);
  ck_assert((masks.at(1).frame == sam2::SizePx{3, 2}));
  ck_assert(
      (sam2::decode_frame(masks.at(1)).pixels == Labels{255, 0, 0, 255, 0, 0}));
  ck_assert(
      (sam2::decode_frame(masks.at(2)).pixels == Labels{0, 255, 0, 0, 0, 255}));
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("png_labels");
  tcase_add_test(tests, test_indices_of_a_palette_are_labels);
  tcase_add_test(tests, test_shades_of_grey_are_labels);
  tcase_add_test(tests, test_colours_are_numbered_as_they_appear);
  tcase_add_test(tests, test_transparent_pixels_are_background);
  tcase_add_test(tests, test_254_colours_are_read_and_not_one_more);
  tcase_add_test(tests, test_grey_with_transparency_is_refused);
  tcase_add_test(tests, test_a_huge_picture_is_refused_by_its_header);
  tcase_add_test(tests, test_masks_have_the_pixels_of_their_label);
  return sam2::test::run("io_png_labels", tests);
}
