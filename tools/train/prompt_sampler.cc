#include "prompt_sampler.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>

#include <algorithm>
#include <opencv2/imgproc.hpp>

namespace sam2::train {
namespace {

constexpr double kBoxNoise = 0.15;
constexpr double kBoxNoiseLimit_px = 20;

cv::Mat as_mat(const at::Tensor &mask) {
  return cv::Mat(static_cast<int>(mask.size(0)), static_cast<int>(mask.size(1)),
                 CV_8U, mask.data_ptr<uint8_t>());
}

cv::Point any_pixel(const cv::Mat &mask, Random &random) {
  std::vector<cv::Point> inside;
  cv::findNonZero(mask, inside);
  return inside[random.index(inside.size())];
}

cv::Point innermost_pixel(const cv::Mat &mask) {
  cv::Mat padded;
  cv::copyMakeBorder(mask, padded, 1, 1, 1, 1, cv::BORDER_CONSTANT, 0);
  cv::Mat distance;
  cv::distanceTransform(padded, distance, cv::DIST_L2, 3);
  cv::Point peak;
  cv::minMaxLoc(distance, nullptr, nullptr, nullptr, &peak);
  return peak - cv::Point(1, 1);
}

void set_point(PointInput &points, int64_t object, int64_t index, double x,
               double y, int label) {
  points.coords[object][index][0] = x;
  points.coords[object][index][1] = y;
  points.labels[object][index] = label;
}

PointInput empty_points(int64_t objects, int64_t count) {
  return {at::empty({objects, count, 2}, at::kFloat),
          at::full({objects, count}, kPadding, at::kInt)};
}

}  // namespace

PointInput sample_clicks(const at::Tensor &masks, Random &random) {
  PointInput points = empty_points(masks.size(0), 1);
  for (int64_t i = 0; i < masks.size(0); ++i) {
    const cv::Mat mask = as_mat(masks[i]);
    const cv::Point p =
        random.chance(0.5) ? any_pixel(mask, random) : innermost_pixel(mask);
    set_point(points, i, 0, p.x, p.y, kPositive);
  }
  return points;
}

PointInput sample_boxes(const at::Tensor &masks, Random &random) {
  PointInput points = empty_points(masks.size(0), 2);
  const double last = static_cast<double>(masks.size(2) - 1);
  for (int64_t i = 0; i < masks.size(0); ++i) {
    const cv::Rect box = cv::boundingRect(as_mat(masks[i]));
    const auto side = [&](double at, int length) {
      const double noise = random.uniform(-kBoxNoise, kBoxNoise) * length;
      return std::clamp(
          at + std::clamp(noise, -kBoxNoiseLimit_px, kBoxNoiseLimit_px), 0.0,
          last);
    };
    const double left = side(box.x, box.width);
    const double top = side(box.y, box.height);
    const double right = side(box.x + box.width - 1, box.width);
    const double bottom = side(box.y + box.height - 1, box.height);
    set_point(points, i, 0, std::min(left, right), std::min(top, bottom),
              kBoxTopLeft);
    set_point(points, i, 1, std::max(left, right), std::max(top, bottom),
              kBoxBottomRight);
  }
  return points;
}

PointInput with_correction(const PointInput &points, const at::Tensor &logits,
                           const at::Tensor &target, double scale,
                           Random &random) {
  PointInput click = empty_points(logits.size(0), 1);
  click.coords.zero_();
  const at::Tensor answer = logits.gt(0);
  const at::Tensor truth = target.gt(0.5);
  const at::Tensor wrong = answer.ne(truth).to(at::kByte).contiguous();
  for (int64_t i = 0; i < logits.size(0); ++i) {
    const cv::Mat mask = as_mat(wrong[i]);
    if (cv::countNonZero(mask) == 0) continue;
    const cv::Point p = any_pixel(mask, random);
    const bool was_missed = truth[i][p.y][p.x].item<bool>();
    set_point(click, i, 0, (p.x + 0.5) * scale, (p.y + 0.5) * scale,
              was_missed ? kPositive : kNegative);
  }
  return {at::cat({points.coords, click.coords}, 1),
          at::cat({points.labels, click.labels}, 1)};
}

}  // namespace sam2::train
