#include "track/object_lifecycle.h"

#include <algorithm>
#include <utility>

namespace sam2 {
namespace {

// A pair keeps two others from being, at most, each worth an IoU.
constexpr double kUpstreamScore = 3;

}  // namespace

struct ObjectLifecycle::Object {
  Object(int64_t object_id, const Detection &detection)
      : id(object_id),
        source(detection),
        filter(measurement_of(corner_box(detection.box))),
        predicted(corner_box(detection.box)),
        last_box(detection.box) {}

  // It is there, whatever its mask has said.
  void restart_at(const BoxPx &box) {
    predicted = corner_box(box);
    filter = KalmanFilter(measurement_of(predicted));
    last_box = box;
    mask.reset();
  }
  // Where it is on this frame, as far as is known.
  CornerBox place() const { return mask ? corner_box(mask->box) : predicted; }
  // How well a detection goes with it while it is lost: an IoU, or more for its
  // number upstream.
  double return_score(const Detection &detection) const;

  int64_t id;
  Detection source;  // the latest one that belongs to it
  KalmanFilter filter;
  CornerBox predicted;  // on this frame, by the frames before
  BoxPx last_box;       // where it was seen last
  ObjectStage stage = ObjectStage::kProbation;
  bool is_gone = false;
  bool needs_detection = false;  // its own mask does not bring it back
  int64_t lost_since = 0;        // frame
  int hits = 1;                  // detection frames of its probation
  int misses = 0;
  int disagreements = 0;  // in a row
  int unmatched = 0;      // detection frames in a row
  // This frame's.
  bool is_looked_at = false;
  std::optional<MaskView> mask;  // if the tracker sees it
};

namespace {

// The detections without those at the places that are not -1.
std::vector<Detection> without(const std::vector<Detection> &detections,
                               const std::vector<int> &paired) {
  std::vector<Detection> rest;
  for (size_t i = 0; i < detections.size(); ++i)
    if (paired[i] < 0) rest.push_back(detections[i]);
  return rest;
}

bool is_same_upstream(const Detection &a, const Detection &b) {
  return a.upstream_id && a.upstream_id == b.upstream_id;
}

}  // namespace

double ObjectLifecycle::Object::return_score(const Detection &detection) const {
  if (!is_same_class(detection, source)) return 0;
  if (is_same_upstream(detection, source)) return kUpstreamScore;
  return std::max(box_iou(corner_box(detection.box), predicted),
                  box_iou(detection.box, last_box));
}

ObjectLifecycle::ObjectLifecycle(const LifecycleSettings &settings,
                                 ObjectIds &ids)
    : settings_(settings), ids_(ids) {
  validate(settings);
}

ObjectLifecycle::~ObjectLifecycle() = default;

std::optional<ObjectStage> ObjectLifecycle::stage(int64_t object_id) const {
  for (const auto &object : objects_)
    if (object->id == object_id) return object->stage;
  return std::nullopt;
}

void ObjectLifecycle::forget(int64_t object_id) {
  for (const auto &object : objects_)
    if (object->id == object_id) object->is_gone = true;
  sweep();
}

int64_t ObjectLifecycle::take_id() {
  const int64_t id = next_id();
  ids_.reserve(id);
  return id;
}

void ObjectLifecycle::rescale(double x_factor, double y_factor) {
  for (const auto &object : objects_) {
    const CornerBox box = object->filter.box();
    object->filter = KalmanFilter(
        measurement_of({box.left * x_factor, box.top * y_factor,
                        box.right * x_factor, box.bottom * y_factor}));
    BoxPx &last = object->last_box;
    last = {float(last.x * x_factor), float(last.y * y_factor),
            float(last.width * x_factor), float(last.height * y_factor)};
  }
}

void ObjectLifecycle::reset(bool restarts_ids) {
  objects_.clear();
  last_used_.reset();
  if (restarts_ids) ids_.restart();
}

std::vector<LifecycleAction> ObjectLifecycle::update(
    int64_t frame, const FrameDetections &detections,
    const std::vector<TrackedObject> &tracked) {
  frame_ = frame;
  actions_.clear();
  look_at(tracked);
  std::vector<Detection> usable =
      usable_detections(detections.found, settings_);
  if (uses(frame, detections, !usable.empty())) {
    last_used_ = frame;
    use(std::move(usable));
  }
  // The masks are borrowed for the call.
  for (const auto &object : objects_) object->mask.reset();
  return std::move(actions_);
}

bool ObjectLifecycle::uses(int64_t frame, const FrameDetections &detections,
                           bool has_usable) const {
  return uses_detections(settings_.prompt_mode, settings_.prompt_interval,
                         {frame, detections.has_detector_run, has_usable,
                          detections.is_requested, last_used_});
}

bool ObjectLifecycle::wants(int64_t frame,
                            const FrameDetections &detections) const {
  return uses(frame, detections, true) &&
         !usable_detections(detections.found, settings_).empty();
}

void ObjectLifecycle::act(LifecycleEvent event, const Object &object,
                          std::optional<BoxPx> box) {
  actions_.push_back({event, object.id, box, object.source.label});
}

void ObjectLifecycle::remove(Object &object, RemoveReason reason) {
  object.is_gone = true;
  act(LifecycleEvent::kRemove, object);
  actions_.back().reason = reason;
}

void ObjectLifecycle::sweep() {
  objects_.erase(
      std::remove_if(objects_.begin(), objects_.end(),
                     [](const auto &object) { return object->is_gone; }),
      objects_.end());
}

bool ObjectLifecycle::is_visible(const TrackedObject &tracked) const {
  return tracked.object_score >= settings_.min_object_score &&
         tracked.predicted_iou >= settings_.min_predicted_iou &&
         tracked.area_px >= settings_.min_mask_area_px;
}

void ObjectLifecycle::look_at(const std::vector<TrackedObject> &tracked) {
  for (const auto &object : objects_) {
    object->filter.predict();
    object->predicted = object->filter.box();
    object->is_looked_at = false;
  }
  foreign_.clear();
  foreign_count_ = 0;
  for (const TrackedObject &seen : tracked) {
    const auto it = std::find_if(
        objects_.begin(), objects_.end(),
        [&](const auto &object) { return object->id == seen.object_id; });
    if (it == objects_.end()) {
      ++foreign_count_;
      if (is_visible(seen)) foreign_.push_back(seen.mask.box);
      continue;
    }
    (*it)->is_looked_at = true;
    if (is_visible(seen)) (*it)->mask = seen.mask;
    see(**it);
  }
  for (const auto &object : objects_)
    if (object->stage == ObjectStage::kLost &&
        frame_ - object->lost_since > settings_.max_lost_age)
      remove(*object, RemoveReason::kLostTooLong);
  sweep();
}

// Follows what the tracker says of an object.
void ObjectLifecycle::see(Object &object) {
  if (object.mask) {
    object.filter.update(measurement_of(corner_box(object.mask->box)));
    object.last_box = object.mask->box;
    if (object.stage != ObjectStage::kLost || object.needs_detection) return;
    object.stage = ObjectStage::kActive;
    act(LifecycleEvent::kResume, object);
  } else if (object.stage == ObjectStage::kActive) {
    lose(object, false);
  }
}

void ObjectLifecycle::lose(Object &object, bool needs_detection) {
  object.stage = ObjectStage::kLost;
  object.lost_since = frame_;
  object.needs_detection = needs_detection;
  object.disagreements = 0;
  object.unmatched = 0;
  act(LifecycleEvent::kHide, object);
}

void ObjectLifecycle::use(std::vector<Detection> detections) {
  pair_in_sight(detections);
  pair_lost(detections);
  for (const Detection &detection : detections)
    if (!is_taken(detection.box) && make_room(detection.confidence))
      start(detection);
}

void ObjectLifecycle::pair_in_sight(std::vector<Detection> &detections) {
  Objects in_sight;
  for (const auto &object : objects_)
    if (object->stage != ObjectStage::kLost) in_sight.push_back(object.get());
  ScoreTable scores(detections.size(), in_sight.size());
  for (size_t d = 0; d < detections.size(); ++d)
    for (size_t o = 0; o < in_sight.size(); ++o)
      if (is_same_class(detections[d], in_sight[o]->source))
        scores.at(d, o) = match_score(
            detections[d], {in_sight[o]->predicted, in_sight[o]->mask},
            settings_.mask_weight);
  const auto paired = assign_best(scores, settings_.min_match_score);
  for (size_t d = 0; d < detections.size(); ++d)
    if (paired[d] >= 0) {
      match(*in_sight[paired[d]], detections[d]);
      in_sight[paired[d]] = nullptr;
    }
  for (Object *object : in_sight)
    if (object) miss(*object);
  sweep();
  detections = without(detections, paired);
}

void ObjectLifecycle::pair_lost(std::vector<Detection> &detections) {
  Objects lost;
  for (const auto &object : objects_)
    if (object->stage == ObjectStage::kLost &&
        frame_ - object->lost_since <= settings_.reacquire_window)
      lost.push_back(object.get());
  ScoreTable scores(detections.size(), lost.size());
  for (size_t d = 0; d < detections.size(); ++d)
    for (size_t o = 0; o < lost.size(); ++o)
      scores.at(d, o) = lost[o]->return_score(detections[d]);
  const auto paired = assign_best(scores, settings_.min_reacquire_iou);
  for (size_t d = 0; d < detections.size(); ++d) {
    if (paired[d] < 0) continue;
    Object &object = *lost[paired[d]];
    adopt(object, detections[d]);
    object.stage = ObjectStage::kActive;
    object.restart_at(detections[d].box);
    act(LifecycleEvent::kResume, object, detections[d].box);
  }
  detections = without(detections, paired);
}

// An upstream id belongs to the object that had it last.
void ObjectLifecycle::adopt(Object &object, const Detection &detection) {
  for (const auto &other : objects_)
    if (is_same_upstream(other->source, detection))
      other->source.upstream_id.reset();
  object.source = detection;
}

void ObjectLifecycle::match(Object &object, const Detection &detection) {
  adopt(object, detection);
  object.unmatched = 0;
  if (!object.mask)
    object.filter.update(measurement_of(corner_box(detection.box)));
  if (object.stage == ObjectStage::kProbation) {
    ++object.hits;
    confirm_if_due(object);
  }
  if (object.is_looked_at) count_disagreement(object, detection);
}

void ObjectLifecycle::confirm_if_due(Object &object) {
  if (is_recurring(settings_.prompt_mode) &&
      object.hits < settings_.probation_hits &&
      object.source.confidence <= settings_.confirm_confidence)
    return;
  object.stage = ObjectStage::kActive;
  act(LifecycleEvent::kConfirm, object);
}

void ObjectLifecycle::count_disagreement(Object &object,
                                         const Detection &detection) {
  const bool agrees = object.mask && box_iou(detection.box, object.mask->box) >=
                                         settings_.correct_iou;
  object.disagreements = agrees ? 0 : object.disagreements + 1;
  if (settings_.correct_after == 0 ||
      object.disagreements < settings_.correct_after)
    return;
  object.disagreements = 0;
  object.restart_at(detection.box);
  act(LifecycleEvent::kCorrect, object, detection.box);
}

void ObjectLifecycle::miss(Object &object) {
  if (object.stage == ObjectStage::kProbation) {
    ++object.misses;
    if (object.misses > settings_.probation_age - settings_.probation_hits)
      remove(object, RemoveReason::kProbationFailed);
    return;
  }
  ++object.unmatched;
  if (settings_.max_unmatched > 0 && object.unmatched > settings_.max_unmatched)
    lose(object, true);
}

bool ObjectLifecycle::is_taken(const BoxPx &box) const {
  const auto overlaps = [&](const CornerBox &other) {
    return box_iou(corner_box(box), other) >= settings_.min_iou_new_object;
  };
  for (const BoxPx &foreign : foreign_)
    if (overlaps(corner_box(foreign))) return true;
  for (const auto &object : objects_)
    if (object->stage != ObjectStage::kLost && overlaps(object->place()))
      return true;
  return false;
}

bool ObjectLifecycle::make_room(float confidence) {
  if (objects_.size() + foreign_count_ < size_t(settings_.max_objects))
    return true;
  Object *lost = nullptr;
  Object *doubtful = nullptr;
  for (const auto &object : objects_) {
    if (object->stage == ObjectStage::kLost &&
        (!lost || object->lost_since < lost->lost_since))
      lost = object.get();
    if (object->stage == ObjectStage::kProbation &&
        object->source.confidence <
            (doubtful ? doubtful->source.confidence : confidence))
      doubtful = object.get();
  }
  Object *leaving = lost ? lost : doubtful;
  if (!leaving) return false;
  remove(*leaving, RemoveReason::kNoRoom);
  sweep();
  return true;
}

void ObjectLifecycle::start(const Detection &detection) {
  objects_.push_back(std::make_unique<Object>(next_id(), detection));
  Object &object = *objects_.back();
  adopt(object, detection);
  act(LifecycleEvent::kStart, object, detection.box);
  confirm_if_due(object);
}

int64_t ObjectLifecycle::next_id() {
  if (!settings_.reuse_ids) return ids_.take_next();
  return ids_.take_lowest([this](int64_t id) { return stage(id).has_value(); });
}

}  // namespace sam2
