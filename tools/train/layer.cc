#include "layer.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace sam2::train {
namespace {

// Waves are long, so their shift is computed at every eighth pixel.
constexpr int kGrid = 8;
constexpr int kLongestSmear_px = 11;

cv::Point2d times(const cv::Matx33d &matrix, double x, double y) {
  return {matrix(0, 0) * x + matrix(0, 1) * y + matrix(0, 2),
          matrix(1, 0) * x + matrix(1, 1) * y + matrix(1, 2)};
}

// Pixel of the picture for each pixel of `box`, CV_32FC2.
cv::Mat sampling_map(const Placement &placement, cv::Size picture,
                     cv::Rect box) {
  const cv::Matx33d to_picture = placement.to_frame.inv();
  const cv::Size cells((box.width + kGrid - 1) / kGrid + 2,
                       (box.height + kGrid - 1) / kGrid + 2);
  // Cell i of the grid is the middle of the pixels [8 i - 8, 8 i).
  const double start = -kGrid / 2.0 - 0.5;
  cv::Mat grid(cells, CV_32FC2), map;
  for (int j = 0; j < cells.height; ++j)
    for (int i = 0; i < cells.width; ++i) {
      const cv::Point2d at = times(to_picture, box.x + start + kGrid * i,
                                   box.y + start + kGrid * j);
      const cv::Point2d shift = placement.warp.shift(
          {at.x / picture.width, at.y / picture.height}, placement.time);
      grid.at<cv::Vec2f>(j, i) = cv::Vec2f(at.x + shift.x * picture.width,
                                           at.y + shift.y * picture.height);
    }
  cv::resize(grid, map, cells * kGrid, 0, 0, cv::INTER_LINEAR);
  return map(cv::Rect(cv::Point(kGrid, kGrid), box.size()));
}

// Box in the frame of the four corners of a picture.
cv::Rect bounds(const Placement &placement, cv::Size picture, int margin) {
  const double bend = placement.warp.bends() ? 0.1 : 0;
  double left = 1e9, right = -1e9, top = 1e9, bottom = -1e9;
  for (const double x : {-bend, 1 + bend})
    for (const double y : {-bend, 1 + bend}) {
      const cv::Point2d at =
          times(placement.to_frame, x * picture.width, y * picture.height);
      left = std::min(left, at.x), right = std::max(right, at.x);
      top = std::min(top, at.y), bottom = std::max(bottom, at.y);
    }
  const auto whole = [](double value) {
    return static_cast<int>(std::floor(std::clamp(value, -1e6, 1e6)));
  };
  const cv::Point first(whole(left) - margin, whole(top) - margin);
  return {first,
          cv::Point(whole(right) + 2 + margin, whole(bottom) + 2 + margin)};
}

}  // namespace

cv::Mat fill_frame(const cv::Mat &picture, const Placement &placement,
                   cv::Size frame, int interpolation) {
  cv::Mat out;
  if (!placement.warp.bends()) {
    const cv::Matx23d affine = placement.to_frame.get_minor<2, 3>(0, 0);
    cv::warpAffine(picture, out, affine, frame, interpolation,
                   cv::BORDER_REFLECT_101);
    return out;
  }
  const cv::Mat map =
      sampling_map(placement, picture.size(), cv::Rect({}, frame));
  cv::remap(picture, out, map, cv::noArray(), interpolation,
            cv::BORDER_REFLECT_101);
  return out;
}

Layer draw_sprite(const cv::Mat &sprite, const Placement &placement,
                  cv::Size frame, int margin) {
  Layer layer;
  layer.box = bounds(placement, sprite.size(), margin) & cv::Rect({}, frame);
  if (layer.box.empty()) return layer;
  const cv::Mat map = sampling_map(placement, sprite.size(), layer.box);
  cv::remap(sprite, layer.bgra, map, cv::noArray(), cv::INTER_LINEAR,
            cv::BORDER_CONSTANT, cv::Scalar::all(0));
  return layer;
}

void smear(Layer &layer, cv::Point2d motion) {
  const double length =
      std::min<double>(cv::norm(motion), kLongestSmear_px - 1);
  if (layer.box.empty() || length < 2) return;
  cv::Mat kernel = cv::Mat::zeros(kLongestSmear_px, kLongestSmear_px, CV_32F);
  const cv::Point2d half = motion * (length / cv::norm(motion) / 2);
  const cv::Point middle(kLongestSmear_px / 2, kLongestSmear_px / 2);
  cv::line(kernel, middle - cv::Point(half), middle + cv::Point(half), 1);
  kernel /= cv::sum(kernel)[0];
  cv::Mat smeared;
  cv::filter2D(layer.bgra, smeared, -1, kernel, {-1, -1}, 0,
               cv::BORDER_REPLICATE);
  layer.bgra = smeared;
}

void cast_shadow(const Layer &layer, cv::Point offset, double depth,
                 cv::Mat &frame) {
  if (layer.box.empty()) return;
  const int soft = std::max(3, std::min(layer.box.width, layer.box.height) / 8);
  cv::Mat shadow;
  cv::extractChannel(layer.bgra, shadow, 3);
  cv::copyMakeBorder(shadow, shadow, soft, soft, soft, soft,
                     cv::BORDER_CONSTANT, 0);
  cv::blur(shadow, shadow, {soft, soft});
  cv::blur(shadow, shadow, {soft, soft});
  const cv::Rect all(layer.box.tl() + offset - cv::Point(soft, soft),
                     shadow.size());
  const cv::Rect seen = all & cv::Rect({}, frame.size());
  const int strength = static_cast<int>(depth * 256);
  for (int y = seen.y; y < seen.br().y; ++y) {
    const uint8_t *from = shadow.ptr<uint8_t>(y - all.y) - all.x;
    cv::Vec3b *to = frame.ptr<cv::Vec3b>(y);
    for (int x = seen.x; x < seen.br().x; ++x)
      for (int c = 0; c < 3; ++c)
        to[x][c] = to[x][c] * (65280 - strength * from[x]) / 65280;
  }
}

int blend(const Layer &layer, double gain, uint8_t label, cv::Mat &frame,
          cv::Mat &labels) {
  const int factor = static_cast<int>(gain * 256);
  int covered = 0;
  for (int y = 0; y < layer.box.height; ++y) {
    const cv::Vec4b *from = layer.bgra.ptr<cv::Vec4b>(y);
    cv::Vec3b *to = frame.ptr<cv::Vec3b>(layer.box.y + y) + layer.box.x;
    uint8_t *mark = labels.ptr<uint8_t>(layer.box.y + y) + layer.box.x;
    for (int x = 0; x < layer.box.width; ++x) {
      const int alpha = from[x][3];
      if (alpha == 0) continue;
      for (int c = 0; c < 3; ++c)
        to[x][c] = std::min(
            255, from[x][c] * factor / 256 + to[x][c] * (255 - alpha) / 255);
      if (alpha <= 127) continue;
      mark[x] = label;
      ++covered;
    }
  }
  return covered;
}

}  // namespace sam2::train
