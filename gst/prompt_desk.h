// Where users' wishes come in, by signal, event or mouse.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <cstdint>
#include <vector>

#include "command_inbox.h"
#include "io/prompt_text.h"

namespace sam2 {

// In place of an object's id: one that no object has had.
inline constexpr int64_t kNewObject = -1;

// Checks what is asked and passes it on to the tracking thread, which does it
// before the next frame. What turns out wrong only there, such as a box outside
// the picture, is a warning on the bus. Thread-safe. Functions throw Error
// (kSetting) for what is wrong in itself, and when too much waits.
class PromptDesk {
 public:
  // Both outlive the desk.
  PromptDesk(GstElement *element, CommandInbox &inbox);

  // Returns the object's id. Refuses a prompt for a frame that has been taken,
  // and what check() in the source says.
  int64_t add(TimedPrompt prompt);
  void remove_object(int64_t object_id);
  void clear_prompts();
  void reset();

  // New ids will be above `object_id`, which somebody else uses.
  void reserve_id(int64_t object_id);
  void reserve_ids(const std::vector<TimedPrompt> &prompts);
  void forget_ids() { next_id_ = 1; }

  // Posts a warning: the wish is not granted.
  void refuse(const Error &error) const noexcept;

 private:
  int64_t new_id();
  void post(TrackCommand command);

  GstElement *element_;
  CommandInbox &inbox_;
  std::atomic<int64_t> next_id_{1};
};

}  // namespace sam2
