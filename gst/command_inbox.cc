#include "command_inbox.h"

#include <utility>

namespace sam2 {

using Lock = std::lock_guard<std::mutex>;

CommandInbox::Posting CommandInbox::post(TrackCommand command,
                                         GstClockTime stream_ns) {
  const Lock lock(mutex_);
  if (commands_.size() >= kMostCommands) return Posting::kFull;
  if (GST_CLOCK_TIME_IS_VALID(stream_ns) &&
      GST_CLOCK_TIME_IS_VALID(taken_ns_) && stream_ns <= taken_ns_)
    return Posting::kLate;
  commands_.push_back(std::move(command));
  return Posting::kAccepted;
}

void CommandInbox::run(TrackSession &session, GstClockTime stream_ns) {
  std::vector<TrackCommand> commands;
  {
    const Lock lock(mutex_);
    commands.swap(commands_);
    if (GST_CLOCK_TIME_IS_VALID(stream_ns)) taken_ns_ = stream_ns;
  }
  for (const TrackCommand &command : commands) command(session);
}

GstClockTime CommandInbox::taken_ns() const {
  const Lock lock(mutex_);
  return taken_ns_;
}

void CommandInbox::forget_times() {
  const Lock lock(mutex_);
  taken_ns_ = GST_CLOCK_TIME_NONE;
}

void CommandInbox::clear() {
  const Lock lock(mutex_);
  commands_.clear();
  taken_ns_ = GST_CLOCK_TIME_NONE;
}

}  // namespace sam2
