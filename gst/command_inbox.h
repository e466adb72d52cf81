// What users ask of a tracker that runs on another thread.
#pragma once

#include <gst/gst.h>

#include <cstddef>
#include <functional>
#include <mutex>
#include <vector>

#include "track_session.h"

namespace sam2 {

// Runs on the tracking thread before the next frame. What it throws ends the
// stream with an error message: check what users say before, or leave it to
// TrackSession's refusals.
using TrackCommand = std::function<void(TrackSession &)>;

// Commands that wait, in order. Thread-safe.
class CommandInbox {
 public:
  enum class Posting {
    kAccepted,
    kFull,  // kMostCommands wait: nobody reads them, as in a paused pipeline
    kLate,  // the frame that the command is for has been taken
  };

  // `stream_ns`: a command for the first frame shown then or later (earlier if
  // the stream is played backwards); it runs before that frame is taken or not
  // at all. GST_CLOCK_TIME_NONE = the next.
  Posting post(TrackCommand command,
               GstClockTime stream_ns = GST_CLOCK_TIME_NONE);

  // Takes the frame with these times: runs what waits, without a lock held.
  void run(TrackSession &session, const FrameTimes &times);

  // Of the latest frame taken that has a stream time; none if there is none.
  FrameTimes taken() const;
  // Other times are to come, as after a flush.
  void forget_times();

  void clear();

  static constexpr size_t kMostCommands = 4096;

 private:
  mutable std::mutex mutex_;  // guards all that follows
  std::vector<TrackCommand> commands_;
  FrameTimes taken_;
};

}  // namespace sam2
