// The life of objects whose prompts are detections. Pure logic: no tensors, no
// clock, no input or output.
//
//            detection that belongs to no object
//                           |  kStart
//                           v
//                       probation --- not seen often enough: kRemove
//                           |  kConfirm
//                           v
//        +--------------> active  (kCorrect: the detections disagree)
//        | kResume          |  kHide
//        |                  v
//        +---------------  lost  ---- for too long: kRemove
//
// Each frame, in this order:
// 1. An active object that the tracker does not see is hidden; a lost one that
//    it sees is resumed. Objects lost for more than max_lost_age are removed.
// 2. If the frame's detections are used (prompt_mode.h), they are paired with
//    the objects in sight, those on probation included (match_score, class,
//    best sum), and what is left with lost objects: by the same upstream id,
//    else by the predicted or last box. The classes of a pair are the same.
// 3. A paired detection counts for probation, sets right a mask that it has
//    disagreed with correct_after times in a row, or resumes what was lost.
// 4. What is left starts an object, the most confident detection first, unless
//    something in sight is there already (min_iou_new_object).
//
// Room: when there are max_objects, a new object takes the place of the one
// lost for longest; if none is lost, of the least confident one on probation,
// if the detection is more confident; else it is refused. An active object
// never goes for a new one.
//
// Probation is for modes that look again: in first-frame and on-demand an
// object is confirmed when it starts.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "track/association.h"
#include "track/detection.h"
#include "track/lifecycle_settings.h"
#include "track/object_ids.h"

namespace sam2 {

struct FrameDetections {
  std::vector<Detection> found;
  bool has_detector_run = true;  // false: nothing is known, rather than nothing
                                 // there
  bool is_requested = false;     // kOnDemand: use those of this frame
};

// What the tracker says of one object on this frame.
struct TrackedObject {
  int64_t object_id = 0;
  MaskView mask;           // empty box if there is no pixel
  float object_score = 0;  // logit
  float predicted_iou = 0;
  double area_px = 0;  // of the mask, frame pixels
};

enum class ObjectStage { kProbation, kActive, kLost };

enum class LifecycleEvent {
  kStart,    // prompt the tracker for a new object with `box`; not shown yet
  kConfirm,  // show it
  kCorrect,  // prompt the tracker for the known object with `box`
  kHide,     // lost: do not show it; its memory is kept
  kResume,   // show it again; if there is a `box`, prompt the tracker with it
  kRemove,   // the tracker forgets it
};

enum class RemoveReason { kNone, kProbationFailed, kLostTooLong, kNoRoom };

struct LifecycleAction {
  LifecycleEvent event;
  int64_t object_id = 0;
  std::optional<BoxPx> box;  // frame pixels
  std::string label;         // the object's
  RemoveReason reason = RemoveReason::kNone;
};

// One stream's objects. Memory is bounded by max_objects. Thread-bound.
class ObjectLifecycle {
 public:
  // `ids` outlives it; others may draw from it on other threads. Error kSetting
  // for a value out of range.
  ObjectLifecycle(const LifecycleSettings &settings, ObjectIds &ids);
  ~ObjectLifecycle();
  ObjectLifecycle(const ObjectLifecycle &) = delete;
  ObjectLifecycle &operator=(const ObjectLifecycle &) = delete;

  // Once per frame, `frame` rising. An object missing in `tracked` was not
  // looked at: nothing is learnt about it. Objects in `tracked` that were not
  // started here (a user's) take room and keep detections from starting objects
  // on them, and are left alone otherwise: list them on every frame. Do what is
  // returned in its order.
  std::vector<LifecycleAction> update(
      int64_t frame, const FrameDetections &detections,
      const std::vector<TrackedObject> &tracked);

  // Whether update() would have a detection to use: with none and no objects
  // there is nothing to update.
  bool wants(int64_t frame, const FrameDetections &detections) const;
  bool is_empty() const { return objects_.empty(); }

  // None if there is no object with that id here.
  std::optional<ObjectStage> stage(int64_t object_id) const;

  // The object was removed by somebody else.
  void forget(int64_t object_id);

  // An id that no object has here, for one of somebody else, who keeps it.
  int64_t take_id();

  // The frames' size changes by these factors from the next one on.
  void rescale(double x_factor, double y_factor);

  // Forgets all objects. Ids count on, or start again (ObjectIds::restart).
  void reset(bool restarts_ids = false);

 private:
  struct Object;
  using Objects = std::vector<Object *>;

  void act(LifecycleEvent event, const Object &object,
           std::optional<BoxPx> box = std::nullopt);
  void remove(Object &object, RemoveReason reason);
  void sweep();
  void look_at(const std::vector<TrackedObject> &tracked);
  void see(Object &object);
  void lose(Object &object, bool needs_detection);
  bool is_visible(const TrackedObject &tracked) const;

  bool uses(int64_t frame, const FrameDetections &detections,
            bool has_usable) const;
  void use(std::vector<Detection> detections);
  void pair_in_sight(std::vector<Detection> &detections);
  void pair_lost(std::vector<Detection> &detections);
  void adopt(Object &object, const Detection &detection);
  void match(Object &object, const Detection &detection);
  void confirm_if_due(Object &object);
  void miss(Object &object);
  void count_disagreement(Object &object, const Detection &detection);
  bool is_taken(const BoxPx &box) const;
  bool make_room(float confidence);
  void start(const Detection &detection);
  int64_t next_id();

  LifecycleSettings settings_;
  ObjectIds &ids_;
  std::vector<std::unique_ptr<Object>> objects_;  // in the order of their start
  std::vector<BoxPx> foreign_;  // boxes of a user's objects on this frame
  size_t foreign_count_ = 0;
  int64_t frame_ = 0;
  std::optional<int64_t> last_used_;  // frame whose detections were used last
  std::vector<LifecycleAction> actions_;  // of this frame
};

}  // namespace sam2
