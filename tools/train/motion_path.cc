#include "motion_path.h"

#include <algorithm>
#include <cmath>

namespace sam2::train {
namespace {

double smooth_step(double value) {
  const double x = std::clamp(value, 0.0, 1.0);
  return x * x * (3 - 2 * x);
}

// Changes by up to `speed` a frame: half drift, half swing.
Curve moving(Random &random, double base, double speed, double anchor) {
  Curve curve;
  curve.base = base;
  curve.anchor = anchor;
  curve.phase = random.angle();
  if (random.chance(0.5)) {
    curve.drift = random.uniform(-speed, speed);
    speed *= 0.3;
  }
  curve.rate = random.log_uniform(0.1, 0.9);
  curve.swing = random.uniform(0, speed) / curve.rate;
  return curve;
}

}  // namespace

double Curve::at(double time) const {
  return base + drift * (time - anchor) +
         swing *
             (std::sin(rate * time + phase) - std::sin(rate * anchor + phase));
}

cv::Point2d Excursion::at(double time) const {
  return offset * (smooth_step((time - first) / ramp + 1) *
                   smooth_step((last - time) / ramp + 1));
}

cv::Matx33d Pose::matrix(cv::Size size) const {
  const double wide = scale * std::sqrt(stretch), high = scale * scale / wide;
  const double cos = std::cos(angle), sin = std::sin(angle);
  const double middle_x = (size.width - 1) / 2.0;
  const double middle_y = (size.height - 1) / 2.0;
  const cv::Matx33d turn(cos * wide, -sin * high, centre.x,  //
                         sin * wide, cos * high, centre.y,   //
                         0, 0, 1);
  return turn * cv::Matx33d(1, 0, -middle_x, 0, 1, -middle_y, 0, 0, 1);
}

Pose MotionPath::at(double time) const {
  Pose pose;
  pose.centre = {x.at(time), y.at(time)};
  for (const Excursion &excursion : excursions)
    pose.centre += excursion.at(time);
  pose.angle = angle.at(time);
  pose.scale = std::exp(log_scale.at(time));
  pose.stretch = std::exp(log_stretch.at(time));
  return pose;
}

ElasticWarp::ElasticWarp(Random &random, double strength) {
  const int count = random.integer(2, 4);
  for (int i = 0; i < count; ++i) {
    const double angle = random.angle(), across = random.angle();
    const double waves = random.log_uniform(2.5, 9);  // radians per size
    // Steep waves would fold the picture.
    const double size =
        std::min(strength * random.unit(), 0.35 / waves) / std::sqrt(count);
    waves_.push_back({{waves * std::cos(angle), waves * std::sin(angle)},
                      {size * std::cos(across), size * std::sin(across)},
                      random.sign() * random.log_uniform(0.15, 1),
                      random.angle()});
  }
}

cv::Point2d ElasticWarp::shift(cv::Point2d point, double time) const {
  cv::Point2d sum;
  for (const Wave &wave : waves_)
    sum += wave.shift *
           std::sin(wave.direction.dot(point) + wave.rate * time + wave.phase);
  return sum;
}

Pace random_pace(Random &random) {
  const double draw = random.unit();
  if (draw < 0.3) return Pace::kStill;
  return draw < 0.7 ? Pace::kSlow : Pace::kFast;
}

MotionPath object_path(Random &random, Pace pace, cv::Point2d centre,
                       double anchor, int side) {
  const double factor = pace == Pace::kStill  ? 0.08
                        : pace == Pace::kSlow ? 0.4
                                              : 1.6;
  const double speed = factor * random.log_uniform(0.01, 0.045) * side;
  MotionPath path;
  path.x = moving(random, centre.x, speed, anchor);
  path.y = moving(random, centre.y, speed, anchor);
  path.angle = moving(random, 0, 0.08 * factor, anchor);
  path.log_scale = moving(random, 0, 0.04 * factor, anchor);
  path.log_stretch = moving(random, 0, 0.03 * factor, anchor);
  path.log_stretch.base = random.uniform(-0.15, 0.15);
  return path;
}

MotionPath camera_path(Random &random, double anchor, int side) {
  const double draw = random.unit();
  const double factor = draw < 0.3 ? 0.05 : draw < 0.75 ? 0.3 : 1;
  MotionPath path;
  path.x = moving(random, 0, 0.02 * factor * side, anchor);
  path.y = moving(random, 0, 0.012 * factor * side, anchor);
  path.angle = moving(random, 0, 0.015 * factor, anchor);
  path.log_scale = moving(random, 0, 0.015 * factor, anchor);
  return path;
}

}  // namespace sam2::train
