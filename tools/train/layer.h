// Drawing of moved and bent pictures, inside their bounding box only.
#pragma once

#include <opencv2/core/mat.hpp>
#include <opencv2/core/matx.hpp>

#include "motion_path.h"

namespace sam2::train {

// Where a picture lies in a frame and how it is bent at one time.
struct Placement {
  cv::Matx33d to_frame;  // from pixels of the picture to pixels of the frame
  const ElasticWarp &warp;
  double time = 0;
};

// A piece of a frame: CV_8UC4, BGRA, colours multiplied by alpha.
struct Layer {
  cv::Rect box;  // empty if nothing falls into the frame
  cv::Mat bgra;
};

// `picture` as the whole frame; beyond its rim it is mirrored. `interpolation`
// is one of cv::InterpolationFlags.
cv::Mat fill_frame(const cv::Mat &picture, const Placement &placement,
                   cv::Size frame, int interpolation);

// `sprite` in a frame, its box widened by `margin` pixels within the frame.
Layer draw_sprite(const cv::Mat &sprite, const Placement &placement,
                  cv::Size frame, int margin);

// Smears `layer` along `motion` pixels, as a shutter that stays open would; not
// beyond its box.
void smear(Layer &layer, cv::Point2d motion);

// Darkens `frame` (CV_8UC3) where the layer's shadow falls, `offset` pixels
// away; `depth` 1 would be black.
void cast_shadow(const Layer &layer, cv::Point offset, double depth,
                 cv::Mat &frame);

// Puts the layer, its colours multiplied by `gain`, over `frame` (CV_8UC3) and
// writes `label` into `labels` (CV_8UC1) where it covers more than half.
// Returns the number of these pixels.
int blend(const Layer &layer, double gain, uint8_t label, cv::Mat &frame,
          cv::Mat &labels);

}  // namespace sam2::train
