// Video frames of any format as packed RGB pictures.
#pragma once

#include <gst/video/video.h>

#include <optional>

#include "base/geometry.h"
#include "gst_ptr.h"
#include "yuv_matrix.h"

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
  void apply_matrix(GstVideoFrame *frame) const;

  GstVideoInfo packed_info_;         // RGB, or AYUV for the matrix
  VideoConverterPtr converter_;      // null if frames are RGB already
  std::optional<YuvMatrix> matrix_;  // none if the converter's own will do
  BufferPtr scratch_;
};

}  // namespace sam2
