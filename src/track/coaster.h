// Objects on frames that are not inferred.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "track/kalman_filter.h"
#include "track/moved_mask.h"
#include "track/plane_map.h"
#include "track/skipped_frames.h"
#include "track/track_result.h"

namespace sam2 {

class StateScope;

struct CoastSettings {
  SkippedFrames skipped_frames = SkippedFrames::kMotion;
  // After so many skipped frames in a row there are no objects any more;
  // 0 = no limit.
  int max_coast_frames = 30;
  // A pixel belongs to one object at most, that with the larger score.
  bool is_non_overlap = false;
};

// Follows the results of one stream and says where the objects are on frames
// that are skipped. Each object has a constant-velocity Kalman filter of its
// box in pixels of the latest frame; it steps with every frame, tracked or
// skipped, and takes in the boxes of tracked ones. Holds the latest tracked
// result and some numbers an object. Thread-bound.
class Coaster {
 public:
  explicit Coaster(const CoastSettings &settings) : settings_(settings) {}

  // A user says where the object is on the next tracked frame. If that is
  // apart from where it was going, its motion starts again.
  void prompt(int64_t object_id);

  // The next frame, tracked. `camera` takes pixels of the former frame to
  // pixels of this one. Objects that are not in `result` are forgotten.
  void track(const FrameResult &result, const PlaneMap &camera);

  // The next frame, skipped: each object of the latest tracked frame as the
  // settings say, marked coasted. Scores and times are those of the tracked
  // frame. An object that was lost there stays lost; one that leaves the
  // picture is lost from there on. Masks follow a change of the frame's size.
  // The result's frame_index is for the caller to set.
  FrameResult coast(SizePx frame_size, const PlaneMap &camera);

  // What was seen of an object on the latest tracked frame is another thing: a
  // late prompt has said so. A new object comes last, at rest; a known one
  // keeps its motion if it is about where it was. Only after a tracked frame.
  void correct(const ObjectResult &seen);

  void remove_object(int64_t object_id);
  void reset();
  // Skipped in a row until now.
  int64_t coasted_frames() const { return coasted_frames_; }

  // Saves or restores; the settings are no part of the state.
  void visit(const StateScope &scope);

 private:
  struct Object {
    ObjectResult seen;  // on the latest tracked frame, without the mask
    CutOut cut;
    std::optional<KalmanFilter> filter;  // none while the object is lost
    PlaneMap motion;                     // since the latest tracked frame
    bool is_prompted = false;
  };
  Object *find(int64_t object_id);
  void step(SizePx frame_size, const PlaneMap &camera);
  std::optional<KalmanFilter> updated_filter(const ObjectResult &seen);
  CutOut placed(const Object &object) const;
  void visit(const StateScope &scope, Object &object) const;

  CoastSettings settings_;
  std::vector<Object> objects_;
  SizePx tracked_size_;
  SizePx frame_size_;  // of the latest frame
  int64_t coasted_frames_ = 0;
};

}  // namespace sam2
