// Saving and restoring a tracker: the walk over its objects, and what a state
// depends on.
#include <charconv>
#include <iterator>
#include <limits>

#include "gpu/device.h"
#include "model/weights_digest.h"
#include "track/tracker.h"

namespace sam2 {
namespace {

constexpr int64_t kMostObjects = 1000000;
constexpr int64_t kMostCandidates = 3;

// The shortest text that is this number only, in any locale.
std::string text_of(double number) {
  char text[32];
  return {text, std::to_chars(text, std::end(text), number).ptr};
}

const char *text_of(bool value) { return value ? "yes" : "no"; }

void add_limits(const BankLimits &limits, StateIdentity &identity) {
  const auto add = [&](const char *name, int value) {
    identity.emplace_back(name, std::to_string(value));
  };
  add("num-maskmem", limits.num_maskmem);
  add("max-obj-ptrs", limits.max_obj_ptrs);
  add("max-cond-frames", limits.max_cond_frames);
  add("memory-stride", limits.memory_stride);
  add("frames-held", limits.extra_history);
  identity.emplace_back("first prompt kept",
                        text_of(limits.keep_first_cond_frame));
}

void add_thresholds(const TrackerOptions &options, StateIdentity &identity) {
  const auto add = [&](const char *name, double value) {
    identity.emplace_back(name, text_of(value));
  };
  add("min-obj-score", options.min_object_score);
  add("memory-iou-threshold", options.memory_thresholds.predicted_iou);
  add("memory-obj-score-threshold", options.memory_thresholds.object_score);
  add("memory-kf-score-threshold", options.memory_thresholds.kf_score);
  add("kf-score-weight", options.motion.kf_score_weight);
  add("stable-frames-threshold", options.motion.stable_frames);
  add("stable-iou-threshold", options.motion.stable_iou);
}

}  // namespace

StateIdentity Tracker::state_identity() const {
  StateIdentity identity = {
      {"model", model_->config().name},
      {"weights", weights_digest(*model_)},
      {"input-size", std::to_string(model_->input_size_px())},
      {"precision", precision_name(model_->type())},
      {"memory precision", precision_name(options_.memory_type)},
      {"memory-policy", options_.memory_policy},
      {"conditioning frames attended to",
       std::to_string(options_.max_cond_frames_in_attn)},
      {"corrections conditioning",
       text_of(options_.corrections_are_conditioning)},
      {"corrections kept", text_of(options_.keeps_corrections)}};
  add_limits(options_.limits, identity);
  add_thresholds(options_, identity);
  return identity;
}

void Tracker::visit(const StateScope &scope) {
  if (scope.is_loading()) objects_.clear();
  if (store_) store_->settle();
  const StateScope objects = scope / "objects";
  const auto count =
      objects.count(static_cast<int64_t>(objects_.size()), kMostObjects);
  for (int64_t i = 0; i < count; ++i) {
    Object restored = scope.is_loading() ? new_object(0, 0) : objects_[i];
    visit(objects / i, restored);
    if (!scope.is_loading()) continue;
    if (has_object(restored.id))
      (objects / i).refuse("id", "is that of another object");
    objects_.push_back(std::move(restored));
  }
}

void Tracker::visit(const StateScope &scope, Object &object) const {
  scope.integers("id", {&object.id}, std::numeric_limits<int64_t>::min(),
                 std::numeric_limits<int64_t>::max());
  scope.integers("first_frame", {&object.first_frame}, 0,
                 StateScope::kMostFrame);
  object.bank.visit(scope / "bank", 4 * model_->grid());
  object.motion.visit(scope / "motion");
  const StateScope corrections = scope / "kept_corrections";
  auto &kept = object.kept_corrections;
  const auto count =
      corrections.count(static_cast<int64_t>(kept.size()), kMostObjects);
  auto next = kept.begin();
  for (int64_t i = 0; i < count; ++i) {
    std::pair<int64_t, MaskOutput> item;
    if (!scope.is_loading()) item = *next++;
    (corrections / i)
        .integers("frame", {&item.first}, 0, StateScope::kMostFrame);
    visit(corrections / i, item.second);
    if (scope.is_loading()) kept.insert(item);
  }
}

void Tracker::visit(const StateScope &scope, MaskOutput &masks) const {
  const at::TensorOptions real =
      at::TensorOptions(at::kFloat).device(model_->device());
  const int64_t side = 4 * model_->grid();
  const int64_t width = model_->config().d_model;
  int64_t n = scope.is_loading() ? 0 : masks.ious.size(1);
  scope.integers("candidate_count", {&n}, 1, kMostCandidates);
  bool has_all_ious = masks.all_ious.defined();
  scope.flag("has_all_ious", has_all_ious);
  scope.tensor("low_res_masks", masks.low_res_masks, {1, 1, side, side}, real);
  scope.tensor("ious", masks.ious, {1, n}, real);
  scope.tensor("chosen_iou", masks.chosen_iou, {1, 1}, real);
  scope.tensor("object_score", masks.object_score, {1, 1}, real);
  scope.tensor("obj_ptr", masks.obj_ptr, {1, width}, real);
  scope.tensor("candidates", masks.candidates, {1, n, side, side}, real);
  scope.tensor("tokens", masks.tokens, {1, n, width}, real);
  scope.tensor("is_present", masks.is_present, {1, 1}, real.dtype(at::kBool));
  if (has_all_ious) scope.tensor("all_ious", masks.all_ious, {1, 4}, real);
}

}  // namespace sam2
