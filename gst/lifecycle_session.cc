#include "lifecycle_session.h"

#include <algorithm>
#include <utility>

namespace sam2 {
namespace {

// No mask has fewer: the tracker's own threshold, which memory-policy=samurai
// can set, has decided whether there is one.
constexpr float kAnyObjectScore = -100;

LifecycleSettings lifecycle_settings(const ObjectSettings &settings) {
  LifecycleSettings lifecycle = settings.lifecycle;
  lifecycle.min_object_score = kAnyObjectScore;
  lifecycle.probation_hits =
      std::min(lifecycle.probation_hits, lifecycle.probation_age);
  lifecycle.reuse_ids = settings.id_reset_mode == IdResetMode::kReuse;
  return lifecycle;
}

// Of a mask that fills `place`, in pixels of the frame.
double area_px(const MaskImage &mask, const BoxPx &place) {
  if (mask.is_empty()) return 0;
  const auto &pixels = mask.pixels;
  const auto empty = std::count(pixels.begin(), pixels.end(), 0);
  const double pixel_area =
      double(place.width) * place.height / static_cast<double>(pixels.size());
  return static_cast<double>(pixels.size() - empty) * pixel_area;
}

std::vector<TrackedObject> tracked_objects(const FrameResult &result) {
  std::vector<TrackedObject> tracked;
  for (const ObjectResult &object : result.objects) {
    const BoxPx place = mask_box(object, result.frame_size);
    tracked.push_back({object.object_id,
                       {object.box, &object.mask, place},
                       object.object_score,
                       object.predicted_iou,
                       area_px(object.mask, place)});
  }
  return tracked;
}

template <typename Condition>
void remove_from(FrameResult &result, Condition condition) {
  auto &objects = result.objects;
  objects.erase(std::remove_if(objects.begin(), objects.end(), condition),
                objects.end());
}

}  // namespace

LifecycleSession::LifecycleSession(const ObjectSettings &settings,
                                   ObjectIds &ids)
    : objects_(lifecycle_settings(settings), ids),
      max_objects_(settings.lifecycle.max_objects),
      restarts_ids_(settings.id_reset_mode != IdResetMode::kContinue) {
  know_nothing();
}

void LifecycleSession::know_nothing() {
  detections_ = {};
  detections_.has_detector_run = false;
  has_detections_ = false;
}

void LifecycleSession::offer(FrameDetections detections, SizePx frame_size) {
  if (frame_size != frame_size_ && frame_size_ != SizePx{})
    objects_.rescale(double(frame_size.width) / frame_size_.width,
                     double(frame_size.height) / frame_size_.height);
  frame_size_ = frame_size;
  ++frame_;
  detections_ = std::move(detections);
  detections_.is_requested = is_requested_;
  has_detections_ = objects_.wants(frame_, detections_);
  // A request waits for a frame with something to use.
  detections_.is_requested = is_requested_ && has_detections_;
}

LifecycleSession::Changes LifecycleSession::update(FrameResult &result,
                                                   StreamTracker &tracker) {
  Changes changes;
  if (objects_.is_empty() && !has_detections_) return changes;
  const auto actions =
      objects_.update(frame_, detections_, tracked_objects(result));
  if (detections_.is_requested) is_requested_ = false;
  know_nothing();
  for (const LifecycleAction &action : actions)
    act(action, result, tracker, changes);
  return changes;
}

void LifecycleSession::act(const LifecycleAction &action, FrameResult &result,
                           StreamTracker &tracker, Changes &changes) {
  if (action.event == LifecycleEvent::kRemove) {
    tracker.remove_object(action.object_id);
    remove_from(result, [&](const ObjectResult &object) {
      return object.object_id == action.object_id;
    });
    changes.removed.push_back(action.object_id);
  } else if (action.box) {
    Prompt prompt;
    prompt.object_id = action.object_id;
    prompt.label = action.label;
    prompt.box = action.box;
    changes.prompts.push_back(std::move(prompt));
  }
}

void LifecycleSession::show(FrameResult &result) const {
  remove_from(result, [&](const ObjectResult &object) {
    return objects_.stage(object.object_id) == ObjectStage::kProbation;
  });
  for (ObjectResult &object : result.objects) {
    if (objects_.stage(object.object_id) != ObjectStage::kLost) continue;
    object.is_lost = true;
    object.box = {};
    object.mask = {};
  }
}

void LifecycleSession::reset() {
  objects_.reset(restarts_ids_);
  know_nothing();
  is_requested_ = false;
}

}  // namespace sam2
