// One stream's tracker with its prompts and the times of its objects.
#pragma once

#include <gst/gst.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "analytics_meta.h"
#include "base/error.h"
#include "engine/engine.h"
#include "io/prompt_text.h"
#include "lifecycle_session.h"

namespace sam2 {

// When a frame is shown, GST_CLOCK_TIME_NONE where unknown.
struct FrameTimes {
  GstClockTime stream_ns = GST_CLOCK_TIME_NONE;
  GstClockTime running_ns = GST_CLOCK_TIME_NONE;
  int64_t frame_index = 0;    // of the frames that came since start or flush
  bool is_backwards = false;  // the stream is played so: times fall
};

struct TrackedFrame {
  FrameResult result;
  std::vector<SeenTimes> times;  // one per object of `result`
};

// Thread-bound. Functions throw what StreamTracker throws.
class TrackSession {
 public:
  // Told why something that was asked is not done.
  using OnRefusal = std::function<void(const Error &)>;

  // `ids` outlives it.
  TrackSession(std::shared_ptr<const Engine> engine,
               const TrackerSettings &settings, ObjectIds &ids,
               const ObjectSettings &object_settings = {},
               OnRefusal on_refusal = {});

  // Replaces the prompts. Prompts without a time are due at the next frame,
  // others at the first frame whose stream time, or number, is not smaller than
  // theirs, or whose time is not larger in a stream that is played backwards; a
  // frame without stream time is never theirs. Objects stay; a prompt
  // for one of them corrects it.
  void set_prompts(std::vector<TimedPrompt> prompts);

  // What users ask for meanwhile. A mistake is a refusal, not an exception.
  //
  // One more prompt, used once: a reset forgets it.
  void ask(TimedPrompt prompt);
  // Forgets the object and the prompts that wait for it.
  void remove_object(int64_t object_id);
  // Forgets all prompts that wait and those that a reset would take up again.
  void clear_prompts();

  // The next frame and what a detector has found on it; once per frame, before
  // the functions that follow.
  void offer(FrameDetections detections, SizePx frame_size);
  // See LifecycleSession::request.
  void request_detections() { lifecycle_.request(); }
  // Whether objects come and go with detections: they want one frame after the
  // other.
  bool follows_detections() const { return lifecycle_.has_objects(); }

  // Whether track() would do anything with a frame shown at `times`.
  bool has_work(const FrameTimes &times) const;

  // The next frame, encoded by the engine given. Throws Error if one of
  // set_prompts() is of no use on the first frame that is ever tracked:
  // (kSetting) if it is outside the frame, (kNotFound, kUnreadable) for its
  // mask file. Later that is a refusal, for nobody wants a stream to end for
  // it. After kNoMemory the same frame may be tracked again, or coasted:
  // nothing is done twice, no prompt is lost but those of detections.
  TrackedFrame track(const std::shared_ptr<const EncodedImage> &frame,
                     const FrameTimes &times);

  // Whether a prompt is for a frame shown at `times`.
  bool has_prompts(const FrameTimes &times) const;
  // The next frame, not inferred: see StreamTracker::skip. Prompts wait. A
  // frame whose detections alone could not be followed is as it was tracked.
  TrackedFrame coast(const ImageView &frame, const FrameTimes &times);
  // Goes on with another engine. Objects start again from the masks they would
  // have on the next frame, of that size; prompts wait as before. Uses nothing
  // of the former engine but what it holds on the host.
  void move_to(std::shared_ptr<const Engine> engine, SizePx frame_size);

  // See StreamTracker.
  void set_effort(const TrackerEffort &effort) { tracker_->set_effort(effort); }
  TrackerEffort effort() const { return tracker_->effort(); }
  bool can_spill_bank() const { return tracker_->can_spill_bank(); }
  size_t object_count() const { return object_ids_.size(); }

  // See StreamTracker::look_at.
  void look_at(const ImageView &picture);

  // See StreamTracker::bank_occupancy.
  BankOccupancy bank_occupancy() const { return tracker_->bank_occupancy(); }

  // Forgets the objects and takes all prompts up again, as if newly set.
  void reset();

 private:
  // A frame that has been tracked, while its detections are followed.
  struct Unfinished {
    FrameResult result;
    std::vector<Prompt> prompts;  // of detections, for this frame
  };
  void take_up_prompts();
  void start(const std::shared_ptr<const EncodedImage> &frame,
             const FrameTimes &times);
  bool has_auto_prompt() const {
    return is_first_frame_ && auto_prompt_ != AutoPrompt::kNone;
  }
  bool has_room_for(int64_t object_id) const;
  void add(const TimedPrompt &timed, SizePx frame_size);
  void give(const Prompt &prompt);
  void add_auto_prompts(const std::shared_ptr<const EncodedImage> &frame);
  void follow_detections();
  TrackedFrame finish(const FrameTimes &times);
  // Who is there, and since when.
  void take_down(const FrameResult &result, GstClockTime now_ns);
  void try_asked(const TimedPrompt &timed, SizePx frame_size);
  void refuse(const Error &error) const;
  TrackedFrame with_times(FrameResult result, GstClockTime now_ns);
  SeenTimes update_seen(const ObjectResult &object, GstClockTime now_ns);

  std::shared_ptr<const Engine> engine_;
  TrackerSettings settings_;
  std::unique_ptr<StreamTracker> tracker_;
  ObjectIds &ids_;
  std::vector<Prompt> given_;  // to the tracker, for the next frame it tracks
  LifecycleSession lifecycle_;
  std::vector<TimedPrompt> prompts_;
  std::vector<TimedPrompt> pending_;  // of prompts_
  std::vector<TimedPrompt> asked_;
  AutoPrompt auto_prompt_;
  std::optional<Unfinished> unfinished_;
  bool is_first_frame_ = true;  // of those that were tracked since a reset
  bool has_tracked_ = false;    // ever
  OnRefusal on_refusal_;
  std::set<int64_t> object_ids_;       // that the tracker has or waits for
  std::map<int64_t, SeenTimes> seen_;  // by object id
};

}  // namespace sam2
