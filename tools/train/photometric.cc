#include "photometric.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace sam2::train {
namespace {

// Noise is drawn once and moved by up to so much between frames.
constexpr int kNoiseMargin_px = 32;

// Mixes the colours by a saturation (1 keeps, 0 is grey) and turns the hue
// around the grey axis by an angle.
cv::Matx33f colour_mix(double saturation, double hue) {
  const cv::Vec3d grey(0.114, 0.587, 0.299);
  const double third = 1.0 / 3, root = std::sqrt(third);
  const double cos = std::cos(hue), sin = std::sin(hue);
  cv::Matx33d turn, fade;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) {
      const double cross = i == j ? 0 : (j == (i + 1) % 3 ? -root : root);
      turn(i, j) = (i == j ? cos : 0) + (1 - cos) * third + sin * cross;
      fade(i, j) = (i == j ? saturation : 0) + (1 - saturation) * grey[j];
    }
  return cv::Matx33f(fade * turn);
}

}  // namespace

Photometric::Photometric(Random &random, int side) {
  const bool grey = random.chance(0.05);
  mix_ = colour_mix(grey ? 0 : random.uniform(0.5, 1.4),
                    grey || random.chance(0.5) ? 0 : random.uniform(-0.4, 0.4));
  const double contrast = random.uniform(0.7, 1.25);
  for (int c = 0; c < 3; ++c)
    gains_[c] = contrast * (grey ? 1 : random.uniform(0.93, 1.07));
  offset_ = random.uniform(-25, 25) + 128 * (1 - contrast);
  gamma_ = random.log_uniform(0.75, 1.33);
  flicker_ = random.chance(0.5) ? random.uniform(0, 0.03) : 0;
  blur_ = random.chance(0.12) ? random.uniform(0.4, 1.2) * side / 256 : 0;
  quality_ = random.chance(0.3) ? random.integer(30, 90) : 0;
  if (random.chance(0.5)) return;
  noise_.create(side + kNoiseMargin_px, side + kNoiseMargin_px, CV_16SC3);
  cv::RNG(random.bits())
      .fill(noise_, cv::RNG::NORMAL, 0, random.log_uniform(1, 10));
}

cv::Mat Photometric::level_table(Random &random) const {
  const double flicker = random.uniform(1 - flicker_, 1 + flicker_);
  cv::Mat table(1, 256, CV_8UC3);
  for (int level = 0; level < 256; ++level) {
    const double bent = 255 * std::pow(level / 255.0, gamma_);
    for (int c = 0; c < 3; ++c)
      table.at<cv::Vec3b>(0, level)[c] =
          cv::saturate_cast<uint8_t>((bent * gains_[c] + offset_) * flicker);
  }
  return table;
}

void Photometric::add_noise(Random &random, cv::Mat &frame) const {
  const cv::Point corner(random.integer(0, kNoiseMargin_px),
                         random.integer(0, kNoiseMargin_px));
  cv::add(frame, noise_(cv::Rect(corner, frame.size())), frame, cv::noArray(),
          CV_8U);
}

void Photometric::apply(Random &random, cv::Mat &frame) const {
  cv::transform(frame, frame, mix_);
  cv::LUT(frame, level_table(random), frame);
  if (blur_ > 0) cv::GaussianBlur(frame, frame, {}, blur_);
  if (!noise_.empty()) add_noise(random, frame);
  if (quality_ == 0) return;
  std::vector<uint8_t> bytes;
  cv::imencode(".jpg", frame, bytes, {cv::IMWRITE_JPEG_QUALITY, quality_});
  frame = cv::imdecode(bytes, cv::IMREAD_COLOR);
}

}  // namespace sam2::train
