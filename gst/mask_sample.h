// Masks from GStreamer's memory.
#pragma once

#include <gst/gst.h>

#include "io/mask_rle.h"

namespace sam2 {

// Every pixel but 0 of the GRAY8 picture in `sample` is object. Throws Error
// (kSetting) for another format, for a picture without object and for memory
// that is too small. Reentrant.
EncodedMask encode_mask_sample(GstSample *sample);

}  // namespace sam2
