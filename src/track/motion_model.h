// Choosing among the decoder's candidates by where the object was going. Pure
// logic on boxes and scores; source: sam2/modeling/sam2_base.py of SAMURAI.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "track/kalman_filter.h"

namespace sam2 {

struct MotionThresholds {
  // Frames in a row that must be good before motion has a say; 1 or more.
  int stable_frames = 15;
  // Predicted IoU that makes a frame good, [0, 1].
  double stable_iou = 0.3;
  // Share of the motion in the choice, the rest is predicted IoU; [0, 1].
  double kf_score_weight = 0.25;
};

// A mask that the decoder offers.
struct MaskCandidate {
  double predicted_iou = 0;
  CornerBox box;  // of its logits > 0 at the size of the model's input
};

// The first one of the largest predicted IoU.
size_t best_candidate(const std::vector<MaskCandidate> &candidates);

struct MaskChoice {
  size_t index = 0;  // of the candidates given
  // IoU of its box with the predicted one; none until motion has a say.
  std::optional<double> kf_score;
};

// One object's motion. One step a frame; the frames are those that the object
// is tracked through, whatever their times. Thread-bound.
class MotionModel {
 public:
  explicit MotionModel(const MotionThresholds &thresholds)
      : thresholds_(thresholds) {}

  // The next frame's choice among `candidates` (one or more); the state
  // follows it.
  MaskChoice choose(const std::vector<MaskCandidate> &candidates);

  // The picture has moved by `map`, in pixels of the model input, since the
  // latest choice.
  void warp(const PlaneMap &map) {
    if (filter_) filter_->warp(map);
  }

  // A user has said where the object is: the filter starts again with the
  // next choice.
  void restart() { stable_frames_ = 0; }

  // Good frames in a row, up to the threshold.
  int stable_frames() const { return stable_frames_; }
  // State after the latest choice; none before the first.
  const std::optional<KalmanFilter> &filter() const { return filter_; }

  // Saves or restores (StateScope).
  template <class Scope>
  void visit(const Scope &scope) {
    scope.integer("stable_frames", stable_frames_, 0,
                  thresholds_.stable_frames);
    bool has_filter = filter_.has_value();
    scope.flag("has_filter", has_filter);
    if (!has_filter) return filter_.reset();
    if (!filter_) filter_.emplace(BoxMeasurement{});
    filter_->visit(scope / "filter");
  }

 private:
  MaskChoice choose_by_motion(const std::vector<MaskCandidate> &candidates);

  MotionThresholds thresholds_;
  std::optional<KalmanFilter> filter_;
  int stable_frames_ = 0;
};

}  // namespace sam2
