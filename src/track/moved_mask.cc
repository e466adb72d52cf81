#include "track/moved_mask.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace sam2 {
namespace {

constexpr int kInside = 127;  // of 255: half a pixel

cv::Mat picture_of(const MaskImage &mask) {
  return {mask.height, mask.width, CV_8U,
          const_cast<uint8_t *>(mask.pixels.data())};
}

cv::Rect rect_of(const BoxPx &box) {
  return {static_cast<int>(box.x), static_cast<int>(box.y),
          static_cast<int>(box.width), static_cast<int>(box.height)};
}

// First and last pixel that [least, most) touches, cut to [0, side).
cv::Range pixels_in(double least, double most, int side) {
  const auto cut = [side](double edge) {
    return static_cast<int>(std::clamp(edge, 0.0, double(side)));
  };
  return {cut(std::floor(least)), cut(std::ceil(most))};
}

// Pixels of the frame that `box` may reach.
cv::Rect reach(const BoxPx &box, const PlaneMap &map, SizePx frame) {
  const double right = box.x + box.width;
  const double bottom = box.y + box.height;
  const std::initializer_list<double> xs = {
      map.x_of(box.x, box.y), map.x_of(right, box.y), map.x_of(box.x, bottom),
      map.x_of(right, bottom)};
  const std::initializer_list<double> ys = {
      map.y_of(box.x, box.y), map.y_of(right, box.y), map.y_of(box.x, bottom),
      map.y_of(right, bottom)};
  const cv::Range columns = pixels_in(std::min(xs), std::max(xs), frame.width);
  const cv::Range rows = pixels_in(std::min(ys), std::max(ys), frame.height);
  return {columns.start, rows.start, columns.size(), rows.size()};
}

// The object pixels of a picture whose first pixel is `corner` of the frame.
CutOut tight(const cv::Mat &picture, cv::Point corner) {
  CutOut out;
  const cv::Rect box = cv::boundingRect(picture);
  if (box.empty()) return out;
  out.mask.width = box.width;
  out.mask.height = box.height;
  out.mask.pixels.resize(size_t{1} * box.width * box.height);
  cv::Mat pixels = picture_of(out.mask);
  picture(box).copyTo(pixels);
  out.box = {static_cast<float>(corner.x + box.x),
             static_cast<float>(corner.y + box.y),
             static_cast<float>(box.width), static_cast<float>(box.height)};
  return out;
}

// OpenCV counts from the first pixel's centre.
cv::Matx23d index_map(const PlaneMap &map, cv::Point from, cv::Point to) {
  const double x = from.x + 0.5;
  const double y = from.y + 0.5;
  return {map.xx, map.xy, map.x_of(x, y) - to.x - 0.5,
          map.yx, map.yy, map.y_of(x, y) - to.y - 0.5};
}

bool is_inside(const cv::Rect &box, SizePx frame) {
  return (box & cv::Rect(0, 0, frame.width, frame.height)) == box;
}

}  // namespace

CutOut moved(const CutOut &cut, const PlaneMap &map, SizePx frame) {
  if (cut.mask.is_empty()) return {};
  const cv::Rect from = rect_of(cut.box);
  if (map == PlaneMap{} && is_inside(from, frame)) return cut;
  const cv::Rect to = reach(cut.box, map, frame);
  if (to.empty()) return {};
  cv::Mat picture;
  cv::warpAffine(picture_of(cut.mask), picture,
                 index_map(map, from.tl(), to.tl()), to.size());
  cv::threshold(picture, picture, kInside, 255, cv::THRESH_BINARY);
  return tight(picture, to.tl());
}

void part_masks(const std::vector<size_t> &order, SizePx frame,
                std::vector<CutOut> &cuts) {
  cv::Mat is_taken(frame.height, frame.width, CV_8U, cv::Scalar(0));
  for (const size_t i : order) {
    if (cuts[i].mask.is_empty()) continue;
    const cv::Rect box = rect_of(cuts[i].box);
    cv::Mat picture = picture_of(cuts[i].mask);
    picture.setTo(0, is_taken(box));
    is_taken(box).setTo(255, picture);
    cuts[i] = tight(picture, box.tl());
  }
}

}  // namespace sam2
