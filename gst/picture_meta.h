// Which metadata of a frame is true for another picture of the same size.
#pragma once

#include <gst/gst.h>

namespace sam2 {

// Whether `meta` speaks of what the picture shows, where and which way up, or
// of nothing in particular: not of memory, colours or formats. Reentrant.
bool is_about_picture(const GstMeta *meta);

}  // namespace sam2
