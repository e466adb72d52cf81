// How things move through a clip: smooth functions of the time in frames.
#pragma once

#include <opencv2/core/matx.hpp>
#include <opencv2/core/types.hpp>
#include <vector>

#include "random.h"

namespace sam2::train {

// A value that is `base` at the time `anchor`, drifts and swings.
struct Curve {
  double base = 0;
  double drift = 0;  // per frame
  double swing = 0;  // amplitude
  double rate = 0;   // radians per frame
  double phase = 0;
  double anchor = 0;

  double at(double time) const;
};

// A span of time in which something is moved away by `offset` pixels; it takes
// `ramp` frames to go and to come back.
struct Excursion {
  double first = 0;
  double last = 0;
  double ramp = 1;
  cv::Point2d offset;

  cv::Point2d at(double time) const;
};

struct Pose {
  cv::Point2d centre;  // pixels
  double angle = 0;    // radians
  double scale = 1;
  double stretch = 1;  // width against height, the area stays

  // From pixels of a picture of `size` to the pixels the centre is given in.
  cv::Matx33d matrix(cv::Size size) const;
};

struct MotionPath {
  Curve x, y, angle, log_scale, log_stretch;
  std::vector<Excursion> excursions;

  Pose at(double time) const;
};

// A sum of waves that bends a picture; it changes smoothly in time.
class ElasticWarp {
 public:
  ElasticWarp() = default;  // bends nothing
  // Shifts by up to `strength` times the picture's size.
  ElasticWarp(Random &random, double strength);

  bool bends() const { return !waves_.empty(); }
  // `point` and the result in parts of the picture's size.
  cv::Point2d shift(cv::Point2d point, double time) const;

 private:
  struct Wave {
    cv::Point2d direction, shift;
    double rate, phase;
  };
  std::vector<Wave> waves_;
};

enum class Pace { kStill, kSlow, kFast };
Pace random_pace(Random &random);

// Of an object that is at `centre` at the time `anchor`, in a picture of `side`
// pixels.
MotionPath object_path(Random &random, Pace pace, cv::Point2d centre,
                       double anchor, int side);
// Of the camera; its centre is the shift of the picture at scale 1.
MotionPath camera_path(Random &random, double anchor, int side);

}  // namespace sam2::train
