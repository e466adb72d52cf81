// Replays a session of the reference with our tracker.
#pragma once

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "scenario.h"
#include "tensor_compare.h"
#include "track/tracker.h"

namespace sam2::test {

// Tolerances of one session; they depend on the memories' type.
struct ReplayTolerances {
  Tolerance mask;
  Tolerance iou;
  Tolerance score;
  Tolerance pointer;
  int foreground_slack;
};

// How well binary masks agree, leaving out pixels whose reference logit is
// within `noise` of zero: another rounding may flip those.
class MaskAgreement {
 public:
  void add(const at::Tensor &found, const at::Tensor &expected, double noise);
  int64_t masks() const { return masks_; }
  double mean_iou() const { return masks_ ? iou_sum_ / masks_ : 0; }
  double least_iou() const { return least_iou_; }

 private:
  int64_t masks_ = 0;
  double iou_sum_ = 0;
  double least_iou_ = 1;
};

// Calls the tracker as the reference's user did and compares every step.
class Replay {
 public:
  // `frames` are the clip's encoded frames.
  Replay(const Scenario &scenario, std::shared_ptr<const Sam2Model> model,
         const std::vector<EncodedFrame> &frames);

  void run(Comparison &comparison);

  // Over all prompted and tracked frames of the run.
  const MaskAgreement &agreement() const { return agreement_; }

 private:
  using Place = std::pair<int64_t, int64_t>;  // object id, frame

  void on_prompt(const Event &event, Comparison &comparison);
  void on_track(const Event &event, Comparison &comparison);
  void on_prompt_memory(const Event &event, Comparison &comparison);
  void on_result(const Event &event, Comparison &comparison);

  PromptTensors prompt_tensors(const Call &call);
  // Tracks into the event's frame unless this call has been there.
  void visit(const Event &event);
  void compare_output(const Event &event, const ObjectOutput &output,
                      Comparison &comparison);
  void compare_motion(const Event &event, const ObjectOutput &output,
                      Comparison &comparison) const;
  void compare_selection(const Event &event, const Selection &selection,
                         Comparison &comparison) const;
  at::Tensor video_logits(int64_t frame) const;
  void compare_video_masks(const std::string &name, const at::Tensor &logits,
                           const at::Tensor &masks,
                           Comparison &comparison) const;

  const Scenario &scenario_;
  GoldenFile golden_;
  std::shared_ptr<const Sam2Model> model_;
  const std::vector<EncodedFrame> &frames_;
  int max_obj_ptrs_;
  ReplayTolerances tolerances_;
  Tracker tracker_;

  std::vector<int64_t> objects_;  // ids, in order of insertion
  MaskAgreement agreement_;
  std::map<Place, ObjectOutput> outputs_;  // the latest of each
  std::map<Place, std::vector<float>> old_points_;
  std::map<Place, std::vector<int>> old_labels_;
  std::vector<Place> without_memory_event_;  // prompted, not yet compared
  std::pair<size_t, int64_t> visited_ = {SIZE_MAX, -1};  // call, frame
};

}  // namespace sam2::test
