// Video frames of any format as packed RGB pictures.
#pragma once

#include <gst/video/video.h>

#include <optional>

#include "base/geometry.h"
#include "gst_ptr.h"
#include "yuv_matrix.h"

namespace sam2 {

// Converts frames of one format to 8-bit RGB of the same size, matrix and range
// honoured. A sample of chroma of 8 bits counts for all pixels it covers, as
// where FFmpeg reads I420, so that a file gives the same picture here and
// there; other formats are interpolated by their chroma siting. RGB frames are
// not copied. Thread-bound.
class RgbFrame {
 public:
  // The format of the frames to come. Throws Error (kFormat) if GStreamer
  // cannot convert it.
  void set_format(const GstVideoInfo &info);

  // `frame` as RGB. The view lives until the next call or until `frame` is
  // unmapped. Throws std::bad_alloc.
  ImageView view(GstVideoFrame *frame);

 private:
  GstVideoInfo packed_info_;         // RGB, or AYUV for the matrix
  VideoConverterPtr converter_;      // before the matrix; null if not needed
  std::optional<YuvMatrix> matrix_;  // none if the converter's own will do
  BufferPtr scratch_;
};

}  // namespace sam2
