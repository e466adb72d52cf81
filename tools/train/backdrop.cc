#include "backdrop.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "label_counts.h"
#include "textures.h"

namespace sam2::train {
namespace {

constexpr double kRealShare = 0.7;
// Around the frame, in parts of its side, for the camera to move in.
constexpr double kMargin = 0.25;
constexpr int kMostInstances = 32;
constexpr int kUndecided = 255;
// Of a photo; smaller instances make no window.
constexpr double kSmallestInstance = 0.0005;

// Cuts the square `window` (which becomes the frame) with a margin out of a
// photo; without labels the photo's labels are empty.
Backdrop cut_out(const LabelledPhoto &photo, cv::Rect2d window, int side) {
  const double margin = kMargin * window.width;
  const cv::Rect wanted(
      cv::Point2d(window.x - margin, window.y - margin),
      cv::Size2d(window.width + 2 * margin, window.height + 2 * margin));
  const cv::Rect rect = wanted & cv::Rect({}, photo.picture.size());
  const double scale = side / window.width;
  const cv::Size size(std::max(2, static_cast<int>(rect.width * scale)),
                      std::max(2, static_cast<int>(rect.height * scale)));
  Backdrop backdrop;
  backdrop.corner = {(rect.x - window.x) * scale, (rect.y - window.y) * scale};
  cv::resize(photo.picture(rect), backdrop.picture, size, 0, 0,
             scale < 1 ? cv::INTER_AREA : cv::INTER_LINEAR);
  if (!photo.labels.empty())
    cv::resize(photo.labels(rect), backdrop.labels, size, 0, 0,
               cv::INTER_NEAREST_EXACT);
  return backdrop;
}

void flip(cv::Mat &picture) { cv::flip(picture, picture, 1); }

// Makes the labels 1..n and returns n.
int renumber(cv::Mat &labels) {
  const LabelCounts counts = label_counts(labels);
  cv::Mat table = cv::Mat::zeros(1, 256, CV_8UC1);
  int instances = 0;
  for (int label = 1; label < kUndecided; ++label)
    if (counts[label] > kSmallestInstance * labels.total() &&
        instances < kMostInstances)
      table.at<uint8_t>(label) = ++instances;
  cv::LUT(labels, table, labels);
  return instances;
}

double shifted_into(double start, double length, double limit) {
  return std::max(0.0, std::min(start, limit - length));
}

// A square around a random place of a random instance, in the picture.
cv::Rect2d window_on_instance(Random &random, const cv::Mat &labels,
                              int instances) {
  const cv::Rect box = cv::boundingRect(labels == random.integer(1, instances));
  const double shorter = std::min(labels.cols, labels.rows);
  const double length =
      std::clamp(std::max(box.width, box.height) * random.log_uniform(1.1, 5),
                 0.3 * shorter, random.uniform(0.8, 1) * shorter);
  const cv::Point2d middle = (box.tl() + box.br()) / 2.0;
  return {shifted_into(middle.x - length * random.uniform(0.3, 0.7), length,
                       labels.cols),
          shifted_into(middle.y - length * random.uniform(0.3, 0.7), length,
                       labels.rows),
          length, length};
}

}  // namespace

Backdrop scenery_backdrop(Random &random, const PictureLibrary &library,
                          int side) {
  if (!library.has_scenery() || !random.chance(kRealShare)) {
    const int wide = static_cast<int>(side * (1 + 2 * kMargin));
    Backdrop backdrop;
    backdrop.picture = procedural_texture(random, {wide, wide});
    backdrop.corner = {-kMargin * side, -kMargin * side};
    return backdrop;
  }
  LabelledPhoto photo;
  photo.picture = library.draw_scenery(random);
  if (random.chance(0.5)) flip(photo.picture);
  const double length = random.log_uniform(0.4, 1) *
                        std::min(photo.picture.cols, photo.picture.rows);
  const cv::Rect2d window(random.uniform(0, photo.picture.cols - length),
                          random.uniform(0, photo.picture.rows - length),
                          length, length);
  return cut_out(photo, window, side);
}

Backdrop photo_backdrop(Random &random, const PictureLibrary &library,
                        int side) {
  LabelledPhoto photo = library.draw_photo(random);
  if (random.chance(0.5)) {
    flip(photo.picture);
    flip(photo.labels);
  }
  const int instances = renumber(photo.labels);
  if (instances == 0) return scenery_backdrop(random, library, side);
  const cv::Rect2d window = window_on_instance(random, photo.labels, instances);
  Backdrop backdrop = cut_out(photo, window, side);
  backdrop.instances = instances;
  if (random.chance(0.5)) backdrop.warp = ElasticWarp(random, 0.02);
  return backdrop;
}

}  // namespace sam2::train
