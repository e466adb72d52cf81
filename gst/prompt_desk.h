// Where users' wishes come in, by signal, event or mouse.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <vector>

#include "command_inbox.h"
#include "io/prompt_text.h"
#include "track/object_ids.h"

namespace sam2 {

// In place of an object's id: one that no object has had.
inline constexpr int64_t kNewObject = -1;

// Checks what is asked and passes it on to the tracking thread, which does it
// before the next frame. What turns out wrong only there, such as a box outside
// the picture, is a warning on the bus. Thread-safe. Functions throw Error
// (kSetting) for what is wrong in itself, and when too much waits.
class PromptDesk {
 public:
  // All outlive the desk.
  PromptDesk(GstElement *element, CommandInbox &inbox, ObjectIds &ids);

  // Returns the object's id. Refuses a prompt for a frame that has been taken,
  // and what check() in the source says.
  int64_t add(TimedPrompt prompt);
  void remove_object(int64_t object_id);
  void clear_prompts();
  void reset();

  // New objects get other ids than those of `prompts`.
  void reserve_ids(const std::vector<TimedPrompt> &prompts);

  // Posts a warning: the wish is not granted.
  void refuse(const Error &error) const noexcept;

 private:
  void post(TrackCommand command);

  GstElement *element_;
  CommandInbox &inbox_;
  ObjectIds &ids_;
};

}  // namespace sam2
