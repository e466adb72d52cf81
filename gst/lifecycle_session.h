// The objects of one stream that detections have started.
#pragma once

#include <cstdint>
#include <vector>

#include "auto_prompt.h"
#include "base/geometry.h"
#include "engine/engine.h"
#include "track/object_lifecycle.h"

namespace sam2 {

// Which ids the objects of detections get.
enum class IdResetMode {
  kContinue,  // an id is given once
  kRestart,   // after a flush they count from 1 again
  kReuse,     // the lowest id that is free
};

struct ObjectSettings {
  LifecycleSettings lifecycle;
  IdResetMode id_reset_mode = IdResetMode::kContinue;
  AutoPrompt auto_prompt = AutoPrompt::kNone;
};

// Brings ObjectLifecycle and a StreamTracker together: what the first decides,
// the second is told. Thread-bound.
class LifecycleSession {
 public:
  // `ids` outlives it. Throws Error (kSetting) for a value out of range.
  LifecycleSession(const ObjectSettings &settings, ObjectIds &ids);

  int max_objects() const { return max_objects_; }

  // The next frame and its detections; once per frame.
  void offer(FrameDetections detections, SizePx frame_size);
  // prompt-mode=on-demand: use those of the next frame that has any.
  void request() { is_requested_ = true; }
  bool has_objects() const { return !objects_.is_empty(); }
  // Whether the frame offered last has detections to use.
  bool has_detections() const { return has_detections_; }

  struct Changes {
    std::vector<Prompt> prompts;  // for the frame offered last
    std::vector<int64_t> removed;
  };
  // `result` is what `tracker` says of the frame offered last. Removed objects
  // go from both. Throws what StreamTracker throws.
  Changes update(FrameResult &result, StreamTracker &tracker);

  // Leaves nothing but the entry of objects that count as lost, and takes those
  // away that are on probation.
  void show(FrameResult &result) const;

  // An id for an object of somebody else.
  int64_t take_id() { return objects_.take_id(); }
  // Somebody else has removed the object.
  void forget(int64_t object_id) { objects_.forget(object_id); }

  // Forgets the objects and, if ids count anew, those that others have named.
  void reset();

 private:
  void know_nothing();  // of the next frame
  void act(const LifecycleAction &action, FrameResult &result,
           StreamTracker &tracker, Changes &changes);

  ObjectLifecycle objects_;
  int max_objects_;
  bool restarts_ids_;
  int64_t frame_ = -1;  // offered last
  SizePx frame_size_;
  FrameDetections detections_;
  bool has_detections_ = false;
  bool is_requested_ = false;
};

}  // namespace sam2
