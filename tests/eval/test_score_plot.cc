#include <opencv2/core.hpp>

#include "eval/score_plot.h"
#include "io/test_helpers.h"

namespace {

using sam2::SequenceScores;

// Corners of the area of lines.
constexpr int kLeft = 70;
constexpr int kRight = 860;
constexpr int kTop = 50;
constexpr int kBottom = 380;

// Between two frames, where nothing but lines is drawn.
constexpr int kColumn = 425;

const cv::Vec3b kRedBgr(0, 0, 128);
const cv::Vec3b kGreenBgr(0, 128, 0);

// Object 1 has 0.5 on each frame, object 2 has 0.25.
SequenceScores two_flat_objects() {
  SequenceScores scores;
  scores.name = "flat";
  scores.objects = {{1, {}}, {2, {}}};
  for (int i = 0; i < 11; ++i) {
    scores.frame_names.push_back(std::to_string(i));
    scores.objects[0].frames.push_back({0.5, 0});
    scores.objects[1].frames.push_back({0.25, 0});
  }
  return scores;
}

int pixels_of(const cv::Mat &picture, const cv::Rect &place,
              const cv::Vec3b &colour) {
  cv::Mat found;
  cv::inRange(picture(place), colour, colour, found);
  return cv::countNonZero(found);
}

START_TEST(test_each_object_s_line_is_at_its_value) {
  const cv::Mat picture = sam2::score_plot(two_flat_objects(), {1, 10});
  const int half = kBottom - (kBottom - kTop) / 2;
  const int quarter = kBottom - (kBottom - kTop) / 4;
  const cv::Rect column(kColumn, kTop, 1, kBottom - kTop);
  ck_assert_int_gt(pixels_of(picture, column, kRedBgr), 0);
  ck_assert_int_eq(pixels_of(picture, column, kRedBgr),
                   pixels_of(picture, {kColumn, half - 3, 1, 7}, kRedBgr));
  ck_assert_int_gt(pixels_of(picture, column, kGreenBgr), 0);
  ck_assert_int_eq(pixels_of(picture, column, kGreenBgr),
                   pixels_of(picture, {kColumn, quarter - 3, 1, 7}, kGreenBgr));
}
END_TEST

START_TEST(test_frames_that_do_not_count_are_shaded) {
  const cv::Mat picture = sam2::score_plot(two_flat_objects(), {1, 10});
  // Ten gaps of 79 px: up to frame 1, and from frame 9 on.
  const int y = kTop + 20;
  const cv::Vec3b shade(240, 240, 240);
  ck_assert(picture.at<cv::Vec3b>(y, kLeft + 40) == shade);
  ck_assert(picture.at<cv::Vec3b>(y, kLeft + 100) == cv::Vec3b::all(255));
  ck_assert(picture.at<cv::Vec3b>(y, kRight - 100) == cv::Vec3b::all(255));
  ck_assert(picture.at<cv::Vec3b>(y, kRight - 40) == shade);
}
END_TEST

START_TEST(test_axes_title_and_legend_have_text) {
  const cv::Mat picture = sam2::score_plot(two_flat_objects(), {1, 10});
  const cv::Rect texts[] = {
      {0, kTop - 10, kLeft - 6, kBottom - kTop + 20},  // values
      {kLeft, kBottom + 8, kRight - kLeft, 20},        // frames
      {kLeft, kBottom + 28, kRight - kLeft, 30},       // "frame"
      {kLeft, 0, kRight - kLeft, kTop - 4},            // title
      {kRight + 30, kTop, 100, 60},                    // legend
  };
  for (const cv::Rect &text : texts) {
    cv::Mat dark;
    cv::inRange(picture(text), cv::Scalar::all(0), cv::Scalar::all(128), dark);
    ck_assert_int_gt(cv::countNonZero(dark), 10);
  }
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("score_plot");
  tcase_add_test(tests, test_each_object_s_line_is_at_its_value);
  tcase_add_test(tests, test_frames_that_do_not_count_are_shaded);
  tcase_add_test(tests, test_axes_title_and_legend_have_text);
  return sam2::test::run("eval_score_plot", tests);
}
