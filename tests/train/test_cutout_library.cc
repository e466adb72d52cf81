#include <fstream>
#include <opencv2/core.hpp>
#include <string>

#include "cutout_library.h"
#include "io/test_helpers.h"
#include "train/picture_folder.h"

namespace {

using sam2::test::error_of;
using sam2::test::picture_folder;
using sam2::train::LabelledPhoto;
using sam2::train::PictureLibrary;
using sam2::train::Random;

const std::string kFolder = TEST_OUTPUT_FOLDER "/test_cutout_library";

START_TEST(test_pictures_come_with_their_alpha_and_labels) {
  const PictureLibrary library = PictureLibrary::load(picture_folder(kFolder));
  Random random(1);
  ck_assert_int_eq(library.draw_cutout(random).type(), CV_8UC4);
  const LabelledPhoto photo = library.draw_photo(random);
  ck_assert_int_eq(photo.picture.type(), CV_8UC3);
  ck_assert_int_eq(cv::countNonZero(photo.labels == 7), 40 * 40);
}
END_TEST

START_TEST(test_half_scenery_has_half_the_size) {
  const PictureLibrary library = PictureLibrary::load(picture_folder(kFolder));
  Random whole(3), half(3);
  const cv::Size size = library.draw_scenery(whole).size();
  ck_assert(library.draw_scenery(half, true).size() == size / 2);
}
END_TEST

START_TEST(test_absent_folders_are_empty) {
  const std::string folder = picture_folder(kFolder);
  std::filesystem::remove_all(folder + "/cutouts");
  std::filesystem::remove_all(folder + "/photos");
  const PictureLibrary library = PictureLibrary::load(folder);
  ck_assert(!library.has_cutouts());
  ck_assert(!library.has_photos());
  ck_assert(library.has_scenery());
  ck_assert(!PictureLibrary::load("").has_scenery());
}
END_TEST

START_TEST(test_photo_without_labels_is_left_out) {
  const std::string folder = picture_folder(kFolder);
  std::filesystem::remove(folder + "/photos/square_1.png");
  ck_assert(!PictureLibrary::load(folder).has_photos());
}
END_TEST

// 60 pictures against one: by number the one would be drawn 16 times of 1000.
START_TEST(test_small_group_is_not_crowded_out) {
  const std::string folder = picture_folder(kFolder);
  const cv::Mat small(4, 4, CV_8UC4, cv::Scalar(1, 2, 3, 255));
  for (int i = 0; i < 60; ++i)
    cv::imwrite(folder + "/cutouts/many_" + std::to_string(i) + ".png", small);
  const PictureLibrary library = PictureLibrary::load(folder);
  Random random(2);
  int discs = 0;
  for (int i = 0; i < 1000; ++i)
    discs += library.draw_cutout(random).cols == 80;
  ck_assert_int_ge(discs, 60);
  ck_assert_int_le(discs, 250);
}
END_TEST

START_TEST(test_missing_folder_is_refused) {
  const std::string error =
      error_of([] { PictureLibrary::load(kFolder + "_none"); });
  ck_assert(error.find("There is no folder") == 0);
}
END_TEST

START_TEST(test_damaged_picture_is_refused_by_name) {
  const std::string folder = picture_folder(kFolder);
  std::ofstream(folder + "/cutouts/disc_1.png") << "no picture";
  const PictureLibrary library = PictureLibrary::load(folder);
  const std::string error = error_of([&] {
    Random random(1);
    library.draw_cutout(random);
  });
  ck_assert(error.find("disc_1.png\" is damaged") != std::string::npos);
}
END_TEST

START_TEST(test_labels_of_another_size_are_refused) {
  const std::string folder = picture_folder(kFolder);
  cv::imwrite(folder + "/photos/square_1.png", cv::Mat::zeros(9, 9, CV_8UC1));
  const PictureLibrary library = PictureLibrary::load(folder);
  const std::string error = error_of([&] {
    Random random(1);
    library.draw_photo(random);
  });
  ck_assert(error.find("do not have the size") != std::string::npos);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("cutout_library");
  tcase_add_test(tests, test_pictures_come_with_their_alpha_and_labels);
  tcase_add_test(tests, test_half_scenery_has_half_the_size);
  tcase_add_test(tests, test_absent_folders_are_empty);
  tcase_add_test(tests, test_photo_without_labels_is_left_out);
  tcase_add_test(tests, test_small_group_is_not_crowded_out);
  tcase_add_test(tests, test_missing_folder_is_refused);
  tcase_add_test(tests, test_damaged_picture_is_refused_by_name);
  tcase_add_test(tests, test_labels_of_another_size_are_refused);
  return sam2::test::run("train_cutout_library", tests);
}
