// The signals of sam2track, and the messages that say the same.
#pragma once

#include <gst/gst.h>

#include "gst_ptr.h"
#include "object_watch.h"
#include "prompt_desk.h"

namespace sam2 {

// The desk of the element `track`; sam2track.cc has it.
PromptDesk &prompt_desk(gpointer track);

void install_track_signals(GObjectClass *object_class);

// Emits "object-lost" or "object-found" and posts the message
// "sam2-object-lost" or "sam2-object-found". Handlers run in this call: hold no
// lock.
void announce(GstElement *track, const ObjectChange &change,
              GstClockTime running_ns);

// Emits "memory-pressure", "degraded" or "stats" with `facts`, a structure of
// that name behind "sam2-", and posts the same as a message. Hold no lock.
void announce(GstElement *track, StructurePtr facts);

}  // namespace sam2
