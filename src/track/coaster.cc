#include "track/coaster.h"

#include <algorithm>
#include <numeric>

namespace sam2 {
namespace {

// A prediction of a box that was last seen longer ago is worth nothing, and
// its variances grow with the cube of the time.
constexpr int64_t kMostPredictedFrames = 300;
// Smaller sides say nothing of how the object grows.
constexpr double kLeastSidePx = 1;

CornerBox corner_box(const BoxPx &box) {
  return {box.x, box.y, box.x + box.width, box.y + box.height};
}

PlaneMap resized(SizePx from, SizePx to) {
  return scaling(double(to.width) / from.width,
                 double(to.height) / from.height);
}

double growth(double from_px, double to_px) {
  const bool is_known = from_px >= kLeastSidePx && to_px >= kLeastSidePx;
  return is_known ? to_px / from_px : 1;
}

// Takes the centre of one box to that of the other, the sides likewise.
PlaneMap map_between(const CornerBox &from, const CornerBox &to) {
  PlaneMap map = scaling(growth(from.right - from.left, to.right - to.left),
                         growth(from.bottom - from.top, to.bottom - to.top));
  map.dx = (to.left + to.right) / 2 - map.xx * (from.left + from.right) / 2;
  map.dy = (to.top + to.bottom) / 2 - map.yy * (from.top + from.bottom) / 2;
  return map;
}

// Indices, the largest score first.
std::vector<size_t> by_score(const std::vector<ObjectResult> &objects) {
  std::vector<size_t> order(objects.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return objects[a].object_score > objects[b].object_score;
  });
  return order;
}

}  // namespace

Coaster::Object *Coaster::find(int64_t object_id) {
  for (Object &object : objects_)
    if (object.seen.object_id == object_id) return &object;
  return nullptr;
}

void Coaster::prompt(int64_t object_id) {
  if (Object *object = find(object_id)) object->is_prompted = true;
}

void Coaster::remove_object(int64_t object_id) {
  objects_.erase(std::remove_if(objects_.begin(), objects_.end(),
                                [&](const Object &object) {
                                  return object.seen.object_id == object_id;
                                }),
                 objects_.end());
}

void Coaster::reset() { *this = Coaster(settings_); }

// Camera first: the filter's velocity is what the object adds.
void Coaster::step(SizePx frame_size, const PlaneMap &camera) {
  PlaneMap map = camera;
  if (!objects_.empty() && frame_size != frame_size_)
    map = resized(frame_size_, frame_size) * map;
  frame_size_ = frame_size;
  for (Object &object : objects_) {
    if (!object.filter) continue;
    object.filter->warp(map);
    object.motion = map * object.motion;
    if (coasted_frames_ >= kMostPredictedFrames) continue;
    const CornerBox before = object.filter->box();
    object.filter->predict();
    object.motion = map_between(before, object.filter->box()) * object.motion;
  }
}

std::optional<KalmanFilter> Coaster::updated_filter(const ObjectResult &seen) {
  if (seen.is_lost) return std::nullopt;
  const CornerBox box = corner_box(seen.box);
  const Object *known = find(seen.object_id);
  const bool goes_on =
      known && known->filter && coasted_frames_ < kMostPredictedFrames &&
      (!known->is_prompted || box_iou(known->filter->box(), box) > 0);
  if (!goes_on) return KalmanFilter(measurement_of(box));
  KalmanFilter filter = *known->filter;
  filter.update(measurement_of(box));
  return filter;
}

void Coaster::track(const FrameResult &result, const PlaneMap &camera) {
  step(result.frame_size, camera);
  std::vector<Object> next;
  for (const ObjectResult &seen : result.objects) {
    Object object{seen, {seen.box, seen.mask}, updated_filter(seen), {}};
    object.seen.mask = {};
    next.push_back(std::move(object));
  }
  objects_ = std::move(next);
  tracked_size_ = result.frame_size;
  coasted_frames_ = 0;
}

void Coaster::correct(const ObjectResult &seen) {
  Object *known = find(seen.object_id);
  if (!known) known = &objects_.emplace_back();
  const CornerBox box = corner_box(seen.box);
  const bool goes_on = known->filter && !seen.is_lost &&
                       box_iou(corner_box(known->cut.box), box) > 0;
  if (!goes_on) {
    known->motion = resized(tracked_size_, frame_size_);
    known->filter.reset();
    if (!seen.is_lost) known->filter.emplace(measurement_of(box));
    if (known->filter) known->filter->warp(known->motion);
  }
  known->seen = seen;
  known->cut = {seen.box, seen.mask};
  known->seen.mask = {};
}

CutOut Coaster::placed(const Object &object) const {
  const PlaneMap map = settings_.skipped_frames == SkippedFrames::kMotion
                           ? object.motion
                           : resized(tracked_size_, frame_size_);
  return moved(object.cut, map, frame_size_);
}

FrameResult Coaster::coast(SizePx frame_size, const PlaneMap &camera) {
  step(frame_size, camera);
  ++coasted_frames_;
  FrameResult out;
  out.frame_size = frame_size;
  out.coasted_frames = coasted_frames_;
  const int most = settings_.max_coast_frames;
  if (settings_.skipped_frames == SkippedFrames::kNone ||
      (most > 0 && coasted_frames_ > most))
    return out;
  std::vector<CutOut> cuts;
  for (const Object &object : objects_) {
    out.objects.push_back(object.seen);
    cuts.push_back(placed(object));
  }
  if (settings_.is_non_overlap)
    part_masks(by_score(out.objects), frame_size, cuts);
  for (size_t i = 0; i < cuts.size(); ++i) {
    ObjectResult &object = out.objects[i];
    object.is_coasted = true;
    object.is_lost = cuts[i].mask.is_empty();
    object.box = cuts[i].box;
    object.mask = std::move(cuts[i].mask);
  }
  return out;
}

}  // namespace sam2
