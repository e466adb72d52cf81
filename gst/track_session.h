// One stream's tracker with its prompts and the times of its objects.
#pragma once

#include <gst/gst.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "analytics_meta.h"
#include "engine/engine.h"
#include "io/prompt_text.h"

namespace sam2 {

// When a frame is shown, GST_CLOCK_TIME_NONE where unknown.
struct FrameTimes {
  GstClockTime stream_ns = GST_CLOCK_TIME_NONE;
  GstClockTime running_ns = GST_CLOCK_TIME_NONE;
};

struct TrackedFrame {
  FrameResult result;
  std::vector<SeenTimes> times;  // one per object of `result`
};

// Thread-bound. Functions throw what StreamTracker throws.
class TrackSession {
 public:
  TrackSession(const Engine &engine, const TrackerSettings &settings);

  // Replaces the prompts. Prompts without a time are due at the next frame,
  // others at the first frame whose stream time is not smaller than theirs; a
  // frame without stream time is never theirs. Objects stay; a prompt for one
  // of them corrects it.
  void set_prompts(std::vector<TimedPrompt> prompts);

  // Whether track() would do anything with a frame shown at `times`.
  bool has_work(const FrameTimes &times) const;

  // The next frame, encoded by the engine given. Throws Error (kSetting) for a
  // prompt outside the frame, (kNotFound, kUnreadable) for a prompt's mask
  // file.
  TrackedFrame track(const std::shared_ptr<const EncodedImage> &frame,
                     const FrameTimes &times);

  // Forgets the objects and takes all prompts up again, as if newly set.
  void reset();

 private:
  bool is_due(const TimedPrompt &prompt, const FrameTimes &times) const;
  void add_due_prompts(SizePx frame_size, const FrameTimes &times);
  SeenTimes update_seen(const ObjectResult &object, GstClockTime now_ns);

  std::unique_ptr<StreamTracker> tracker_;
  std::vector<TimedPrompt> prompts_;
  std::vector<TimedPrompt> pending_;
  bool has_objects_ = false;
  std::map<int64_t, SeenTimes> seen_;  // by object id
};

}  // namespace sam2
