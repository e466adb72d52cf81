// Saving and restoring a stream: its tracker, what results say of objects, and
// prompts that wait.
#include <limits>

#include "engine/stream_tracker.h"
#include "track/state_file.h"

namespace sam2 {
namespace {

constexpr int64_t kMostItems = 100000;
constexpr int kMostSidePx = 1 << 16;

void visit_mask(const StateScope &scope, std::optional<MaskImage> &mask) {
  bool has_mask = mask.has_value();
  scope.flag("has_mask", has_mask);
  if (!has_mask) return;
  if (!mask) mask.emplace();
  scope.integer("mask_width", mask->width, 1, kMostSidePx);
  scope.integer("mask_height", mask->height, 1, kMostSidePx);
  scope.bytes("mask", mask->pixels);
  if (mask->pixels.size() != size_t{1} * mask->width * mask->height)
    scope.refuse("mask", "has not one byte per pixel");
}

void visit_box(const StateScope &scope, std::optional<BoxPx> &box) {
  bool has_box = box.has_value();
  scope.flag("has_box", has_box);
  if (!has_box) return;
  if (!box) box.emplace();
  scope.numbers(
      "box", std::vector<float *>{&box->x, &box->y, &box->width, &box->height});
}

void visit_id(const StateScope &scope, int64_t &id) {
  scope.integers("id", {&id}, std::numeric_limits<int64_t>::min(),
                 std::numeric_limits<int64_t>::max());
}

void visit_prompt(const StateScope &scope, Prompt &prompt) {
  visit_id(scope, prompt.object_id);
  scope.text("label", prompt.label);
  const StateScope points = scope / "points";
  prompt.points.resize(points.count(prompt.points.size(), kMostItems));
  for (size_t i = 0; i < prompt.points.size(); ++i) {
    const StateScope point = points / static_cast<int64_t>(i);
    PointPrompt &value = prompt.points[i];
    point.numbers("place", std::vector<float *>{&value.x_px, &value.y_px});
    point.flag("is_positive", value.is_positive);
  }
  visit_box(scope, prompt.box);
  visit_mask(scope, prompt.mask);
  if (prompt.points.empty() && !prompt.box && !prompt.mask)
    scope.refuse("points.count", "is 0, so the prompt is empty");
}

}  // namespace

void StreamTrackerImpl::visit_memos(const StateScope &scope) {
  const int64_t count = scope.count(memos_.size(), kMostItems);
  auto next = memos_.begin();
  for (int64_t i = 0; i < count; ++i) {
    const StateScope part = scope / i;
    std::pair<int64_t, Memo> item;
    if (!scope.is_loading()) item = *next++;
    visit_id(part, item.first);
    part.text("label", item.second.label);
    int64_t last_seen = item.second.last_seen();
    part.integers("seen", {&item.second.first_seen, &last_seen}, 0,
                  StateScope::kMostFrame);
    if (!scope.is_loading()) continue;
    item.second.seen = {last_seen};
    if (!tracker_.has_object(item.first))
      part.refuse("id", "is that of no object");
    memos_.insert(item);
  }
}

void StreamTrackerImpl::visit_waiting(const StateScope &scope,
                                      Waiting &waiting) {
  scope.integers("frame", {&waiting.frame}, 0, StateScope::kMostFrame);
  visit_prompt(scope, waiting.prompt);
}

void StreamTrackerImpl::visit(const StateScope &scope) {
  tracker_.visit(scope / "tracker");
  scope.integers("next_frame", {&next_frame_}, 0, StateScope::kMostFrame);
  scope.integers("next_tracked", {&next_tracked_}, 0, next_frame_);
  coaster_.visit(scope / "coaster");
  camera_.visit(scope / "camera");
  camera_for_coaster_.visit(scope / "camera_for_coaster");
  camera_for_tracker_.visit(scope / "camera_for_tracker");
  visit_memos(scope / "memos");
  const StateScope prompts = scope / "pending";
  pending_.resize(prompts.count(pending_.size(), kMostItems));
  for (size_t i = 0; i < pending_.size(); ++i)
    visit_waiting(prompts / static_cast<int64_t>(i), pending_[i]);
}

StateIdentity StreamTrackerImpl::state_identity() const {
  StateIdentity identity = tracker_.state_identity();
  identity.emplace_back("camera-motion",
                        settings_.camera_motion ? "yes" : "no");
  return identity;
}

// A bank that was made smaller for a while is saved at its own size.
StreamTrackerImpl StreamTrackerImpl::at_full_size() const {
  StreamTrackerImpl copy = *this;
  TrackerEffort full = effort();
  full.num_maskmem = settings_.num_maskmem;
  copy.set_effort(full);
  return copy;
}

void StreamTrackerImpl::save(const std::string &path) const {
  StreamTrackerImpl copy = at_full_size();  // visit() may assign
  write_state(path, copy.state_identity(),
              [&](const StateScope &scope) { copy.visit(scope); });
}

// Into another one first: a file may prove damaged half-way.
void StreamTrackerImpl::load(const std::string &path) {
  StreamTrackerImpl restored = at_full_size();
  restored.reset();
  read_state(path, restored.state_identity(),
             [&](const StateScope &scope) { restored.visit(scope); });
  restored.set_effort(effort());
  take_over(std::move(restored));
}

}  // namespace sam2
