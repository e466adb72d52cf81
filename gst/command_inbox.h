// What users ask of a tracker that runs on another thread.
#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <vector>

#include "track_session.h"

namespace sam2 {

// Runs on the tracking thread before the next frame. What it throws ends the
// stream with an error message: check what users say before.
using TrackCommand = std::function<void(TrackSession &)>;

// Commands that wait, in order. Thread-safe.
class CommandInbox {
 public:
  // False if kMostCommands wait already: nobody reads them, such as in a
  // pipeline that is paused.
  bool post(TrackCommand command);

  // Runs what waits, without a lock held.
  void run(TrackSession &session);

  void clear();

  static constexpr size_t kMostCommands = 4096;

 private:
  std::mutex mutex_;  // guards commands_
  std::vector<TrackCommand> commands_;
};

}  // namespace sam2
