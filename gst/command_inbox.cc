#include "command_inbox.h"

#include <utility>

namespace sam2 {

using Lock = std::lock_guard<std::mutex>;

namespace {

bool has_passed(GstClockTime stream_ns, const FrameTimes &taken) {
  return GST_CLOCK_TIME_IS_VALID(taken.stream_ns) &&
         (taken.is_backwards ? stream_ns >= taken.stream_ns
                             : stream_ns <= taken.stream_ns);
}

}  // namespace

CommandInbox::Posting CommandInbox::post(TrackCommand command,
                                         GstClockTime stream_ns) {
  const Lock lock(mutex_);
  if (commands_.size() >= kMostCommands) return Posting::kFull;
  if (GST_CLOCK_TIME_IS_VALID(stream_ns) && has_passed(stream_ns, taken_))
    return Posting::kLate;
  commands_.push_back(std::move(command));
  return Posting::kAccepted;
}

void CommandInbox::run(TrackSession &session, const FrameTimes &times) {
  std::vector<TrackCommand> commands;
  {
    const Lock lock(mutex_);
    commands.swap(commands_);
    if (GST_CLOCK_TIME_IS_VALID(times.stream_ns)) taken_ = times;
  }
  for (const TrackCommand &command : commands) command(session);
}

FrameTimes CommandInbox::taken() const {
  const Lock lock(mutex_);
  return taken_;
}

void CommandInbox::forget_times() {
  const Lock lock(mutex_);
  taken_ = {};
}

void CommandInbox::clear() {
  const Lock lock(mutex_);
  commands_.clear();
  taken_ = {};
}

}  // namespace sam2
