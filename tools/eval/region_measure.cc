#include "eval/region_measure.h"

#include <opencv2/core.hpp>

namespace sam2 {

cv::Mat without_void(const cv::Mat &mask, const cv::Mat &void_pixels) {
  CV_Assert(mask.type() == CV_8UC1);
  cv::Mat binary = mask != 0;
  if (!void_pixels.empty()) {
    CV_Assert(void_pixels.size() == mask.size());
    binary.setTo(0, void_pixels);
  }
  return binary;
}

double region_similarity(const cv::Mat &truth, const cv::Mat &prediction,
                         const cv::Mat &void_pixels) {
  CV_Assert(truth.size() == prediction.size());
  const cv::Mat a = without_void(truth, void_pixels);
  const cv::Mat b = without_void(prediction, void_pixels);
  const int in_either = cv::countNonZero(a | b);
  if (in_either == 0) return 1;
  return static_cast<double>(cv::countNonZero(a & b)) / in_either;
}

}  // namespace sam2
