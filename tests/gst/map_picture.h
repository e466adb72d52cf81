// What sam2mask made.
#pragma once

#include "support/gst_test.h"

namespace sam2 {

struct MapPicture {
  BufferPtr buffer;
  GstVideoInfo info;
  int at(int x, int y) const {
    VideoFrameMap frame(info, buffer.get(), GST_MAP_READ);
    const auto *row = static_cast<const uint8_t *>(
                          GST_VIDEO_FRAME_PLANE_DATA(frame.get(), 0)) +
                      y * GST_VIDEO_FRAME_PLANE_STRIDE(frame.get(), 0);
    return GST_VIDEO_INFO_FORMAT(&info) == GST_VIDEO_FORMAT_GRAY8
               ? row[x]
               : GST_READ_UINT16_LE(row + 2 * x);
  }
};

}  // namespace sam2
