// What a camera does to colours: the same for a clip, a little different in
// each frame.
#pragma once

#include <opencv2/core/mat.hpp>
#include <opencv2/core/matx.hpp>

#include "random.h"

namespace sam2::train {

class Photometric {
 public:
  Photometric(Random &random, int side);

  // Changes a square frame of `side` pixels, CV_8UC3, BGR.
  void apply(Random &random, cv::Mat &frame) const;

 private:
  cv::Mat level_table(Random &random) const;
  void add_noise(Random &random, cv::Mat &frame) const;

  cv::Matx33f mix_;        // of colours: saturation and hue
  cv::Vec3d gains_;        // by channel
  double offset_, gamma_;  // offset in levels of 255
  double flicker_;         // change of brightness between frames
  double blur_;            // sigma in pixels, 0 for none
  int quality_;            // of JPEG, 0 for none
  cv::Mat noise_;          // larger than a frame, empty for none
};

}  // namespace sam2::train
