// Video frames of any format as packed RGB pictures.
#pragma once

#include <gst/video/video.h>

#include "base/geometry.h"
#include "gst_ptr.h"

namespace sam2 {

// Converts frames of one format to 8-bit RGB of the same size, colorimetry
// honoured (matrix, range, chroma siting). RGB frames are not copied.
// Thread-bound.
class RgbFrame {
 public:
  // The format of the frames to come. Throws Error (kFormat) if GStreamer
  // cannot convert it.
  void set_format(const GstVideoInfo &info);

  // `frame` as RGB. The view lives until the next call or until `frame` is
  // unmapped. Throws std::bad_alloc.
  ImageView view(GstVideoFrame *frame);

 private:
  GstVideoInfo rgb_info_;
  VideoConverterPtr converter_;  // null if frames are RGB already
  BufferPtr scratch_;
};

}  // namespace sam2
