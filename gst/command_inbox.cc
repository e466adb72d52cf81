#include "command_inbox.h"

#include <utility>

namespace sam2 {

using Lock = std::lock_guard<std::mutex>;

bool CommandInbox::post(TrackCommand command) {
  const Lock lock(mutex_);
  if (commands_.size() >= kMostCommands) return false;
  commands_.push_back(std::move(command));
  return true;
}

void CommandInbox::run(TrackSession &session) {
  std::vector<TrackCommand> commands;
  {
    const Lock lock(mutex_);
    commands.swap(commands_);
  }
  for (const TrackCommand &command : commands) command(session);
}

void CommandInbox::clear() {
  const Lock lock(mutex_);
  commands_.clear();
}

}  // namespace sam2
