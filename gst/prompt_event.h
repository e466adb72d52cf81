// The custom event "sam2-prompt".
#pragma once

#include <gst/gst.h>

#include "prompt_desk.h"

namespace sam2 {

inline constexpr const char *kPromptEvent = "sam2-prompt";

// Sticky ones are not: they would come again.
bool is_prompt_event(GstEvent *event);

// Passes on what the event asks, in these fields of its structure:
//
//   object-id    integer; missing or -1 = a new object
//   label        string
//   box          GST_TYPE_ARRAY of 4 numbers: x, y, width, height
//   points       GST_TYPE_ARRAY of numbers: x, y, x, y, ...
//   labels       GST_TYPE_ARRAY of integers, one per point: 1 = on the object,
//                0 = not; missing = all on it
//   mask         GstSample, GRAY8: 0 = not the object
//   stream-time  integer, nanoseconds: for the first frame shown then or later;
//                missing = the next frame
//   remove       boolean: forget the object instead
//   text         string, prompts as in the property; alone
//
// Lengths are pixels of the incoming frame, integers or doubles. Another field,
// another type and what PromptDesk refuses is a warning, and false.
bool obey_prompt_event(GstElement *element, GstEvent *event, PromptDesk &desk);

}  // namespace sam2
