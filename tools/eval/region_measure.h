// J, the region measure of video object segmentation.
// Source: Perazzi et al., "A Benchmark Dataset and Evaluation Methodology for
// Video Object Segmentation", CVPR 2016, section 4.
#pragma once

#include <opencv2/core/mat.hpp>

namespace sam2 {

// Intersection over union of two masks, in [0, 1]; 1 if both are empty.
// `truth` and `prediction` are CV_8UC1 of one size, not 0 is object.
// `void_pixels` is empty or of the same type and size: what is not 0 there
// counts for neither mask. Reentrant.
double region_similarity(const cv::Mat &truth, const cv::Mat &prediction,
                         const cv::Mat &void_pixels = {});

// `mask` as 0 or 255, with 0 where `void_pixels` (may be empty) is not 0.
// Reentrant.
cv::Mat without_void(const cv::Mat &mask, const cv::Mat &void_pixels);

}  // namespace sam2
