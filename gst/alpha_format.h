// Formats with alpha and their counterparts without.
#pragma once

#include <gst/video/video.h>

#include "gst_ptr.h"
#include "object_masks.h"

namespace sam2 {

// The format that has `format`'s components in the same arrangement and alpha;
// `format` itself if it has alpha, GST_VIDEO_FORMAT_UNKNOWN if there is none.
// Reentrant, like all here.
GstVideoFormat with_alpha(GstVideoFormat format);

// What raw video `caps` become when alpha is added, and what they may have been
// before; the rest of the caps stays. Formats with alpha come first.
CapsPtr caps_with_alpha(const GstCaps *caps);
CapsPtr caps_before_alpha(const GstCaps *caps);

// Copies `box` of `input` into `output`, whose format is with_alpha() of the
// input's, opaque if the input has no alpha. `box` is as HiddenArea aligns it.
void copy_with_alpha(GstVideoFrame *input, GstVideoFrame *output,
                     const RectPx &box);

}  // namespace sam2
