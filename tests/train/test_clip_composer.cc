#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "clip_composer.h"
#include "io/test_helpers.h"
#include "train/picture_folder.h"

namespace {

using sam2::test::error_of;
using sam2::train::Clip;
using sam2::train::compose_clip;
using sam2::train::ComposerSettings;
using sam2::train::PictureLibrary;

ComposerSettings settings(int side, int frames, int max_objects = 3) {
  ComposerSettings settings;
  settings.side = side;
  settings.frames = frames;
  settings.max_objects = max_objects;
  return settings;
}

const PictureLibrary &pictures() {
  static const PictureLibrary library = PictureLibrary::load(
      sam2::test::picture_folder(TEST_OUTPUT_FOLDER "/test_clip_composer"));
  return library;
}

bool are_equal(const cv::Mat &a, const cv::Mat &b) {
  return a.size() == b.size() && a.type() == b.type() &&
         cv::norm(a, b, cv::NORM_INF) == 0;
}

bool are_equal(const Clip &a, const Clip &b) {
  if (a.objects != b.objects || a.frames.size() != b.frames.size())
    return false;
  for (size_t i = 0; i < a.frames.size(); ++i)
    if (!are_equal(a.frames[i], b.frames[i]) ||
        !are_equal(a.labels[i], b.labels[i]))
      return false;
  return true;
}

int pixels(const Clip &clip, int frame, int object) {
  return cv::countNonZero(clip.labels[frame] == object);
}

START_TEST(test_same_seed_gives_the_same_clip) {
  for (uint64_t seed = 0; seed < 20; ++seed)
    ck_assert(are_equal(compose_clip(pictures(), settings(96, 5), seed),
                        compose_clip(pictures(), settings(96, 5), seed)));
}
END_TEST

START_TEST(test_other_seed_gives_another_clip) {
  const Clip first = compose_clip(pictures(), settings(96, 2), 1);
  ck_assert(!are_equal(first, compose_clip(pictures(), settings(96, 2), 2)));
}
END_TEST

START_TEST(test_pictures_have_the_sizes_and_types_asked_for) {
  const Clip clip = compose_clip(pictures(), settings(72, 3), 5);
  ck_assert_uint_eq(clip.frames.size(), 3);
  ck_assert_uint_eq(clip.labels.size(), 3);
  for (int i = 0; i < 3; ++i) {
    ck_assert(clip.frames[i].size() == cv::Size(72, 72));
    ck_assert(clip.labels[i].size() == cv::Size(72, 72));
    ck_assert_int_eq(clip.frames[i].type(), CV_8UC3);
    ck_assert_int_eq(clip.labels[i].type(), CV_8UC1);
  }
}
END_TEST

START_TEST(test_every_object_is_large_enough_in_the_first_frame) {
  ck_assert_int_eq(sam2::train::min_pixels(256), 132);
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const Clip clip = compose_clip(pictures(), settings(128, 4), seed);
    ck_assert_int_ge(clip.objects, 1);
    for (int object = 1; object <= clip.objects; ++object)
      ck_assert_msg(pixels(clip, 0, object) >= sam2::train::min_pixels(128),
                    "object %d of seed %d", object, static_cast<int>(seed));
  }
}
END_TEST

START_TEST(test_labels_stay_below_the_number_of_objects) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    const int most = 1 + static_cast<int>(seed % 3);
    const Clip clip = compose_clip(pictures(), settings(96, 3, most), seed);
    ck_assert_int_le(clip.objects, most);
    for (const cv::Mat &labels : clip.labels) {
      double high = 0;
      cv::minMaxLoc(labels, nullptr, &high);
      ck_assert_int_le(static_cast<int>(high), clip.objects);
    }
  }
}
END_TEST

START_TEST(test_objects_vanish_and_some_come_back) {
  int vanished = 0, returned = 0;
  for (uint64_t seed = 0; seed < 120; ++seed) {
    const Clip clip = compose_clip(pictures(), settings(64, 6), seed);
    for (int object = 1; object <= clip.objects; ++object) {
      int gone = 0;
      while (gone < 6 && pixels(clip, gone, object) > 0) ++gone;
      int back = gone;
      while (back < 6 && pixels(clip, back, object) == 0) ++back;
      vanished += gone < 6;
      returned += gone < 6 && back < 6;
    }
  }
  ck_assert_int_ge(vanished, 10);
  ck_assert_int_ge(returned, 4);
  ck_assert_int_lt(returned, vanished);
}
END_TEST

START_TEST(test_empty_library_is_enough) {
  const PictureLibrary nothing = PictureLibrary::load("");
  for (uint64_t seed = 0; seed < 30; ++seed)
    ck_assert_int_ge(compose_clip(nothing, settings(96, 2), seed).objects, 1);
}
END_TEST

cv::Mat reddish(const cv::Mat &rgb) {
  cv::Mat red, green, excess;
  cv::extractChannel(rgb, red, 0);
  cv::extractChannel(rgb, green, 1);
  cv::subtract(red, green, excess);
  return excess > 60;
}

// The photo's square is red, its surroundings grey. Frames in which the red
// part has another size than the label show drawn things and are not judged;
// a few of these have that size by chance.
START_TEST(test_label_lies_on_the_object_in_every_frame) {
  const std::string folder =
      sam2::test::picture_folder(TEST_OUTPUT_FOLDER "/test_clip_composer_grey");
  std::filesystem::remove_all(folder + "/cutouts");
  std::filesystem::remove_all(folder + "/backgrounds");
  const PictureLibrary library = PictureLibrary::load(folder);
  int judged = 0, right = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const Clip clip = compose_clip(library, settings(128, 3, 1), seed);
    for (int i = 0; i < 3; ++i) {
      const cv::Mat on = clip.labels[i] == 1, red = reddish(clip.frames[i]);
      const double ratio = cv::countNonZero(red) / (cv::countNonZero(on) + 1.0);
      if (ratio < 0.9 || ratio > 1.1) continue;
      ++judged;
      right += cv::countNonZero(red & on) >= 0.9 * cv::countNonZero(red | on);
    }
  }
  ck_assert_int_ge(judged, 60);
  ck_assert_msg(right >= 0.9 * judged, "%d of %d", right, judged);
}
END_TEST

START_TEST(test_settings_outside_their_range_are_refused) {
  for (const ComposerSettings &wrong :
       {settings(31, 1), settings(64, 0), settings(64, 1, 0),
        settings(64, 1, 256)}) {
    const std::string error =
        error_of([&] { compose_clip(pictures(), wrong, 1); });
    ck_assert_msg(error.find("Set it to a number") != std::string::npos, "%s",
                  error.c_str());
  }
}
END_TEST

}  // namespace

int main() {
  cv::setNumThreads(1);
  TCase *tests = tcase_create("clip_composer");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, test_same_seed_gives_the_same_clip);
  tcase_add_test(tests, test_other_seed_gives_another_clip);
  tcase_add_test(tests, test_pictures_have_the_sizes_and_types_asked_for);
  tcase_add_test(tests, test_every_object_is_large_enough_in_the_first_frame);
  tcase_add_test(tests, test_labels_stay_below_the_number_of_objects);
  tcase_add_test(tests, test_objects_vanish_and_some_come_back);
  tcase_add_test(tests, test_empty_library_is_enough);
  tcase_add_test(tests, test_label_lies_on_the_object_in_every_frame);
  tcase_add_test(tests, test_settings_outside_their_range_are_refused);
  return sam2::test::run("train_clip_composer", tests);
}
