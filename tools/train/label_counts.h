// Sizes of the regions of a label picture.
#pragma once

#include <array>
#include <opencv2/core/mat.hpp>

namespace sam2::train {

using LabelCounts = std::array<int, 256>;

// Pixels by label of a CV_8UC1 picture.
inline LabelCounts label_counts(const cv::Mat &labels) {
  LabelCounts counts = {};
  for (int y = 0; y < labels.rows; ++y) {
    const uint8_t *row = labels.ptr<uint8_t>(y);
    for (int x = 0; x < labels.cols; ++x) ++counts[row[x]];
  }
  return counts;
}

}  // namespace sam2::train
