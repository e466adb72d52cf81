#include "procedural_shapes.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "textures.h"

namespace sam2::train {
namespace {

// Shapes are drawn this much larger and reduced, for soft edges.
constexpr int kOversampling = 2;
constexpr double kTurn = 6.283185307179586;

// Contours lie in the unit circle around 0.
using Contour = std::vector<cv::Point2d>;

cv::Point2d on_circle(double angle, double radius) {
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

Contour blob(Random &random) {
  constexpr int kPoints = 96, kWaves = 5;
  double size[kWaves], phase[kWaves], total = 1;
  for (int k = 0; k < kWaves; ++k) {
    size[k] = random.uniform(0, 0.6) / (k + 1);
    phase[k] = random.angle();
    total += size[k];
  }
  Contour contour;
  for (int i = 0; i < kPoints; ++i) {
    const double angle = kTurn * i / kPoints;
    double radius = 1;
    for (int k = 0; k < kWaves; ++k)
      radius += size[k] * std::cos((k + 1) * angle + phase[k]);
    contour.push_back(on_circle(angle, std::max(0.05, radius / total)));
  }
  return contour;
}

Contour polygon(Random &random) {
  const int corners = random.integer(3, 8);
  const double depth = random.uniform(0, 0.7);
  Contour contour;
  for (int i = 0; i < corners; ++i)
    contour.push_back(on_circle(kTurn * (i + random.uniform(0, 0.8)) / corners,
                                1 - depth * random.unit()));
  return contour;
}

Contour ellipse() {
  constexpr int kPoints = 64;
  Contour contour;
  for (int i = 0; i < kPoints; ++i)
    contour.push_back(on_circle(kTurn * i / kPoints, 1));
  return contour;
}

Contour rectangle() {
  return {{-0.7, -0.7}, {0.7, -0.7}, {0.7, 0.7}, {-0.7, 0.7}};
}

// Squeezed across by a factor and turned.
Contour posed(Contour contour, double squeeze, double angle) {
  for (cv::Point2d &point : contour) {
    const cv::Point2d flat(point.x, point.y * squeeze);
    point = {flat.x * std::cos(angle) - flat.y * std::sin(angle),
             flat.x * std::sin(angle) + flat.y * std::cos(angle)};
  }
  return contour;
}

// Moved and scaled so that the longer side runs from -1 to 1.
Contour spread(Contour contour) {
  cv::Point2d low = contour[0], high = contour[0];
  for (const cv::Point2d &point : contour) {
    low = {std::min(low.x, point.x), std::min(low.y, point.y)};
    high = {std::max(high.x, point.x), std::max(high.y, point.y)};
  }
  const double half = std::max(high.x - low.x, high.y - low.y) / 2;
  for (cv::Point2d &point : contour)
    point = (point - (low + high) / 2) / std::max(half, 1e-6);
  return contour;
}

Contour any_contour(Random &random) {
  const double squeeze = random.log_uniform(0.3, 1), angle = random.angle();
  switch (random.integer(0, 5)) {
    case 0:
      return posed(ellipse(), squeeze, angle);
    case 1:
      return posed(polygon(random), squeeze, angle);
    case 2:
      return posed(rectangle(), random.log_uniform(0.15, 1), angle);
    default:
      return posed(blob(random), squeeze, angle);
  }
}

// Alpha of a contour of a radius around a centre, both in pixels.
cv::Mat filled(const Contour &contour, cv::Size size, cv::Point2d centre,
               double radius) {
  std::vector<cv::Point> points;
  for (const cv::Point2d &point : contour)
    points.emplace_back((centre + point * radius) * kOversampling);
  cv::Mat alpha = cv::Mat::zeros(size * kOversampling, CV_8UC1);
  cv::fillPoly(alpha, std::vector<std::vector<cv::Point>>{points}, 255);
  cv::resize(alpha, alpha, size, 0, 0, cv::INTER_AREA);
  return alpha;
}

// `upper` over `lower`, both sprites of one size.
void put_over(const cv::Mat &upper, cv::Mat &lower) {
  for (int y = 0; y < lower.rows; ++y) {
    const cv::Vec4b *from = upper.ptr<cv::Vec4b>(y);
    cv::Vec4b *to = lower.ptr<cv::Vec4b>(y);
    for (int x = 0; x < lower.cols; ++x)
      for (int c = 0; c < 4; ++c)
        to[x][c] = from[x][c] + to[x][c] * (255 - from[x][3]) / 255;
  }
}

cv::Mat simple_sprite(Random &random, const PictureLibrary &library, int side) {
  const cv::Size size(side, side);
  const cv::Point2d centre(side / 2.0, side / 2.0);
  const cv::Mat alpha =
      filled(spread(any_contour(random)), size, centre, side / 2.0);
  return sprite_of(any_texture(random, library, size), alpha);
}

// Reaches from the middle of the sprite to its rim, so that it hangs together
// with the body.
cv::Mat limb_sprite(Random &random, const PictureLibrary &library, int side) {
  const double angle = random.angle();
  const Contour wedge = {{-1, -0.3}, {1, -0.8}, {1, 0.8}, {-1, 0.3}};
  const Contour contour = posed(random.chance(0.6) ? ellipse() : wedge,
                                random.uniform(0.25, 0.8), angle);
  const cv::Point2d centre(side / 2.0, side / 2.0);
  const cv::Size size(side, side);
  return sprite_of(any_texture(random, library, size),
                   filled(contour, size, centre + on_circle(angle, 0.22 * side),
                          0.24 * side));
}

// Contains the middle of the sprite, as a polygon may not.
Contour body_contour(Random &random) {
  const double squeeze = random.uniform(0.5, 1), angle = random.angle();
  return posed(random.chance(0.3) ? ellipse() : blob(random), squeeze, angle);
}

cv::Mat composed_sprite(Random &random, const PictureLibrary &library,
                        int side) {
  const cv::Size size(side, side);
  const cv::Point2d centre(side / 2.0, side / 2.0);
  const double body = side * random.uniform(0.22, 0.34);
  cv::Mat sprite = sprite_of(any_texture(random, library, size),
                             filled(body_contour(random), size, centre, body));
  const int limbs = random.integer(1, 2);
  for (int i = 0; i < limbs; ++i) {
    cv::Mat limb = limb_sprite(random, library, side);
    if (random.chance(0.5)) cv::swap(limb, sprite);
    put_over(limb, sprite);
  }
  return sprite;
}

}  // namespace

cv::Mat sprite_of(const cv::Mat &texture, const cv::Mat &alpha) {
  cv::Mat alpha3, colour, sprite;
  cv::merge(std::vector<cv::Mat>(3, alpha), alpha3);
  cv::multiply(texture, alpha3, colour, 1.0 / 255);
  cv::merge(std::vector<cv::Mat>{colour, alpha}, sprite);
  return sprite;
}

cv::Mat shape_sprite(Random &random, const PictureLibrary &library, int side) {
  return random.chance(0.4) ? composed_sprite(random, library, side)
                            : simple_sprite(random, library, side);
}

cv::Mat plate_sprite(Random &random, const PictureLibrary &library, int side) {
  const cv::Size size(side, side);
  cv::Mat alpha(size, CV_8UC1, cv::Scalar(255));
  if (random.chance(0.5))
    alpha = filled(ellipse(), size, {side / 2.0, side / 2.0}, side / 2.0);
  return sprite_of(any_texture(random, library, size), alpha);
}

}  // namespace sam2::train
