#include "sprites.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "procedural_shapes.h"

namespace sam2::train {
namespace {

constexpr double kCutoutShare = 0.65;
// Beyond that a cut-out is only a blur.
constexpr double kMostEnlarged = 2.5;
// Of a sprite before the rim of a cut-out is worth being cut off.
constexpr int kRimSide_px = 40;

cv::Mat cutout_sprite(Random &random, const cv::Mat &cutout, int longest) {
  cv::Mat alpha;
  cv::extractChannel(cutout, alpha, 3);
  const cv::Rect box = cv::boundingRect(alpha);
  if (box.empty()) return {};
  cv::Mat colour;
  cv::cvtColor(cutout(box), colour, cv::COLOR_BGRA2BGR);
  alpha = alpha(box).clone();
  // The rim of a mask drawn by hand often shows the background.
  if (std::min(box.width, box.height) > kRimSide_px && random.chance(0.5))
    cv::erode(alpha, alpha, cv::Mat(), {-1, -1}, 1, cv::BORDER_CONSTANT, 0);
  const double scale =
      std::min(kMostEnlarged,
               longest / static_cast<double>(std::max(box.width, box.height)));
  const cv::Size size(std::max(2, static_cast<int>(box.width * scale)),
                      std::max(2, static_cast<int>(box.height * scale)));
  cv::Mat sprite;
  cv::resize(sprite_of(colour, alpha), sprite, size, 0, 0,
             scale < 1 ? cv::INTER_AREA : cv::INTER_LINEAR);
  return sprite;
}

}  // namespace

cv::Mat tinted(Random &random, const cv::Mat &sprite) {
  const double gain = random.uniform(0.75, 1.2);
  cv::Scalar gains(0, 0, 0, 1);
  for (int c = 0; c < 3; ++c) gains[c] = gain * random.uniform(0.88, 1.12);
  cv::Mat out;
  cv::multiply(sprite, gains, out);
  return out;
}

cv::Mat any_sprite(Random &random, const PictureLibrary &library, int longest) {
  cv::Mat sprite;
  if (library.has_cutouts() && random.chance(kCutoutShare))
    sprite = cutout_sprite(random, library.draw_cutout(random), longest);
  if (sprite.empty()) sprite = shape_sprite(random, library, longest);
  if (random.chance(0.5)) cv::flip(sprite, sprite, 1);
  return random.chance(0.5) ? tinted(random, sprite) : sprite;
}

}  // namespace sam2::train
