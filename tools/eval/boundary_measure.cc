#include "eval/boundary_measure.h"

#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "eval/region_measure.h"

namespace sam2 {
namespace {

constexpr double kToleranceOfDiagonal = 0.008;

// All pixels no farther than `radius` from the middle one. OpenCV's ellipse is
// not exactly that.
cv::Mat disk(int radius) {
  cv::Mat pixels(2 * radius + 1, 2 * radius + 1, CV_8UC1);
  for (int y = -radius; y <= radius; ++y) {
    for (int x = -radius; x <= radius; ++x) {
      pixels.at<uint8_t>(y + radius, x + radius) =
          x * x + y * y <= radius * radius ? 1 : 0;
    }
  }
  return pixels;
}

cv::Mat dilated(const cv::Mat &map, const cv::Mat &element) {
  cv::Mat result;
  cv::dilate(map, result, element, {-1, -1}, 1, cv::BORDER_CONSTANT,
             cv::Scalar(0));
  return result;
}

// Share of the pixels of `boundary` that are set in `reach` too.
double matched_share(const cv::Mat &boundary, const cv::Mat &reach) {
  return static_cast<double>(cv::countNonZero(boundary & reach)) /
         cv::countNonZero(boundary);
}

}  // namespace

int boundary_tolerance_px(cv::Size picture) {
  return static_cast<int>(std::ceil(kToleranceOfDiagonal *
                                    std::hypot(picture.width, picture.height)));
}

cv::Mat boundary_map(const cv::Mat &mask) {
  cv::Mat grown;
  const cv::Mat binary = mask != 0;
  cv::copyMakeBorder(binary, grown, 0, 1, 0, 1, cv::BORDER_REPLICATE);
  const auto neighbour = [&](int x, int y) {
    return grown(cv::Rect(x, y, mask.cols, mask.rows));
  };
  return (binary ^ neighbour(1, 0)) | (binary ^ neighbour(0, 1)) |
         (binary ^ neighbour(1, 1));
}

double boundary_similarity(const cv::Mat &truth, const cv::Mat &prediction,
                           const cv::Mat &void_pixels, int tolerance_px) {
  CV_Assert(truth.size() == prediction.size());
  const cv::Mat expected = boundary_map(without_void(truth, void_pixels));
  const cv::Mat found = boundary_map(without_void(prediction, void_pixels));
  const bool is_expected = cv::countNonZero(expected) > 0;
  const bool is_found = cv::countNonZero(found) > 0;
  if (!is_expected && !is_found) return 1;
  if (!is_expected || !is_found) return 0;
  const cv::Mat element = disk(tolerance_px);
  const double precision = matched_share(found, dilated(expected, element));
  const double recall = matched_share(expected, dilated(found, element));
  if (precision + recall == 0) return 0;
  return 2 * precision * recall / (precision + recall);
}

double boundary_similarity(const cv::Mat &truth, const cv::Mat &prediction,
                           const cv::Mat &void_pixels) {
  return boundary_similarity(truth, prediction, void_pixels,
                             boundary_tolerance_px(truth.size()));
}

}  // namespace sam2
