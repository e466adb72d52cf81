// A video sink's window as a place to click on objects.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <mutex>

#include "prompt_desk.h"

namespace sam2 {

// Turns navigation events, in pixels of a frame, into prompts: the left mouse
// button marks the object, the right one what does not belong to it, key "n"
// goes on to a new object, "r" forgets all. Thread-safe.
class NavigationPrompts {
 public:
  // `desk` outlives this.
  explicit NavigationPrompts(PromptDesk &desk) : desk_(desk) {}

  // The event came to `source`, whose caps tell the frame's size. False if it
  // is none of these; also for a click outside the frame, and without caps.
  // Throws what PromptDesk throws.
  bool take(GstEvent *event, GstPad *source);

  // The next click is on a new object.
  void restart();

 private:
  bool take_key(GstEvent *event);
  bool take_button(GstEvent *event, GstPad *source);

  PromptDesk &desk_;
  std::mutex mutex_;  // guards object_id_; held while the desk is called
  int64_t object_id_ = kNewObject;
};

}  // namespace sam2
