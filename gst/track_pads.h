// The pads of sam2track: what comes in waits in the queue, and the task of the
// source pad, the tracking thread, takes it out.
#pragma once

#include <gst/gst.h>

#include "track_element.h"

namespace sam2 {

void add_track_pad_templates(GstElementClass *element_class);

// Makes the two pads; their functions are called when `self` has its state.
void add_track_pads(GstSam2Track *self);

}  // namespace sam2
