#include "track/camera_motion.h"

#include <algorithm>
#include <cmath>
#include <opencv2/calib3d.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/video/tracking.hpp>
#include <optional>

namespace sam2 {
namespace {

// Longest side of the copies: a pixel of 1080p is a sixth of theirs, and flow
// finds a tenth.
constexpr int kLongestSidePx = 320;
// Two windows of the flow would not fit.
constexpr int kShortestSidePx = 32;

// Corners: enough for a vote, apart from each other so that one textured
// thing has not all of them, and of some contrast.
constexpr int kMostCorners = 200;
constexpr double kLeastQuality = 0.01;  // of the best corner's
constexpr double kLeastDistancePx = 8;
// A corner sees this far: OpenCV's window for them and the object's blurred
// edge.
constexpr int kIgnoredMarginPx = 4;

// The flow's default window and pyramid: moves up to about 80 px.
const cv::Size kFlowWindow(21, 21);
constexpr int kFlowLevels = 3;
// A corner that does not find back has found something else.
constexpr float kMostReturnPx = 0.5f;

// A quarter of them agree by chance where there is texture of any kind; two
// fix a similarity, and as few as 12 may lie on one thing.
constexpr int kLeastInliers = 12;
constexpr double kLeastInlierShare = 0.4;  // of the corners taken
constexpr double kInlierPx = 1.5;
constexpr int kMostTrials = 2000;
constexpr double kConfidence = 0.99;
constexpr int kRefinements = 10;
// Beyond, from one frame to the next, it is no camera.
constexpr double kMostZoom = 2;

using Points = std::vector<cv::Point2f>;

cv::Mat grey_copy(const ImageView &frame) {
  const cv::Mat rgb(frame.height, frame.width, CV_8UC3,
                    const_cast<uint8_t *>(frame.data),
                    static_cast<size_t>(frame.stride_bytes));
  const int longest = std::max(frame.width, frame.height);
  const auto side = [&](int side_px) {
    return std::max(1, cvRound(double(side_px) *
                               std::min(longest, kLongestSidePx) / longest));
  };
  cv::Mat small, grey;
  cv::resize(rgb, small, {side(frame.width), side(frame.height)}, 0, 0,
             cv::INTER_AREA);
  cv::cvtColor(small, grey, cv::COLOR_RGB2GRAY);
  return grey;
}

// Shares the pixels.
cv::Mat picture_of(SizePx size, const std::vector<uint8_t> &pixels) {
  return {size.height, size.width, CV_8U, const_cast<uint8_t *>(pixels.data())};
}

// Corners that are found again in the other picture and found back from there.
struct Matches {
  size_t tried = 0;
  Points from;
  Points to;
};

Matches match(const cv::Mat &former, const cv::Mat &usable,
              const cv::Mat &picture) {
  Matches out;
  Points corners, found, back;
  cv::goodFeaturesToTrack(former, corners, kMostCorners, kLeastQuality,
                          kLeastDistancePx, usable);
  out.tried = corners.size();
  if (corners.empty()) return out;
  std::vector<uint8_t> is_found, is_back;
  cv::calcOpticalFlowPyrLK(former, picture, corners, found, is_found,
                           cv::noArray(), kFlowWindow, kFlowLevels);
  cv::calcOpticalFlowPyrLK(picture, former, found, back, is_back, cv::noArray(),
                           kFlowWindow, kFlowLevels);
  for (size_t i = 0; i < corners.size(); ++i) {
    if (!is_found[i] || !is_back[i]) continue;
    if (cv::norm(corners[i] - back[i]) > kMostReturnPx) continue;
    out.from.push_back(corners[i]);
    out.to.push_back(found[i]);
  }
  return out;
}

// In indices of pixels. OpenCV's estimator seeds its own generator with a
// constant, so the result depends on the points alone.
std::optional<PlaneMap> similarity(const Matches &matches) {
  if (matches.from.size() < kLeastInliers) return std::nullopt;
  std::vector<uint8_t> is_inlier;
  const cv::Mat found = cv::estimateAffinePartial2D(
      matches.from, matches.to, is_inlier, cv::RANSAC, kInlierPx, kMostTrials,
      kConfidence, kRefinements);
  if (found.empty()) return std::nullopt;
  const auto inliers = std::count_if(is_inlier.begin(), is_inlier.end(),
                                     [](uint8_t value) { return value != 0; });
  if (inliers < kLeastInliers || inliers < kLeastInlierShare * matches.tried)
    return std::nullopt;
  const cv::Matx23d m = found;
  const double zoom = std::hypot(m(0, 0), m(1, 0));
  if (!(zoom < kMostZoom && zoom > 1 / kMostZoom)) return std::nullopt;
  return PlaneMap{m(0, 0), m(0, 1), m(0, 2), m(1, 0), m(1, 1), m(1, 2)};
}

// From indices of the copies' pixels to continuous pixels of the frames.
PlaneMap in_frame(const PlaneMap &map, SizePx copy, SizePx frame) {
  const double by_x = double(frame.width) / copy.width;
  const double by_y = double(frame.height) / copy.height;
  const PlaneMap to_frame = {by_x, 0, by_x / 2, 0, by_y, by_y / 2};
  const PlaneMap from_frame = {1 / by_x, 0, -0.5, 0, 1 / by_y, -0.5};
  return to_frame * map * from_frame;
}

// Clears `usable` where the object is; sizes in pixels of the copy per pixel
// of the frame.
void clear_object(const ObjectResult &object, SizePx frame_size,
                  cv::Mat &usable) {
  const double by_x = double(usable.cols) / frame_size.width;
  const double by_y = double(usable.rows) / frame_size.height;
  const BoxPx place = mask_box(object, frame_size);
  const int left = static_cast<int>(place.x * by_x);
  const int top = static_cast<int>(place.y * by_y);
  const int right = static_cast<int>(std::ceil((place.x + place.width) * by_x));
  const int bottom =
      static_cast<int>(std::ceil((place.y + place.height) * by_y));
  const cv::Rect box = cv::Rect(left, top, right - left, bottom - top) &
                       cv::Rect({}, usable.size());
  if (box.empty()) return;
  const cv::Mat mask =
      picture_of({object.mask.width, object.mask.height}, object.mask.pixels);
  cv::Mat small;
  cv::resize(mask, small, box.size(), 0, 0, cv::INTER_AREA);
  usable(box).setTo(0, small);
}

}  // namespace

PlaneMap CameraMotion::next(const ImageView &frame) {
  const cv::Mat copy = grey_copy(frame);
  const SizePx size{copy.cols, copy.rows};
  const SizePx frame_size{frame.width, frame.height};
  std::optional<PlaneMap> found;
  if (frame_size == frame_size_ && size == former_.size) {
    if (std::min(size.width, size.height) >= kShortestSidePx)
      found = similarity(match(
          picture_of(size, former_.pixels),
          is_usable_.empty() ? cv::Mat() : picture_of(size, is_usable_), copy));
  } else {
    is_usable_.clear();
  }
  former_ = {size, {copy.datastart, copy.dataend}};
  frame_size_ = frame_size;
  return found ? in_frame(*found, size, frame_size) : PlaneMap{};
}

void CameraMotion::ignore(const FrameResult &objects) {
  is_usable_.clear();
  if (objects.frame_size != frame_size_) return;
  const SizePx size = former_.size;
  cv::Mat usable(size.height, size.width, CV_8U, cv::Scalar(255));
  for (const ObjectResult &object : objects.objects)
    if (!object.mask.is_empty()) clear_object(object, frame_size_, usable);
  const int window = 2 * kIgnoredMarginPx + 1;
  cv::erode(usable, usable, cv::Mat::ones(window, window, CV_8U));
  is_usable_.assign(usable.datastart, usable.dataend);
}

}  // namespace sam2
