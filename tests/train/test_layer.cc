#include <opencv2/core.hpp>
#include <string>

#include "io/test_helpers.h"
#include "layer.h"

namespace {

using sam2::train::ElasticWarp;
using sam2::train::Layer;
using sam2::train::Placement;
using sam2::train::Random;

const cv::Size kFrame(64, 48);

cv::Matx33d shift(double x, double y) { return {1, 0, x, 0, 1, y, 0, 0, 1}; }

cv::Mat red_square() {
  return cv::Mat(10, 10, CV_8UC4, cv::Scalar(0, 0, 255, 255));
}

struct Canvas {
  cv::Mat bgr{kFrame, CV_8UC3, cv::Scalar(50, 50, 50)};
  cv::Mat labels = cv::Mat::zeros(kFrame, CV_8UC1);
};

cv::Rect labelled(const Canvas &canvas, int label) {
  cv::Mat points;
  cv::findNonZero(canvas.labels == label, points);
  double left, right, top, bottom;
  cv::Mat xy[2];
  cv::split(points, xy);
  cv::minMaxLoc(xy[0], &left, &right);
  cv::minMaxLoc(xy[1], &top, &bottom);
  return {cv::Point(left, top), cv::Point(right + 1, bottom + 1)};
}

START_TEST(test_label_is_where_the_colour_is) {
  Canvas canvas;
  const Layer layer = sam2::train::draw_sprite(
      red_square(), {shift(17, 21), ElasticWarp(), 0}, kFrame, 3);
  ck_assert_int_eq(sam2::train::blend(layer, 1, 5, canvas.bgr, canvas.labels),
                   100);
  ck_assert(labelled(canvas, 5) == cv::Rect(17, 21, 10, 10));
  ck_assert(canvas.bgr.at<cv::Vec3b>(21, 17) == cv::Vec3b(0, 0, 255));
  ck_assert(canvas.bgr.at<cv::Vec3b>(20, 17) == cv::Vec3b(50, 50, 50));
  ck_assert(canvas.bgr.at<cv::Vec3b>(30, 26) == cv::Vec3b(0, 0, 255));
}
END_TEST

START_TEST(test_sprite_outside_the_frame_draws_nothing) {
  Canvas canvas;
  const Layer layer = sam2::train::draw_sprite(
      red_square(), {shift(-30, 5), ElasticWarp(), 0}, kFrame, 3);
  ck_assert(layer.box.empty());
  ck_assert_int_eq(sam2::train::blend(layer, 1, 5, canvas.bgr, canvas.labels),
                   0);
}
END_TEST

START_TEST(test_front_object_takes_the_label) {
  Canvas canvas;
  for (const int label : {1, 2}) {
    const Layer layer = sam2::train::draw_sprite(
        red_square(), {shift(8 * label, 10), ElasticWarp(), 0}, kFrame, 0);
    sam2::train::blend(layer, 1, label, canvas.bgr, canvas.labels);
  }
  ck_assert_int_eq(cv::countNonZero(canvas.labels == 1), 80);
  ck_assert_int_eq(cv::countNonZero(canvas.labels == 2), 100);
}
END_TEST

// The colours around a sprite are black where alpha is 0; they must not show.
START_TEST(test_edge_has_no_rim_of_another_colour) {
  Canvas canvas;
  canvas.bgr.setTo(cv::Scalar(0, 0, 255));
  const Layer layer = sam2::train::draw_sprite(
      red_square(), {shift(17.5, 21.3), ElasticWarp(), 0}, kFrame, 3);
  sam2::train::blend(layer, 1, 1, canvas.bgr, canvas.labels);
  double low = 0;
  cv::Mat red;
  cv::extractChannel(canvas.bgr, red, 2);
  cv::minMaxLoc(red, &low, nullptr);
  ck_assert_int_ge(static_cast<int>(low), 250);
}
END_TEST

START_TEST(test_picture_and_its_labels_are_bent_alike) {
  Random random(4);
  const ElasticWarp warp(random, 0.1);
  cv::Mat picture = cv::Mat::zeros(60, 70, CV_8UC1);
  picture(cv::Rect(20, 15, 25, 25)).setTo(255);
  const Placement placement{shift(-3, -5), warp, 2};
  const cv::Mat smooth =
      sam2::train::fill_frame(picture, placement, kFrame, 1 /* linear */) > 127;
  const cv::Mat nearest =
      sam2::train::fill_frame(picture, placement, kFrame, 0 /* nearest */);
  ck_assert_int_gt(cv::countNonZero(nearest), 300);
  ck_assert_int_le(cv::countNonZero(smooth != nearest), 40);
}
END_TEST

START_TEST(test_shadow_darkens_beside_the_object) {
  Canvas canvas;
  const Layer layer = sam2::train::draw_sprite(
      red_square(), {shift(20, 20), ElasticWarp(), 0}, kFrame, 0);
  sam2::train::cast_shadow(layer, {8, 8}, 0.5, canvas.bgr);
  ck_assert_int_lt(canvas.bgr.at<cv::Vec3b>(33, 33)[0], 35);
  ck_assert_int_eq(canvas.bgr.at<cv::Vec3b>(5, 5)[0], 50);
  ck_assert_int_eq(cv::countNonZero(canvas.labels), 0);
}
END_TEST

START_TEST(test_smear_spreads_along_the_motion_only) {
  Layer layer = sam2::train::draw_sprite(
      red_square(), {shift(20, 20), ElasticWarp(), 0}, kFrame, 6);
  sam2::train::smear(layer, {8, 0});
  const cv::Point corner = layer.box.tl();
  const auto alpha = [&](int x, int y) {
    return layer.bgra.at<cv::Vec4b>(y - corner.y, x - corner.x)[3];
  };
  ck_assert_int_gt(alpha(18, 25), 20);
  ck_assert_int_eq(alpha(25, 18), 0);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("layer");
  tcase_add_test(tests, test_label_is_where_the_colour_is);
  tcase_add_test(tests, test_sprite_outside_the_frame_draws_nothing);
  tcase_add_test(tests, test_front_object_takes_the_label);
  tcase_add_test(tests, test_edge_has_no_rim_of_another_colour);
  tcase_add_test(tests, test_picture_and_its_labels_are_bent_alike);
  tcase_add_test(tests, test_shadow_darkens_beside_the_object);
  tcase_add_test(tests, test_smear_spreads_along_the_motion_only);
  return sam2::test::run("train_layer", tests);
}
