// Saving and restoring what is coasted.
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "track/coaster.h"
#include "track/state_scope.h"

namespace sam2 {
namespace {

constexpr int64_t kMostObjects = 1000000;
constexpr int kMostSidePx = 1 << 16;

void visit(const StateScope &scope, SizePx &size) {
  scope.integer("width", size.width, 0, kMostSidePx);
  scope.integer("height", size.height, 0, kMostSidePx);
}

// In whole pixels.
void visit(const StateScope &scope, CutOut &cut, SizePx frame) {
  int x = static_cast<int>(cut.box.x);
  int y = static_cast<int>(cut.box.y);
  scope.integer("mask_x", x, 0, frame.width);
  scope.integer("mask_y", y, 0, frame.height);
  scope.integer("mask_width", cut.mask.width, 0, frame.width - x);
  scope.integer("mask_height", cut.mask.height, 0, frame.height - y);
  scope.bytes("mask", cut.mask.pixels);
  if (cut.mask.pixels.size() != size_t{1} * cut.mask.width * cut.mask.height)
    scope.refuse("mask", "has not one byte per pixel");
  cut.box = {static_cast<float>(x), static_cast<float>(y),
             static_cast<float>(cut.mask.width),
             static_cast<float>(cut.mask.height)};
}

void visit(const StateScope &scope, const std::string &name,
           std::optional<float> &score) {
  bool has_score = score.has_value();
  scope.flag("has_" + name, has_score);
  if (!has_score) return score.reset();
  if (!score) score.emplace();
  scope.numbers(name, std::vector<float *>{&*score});
}

void visit(const StateScope &scope, const std::string &name,
           std::optional<int> &count) {
  bool has_count = count.has_value();
  scope.flag("has_" + name, has_count);
  if (!has_count) return count.reset();
  if (!count) count.emplace();
  scope.integer(name, *count, 0, std::numeric_limits<int>::max());
}

void visit(const StateScope &scope, ObjectResult &seen) {
  scope.integers("id", {&seen.object_id}, std::numeric_limits<int64_t>::min(),
                 std::numeric_limits<int64_t>::max());
  scope.text("label", seen.label);
  scope.numbers("scores",
                std::vector<float *>{&seen.predicted_iou, &seen.object_score});
  visit(scope, "kf_score", seen.kf_score);
  visit(scope, "stable_frames", seen.stable_frames);
  scope.integers("seen", {&seen.first_seen, &seen.last_seen}, 0,
                 StateScope::kMostFrame);
}

}  // namespace

void Coaster::visit(const StateScope &scope, Object &object) const {
  sam2::visit(scope, object.seen);
  sam2::visit(scope, object.cut, tracked_size_);
  object.seen.box = object.cut.box;
  object.seen.is_lost = object.cut.mask.is_empty();
  scope.flag("is_prompted", object.is_prompted);
  bool has_filter = object.filter.has_value();
  scope.flag("has_filter", has_filter);
  if (!has_filter) return;
  if (!object.filter) object.filter.emplace(BoxMeasurement{});
  object.filter->visit(scope / "filter");
  for (const double number : object.filter->mean())
    if (!std::isfinite(number))
      scope.refuse("filter.mean", "holds no finite number");
  object.motion.visit(scope / "motion");
}

void Coaster::visit(const StateScope &scope) {
  sam2::visit(scope / "tracked_size", tracked_size_);
  sam2::visit(scope / "frame_size", frame_size_);
  scope.integers("coasted_frames", {&coasted_frames_}, 0,
                 StateScope::kMostFrame);
  const StateScope objects = scope / "objects";
  objects_.resize(objects.count(objects_.size(), kMostObjects));
  const bool has_size = tracked_size_.width > 0 && tracked_size_.height > 0 &&
                        frame_size_.width > 0 && frame_size_.height > 0;
  if (!objects_.empty() && !has_size)
    objects.refuse("count", "is not 0, but their frame has no size");
  for (size_t i = 0; i < objects_.size(); ++i)
    visit(objects / static_cast<int64_t>(i), objects_[i]);
}

}  // namespace sam2
