// F, the boundary measure of video object segmentation.
// Source: Perazzi et al., "A Benchmark Dataset and Evaluation Methodology for
// Video Object Segmentation", CVPR 2016, section 4, and the conventions of the
// public DAVIS 2017 evaluation: the matching of boundary pixels is approximated
// by dilation with a disk.
#pragma once

#include <opencv2/core/mat.hpp>

namespace sam2 {

// How far apart two boundaries may be and still match, in pixels: 0.008 of the
// picture's diagonal, rounded up (8 at 854x480, 4 at 432x240). Reentrant.
int boundary_tolerance_px(cv::Size picture);

// The pixels of `mask` (CV_8UC1, not 0 is object) whose right, lower or lower
// right neighbour is on the other side of the boundary, as 255 in a picture of
// 0. Beyond the picture's edge the last row and column are repeated. Reentrant.
cv::Mat boundary_map(const cv::Mat &mask);

// Harmonic mean of precision and recall of the predicted boundary, in [0, 1].
// Precision is the share of its pixels within `tolerance_px` of a pixel of the
// true boundary, recall the share the other way round. 1 if neither mask has
// a boundary, 0 if one has none. Masks as for region_similarity(); void pixels
// count as background. Reentrant.
double boundary_similarity(const cv::Mat &truth, const cv::Mat &prediction,
                           const cv::Mat &void_pixels, int tolerance_px);

// The same with boundary_tolerance_px() of the masks' size.
double boundary_similarity(const cv::Mat &truth, const cv::Mat &prediction,
                           const cv::Mat &void_pixels = {});

}  // namespace sam2
