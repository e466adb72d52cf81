#include "track/motion_model.h"

namespace sam2 {
namespace {

// The first of the largest.
template <class Score>
size_t best_of(const std::vector<MaskCandidate> &candidates, Score score) {
  size_t best = 0;
  for (size_t i = 1; i < candidates.size(); ++i)
    if (score(candidates[i]) > score(candidates[best])) best = i;
  return best;
}

}  // namespace

size_t best_candidate(const std::vector<MaskCandidate> &candidates) {
  return best_of(candidates,
                 [](const MaskCandidate &c) { return c.predicted_iou; });
}

MaskChoice MotionModel::choose_by_motion(
    const std::vector<MaskCandidate> &candidates) {
  const CornerBox predicted = filter_->box();
  const double weight = thresholds_.kf_score_weight;
  MaskChoice choice;
  choice.index = best_of(candidates, [&](const MaskCandidate &c) {
    return weight * box_iou(predicted, c.box) + (1 - weight) * c.predicted_iou;
  });
  const MaskCandidate &chosen = candidates[choice.index];
  choice.kf_score = box_iou(predicted, chosen.box);
  if (chosen.predicted_iou < thresholds_.stable_iou)
    stable_frames_ = 0;
  else
    filter_->update(measurement_of(chosen.box));
  return choice;
}

MaskChoice MotionModel::choose(const std::vector<MaskCandidate> &candidates) {
  const bool is_stable = stable_frames_ >= thresholds_.stable_frames;
  const bool is_start = !filter_ || stable_frames_ == 0;
  if (!is_start) filter_->predict();
  if (!is_start && is_stable) return choose_by_motion(candidates);
  const size_t best = best_candidate(candidates);
  const MaskCandidate &chosen = candidates[best];
  if (is_start) {
    filter_.emplace(measurement_of(chosen.box));
    ++stable_frames_;
  } else if (chosen.predicted_iou > thresholds_.stable_iou) {
    filter_->update(measurement_of(chosen.box));
    ++stable_frames_;
  } else {
    // The prediction stands; the next frame starts again.
    stable_frames_ = 0;
  }
  return {best, std::nullopt};
}

}  // namespace sam2
