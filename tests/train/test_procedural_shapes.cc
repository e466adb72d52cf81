#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "io/test_helpers.h"
#include "procedural_shapes.h"

namespace {

using sam2::train::PictureLibrary;
using sam2::train::Random;

cv::Mat alpha_of(const cv::Mat &sprite) {
  cv::Mat alpha;
  cv::extractChannel(sprite, alpha, 3);
  return alpha;
}

START_TEST(test_shape_is_one_piece_of_a_useful_size) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Random random(seed);
    const cv::Mat alpha =
        alpha_of(sam2::train::shape_sprite(random, PictureLibrary(), 80));
    cv::Mat pieces, sizes, centres;
    const int count =
        cv::connectedComponentsWithStats(alpha > 127, pieces, sizes, centres);
    int largest = 0, total = 0;
    for (int i = 1; i < count; ++i) {
      const int size = sizes.at<int>(i, cv::CC_STAT_AREA);
      largest = std::max(largest, size);
      total += size;
    }
    ck_assert_msg(total >= 250, "seed %d: %d", static_cast<int>(seed), total);
    ck_assert_msg(largest >= 0.9 * total, "seed %d: %d of %d",
                  static_cast<int>(seed), largest, total);
  }
}
END_TEST

START_TEST(test_colours_are_multiplied_by_alpha) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    Random random(seed);
    const cv::Mat sprite =
        sam2::train::shape_sprite(random, PictureLibrary(), 60);
    for (int y = 0; y < sprite.rows; ++y)
      for (int x = 0; x < sprite.cols; ++x) {
        const cv::Vec4b &pixel = sprite.at<cv::Vec4b>(y, x);
        ck_assert_int_le(std::max({pixel[0], pixel[1], pixel[2]}), pixel[3]);
      }
  }
}
END_TEST

START_TEST(test_plate_hides_a_circle) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Random random(seed);
    const cv::Mat alpha =
        alpha_of(sam2::train::plate_sprite(random, PictureLibrary(), 100));
    cv::Mat circle = cv::Mat::zeros(alpha.size(), CV_8UC1);
    cv::circle(circle, {50, 50}, 45, 255, cv::FILLED);
    ck_assert_int_eq(cv::countNonZero(circle & (alpha < 255)), 0);
  }
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("procedural_shapes");
  tcase_add_test(tests, test_shape_is_one_piece_of_a_useful_size);
  tcase_add_test(tests, test_colours_are_multiplied_by_alpha);
  tcase_add_test(tests, test_plate_hides_a_circle);
  return sam2::test::run("train_procedural_shapes", tests);
}
