// Everything a clip shows, as functions of time, and its drawing.
#pragma once

#include <opencv2/core/mat.hpp>
#include <vector>

#include "backdrop.h"
#include "label_counts.h"
#include "motion_path.h"

namespace sam2::train {

struct SceneObject {
  cv::Mat sprite;  // CV_8UC4, BGRA, premultiplied
  MotionPath path;
  ElasticWarp warp;
  Curve gain;  // of the light on it
  double shadow_depth = 0;
  cv::Point shadow_offset;
  bool is_distractor = false;  // never labelled

  // Longest side in pixels while the camera rests.
  double longest(double time) const;
};

struct SceneFrame {
  cv::Mat bgr;     // CV_8UC3
  cv::Mat labels;  // CV_8UC1: the backdrop's instances, then the objects
  // Pixels of each label before others were drawn in front.
  LabelCounts drawn = {};
};

struct Scene {
  int side = 0;
  Backdrop backdrop;
  MotionPath camera;
  std::vector<SceneObject> objects;  // the last is in front
  double shutter = 0;                // open for so many frames

  bool may_be_labelled(int label) const;
};

SceneFrame draw_scene(const Scene &scene, double time);

}  // namespace sam2::train
