#include "plane_view.h"

namespace sam2 {

int PlaneView::alpha_byte() const {
  for (int i = 0; i < step_bytes; ++i)
    if (components[static_cast<size_t>(i)] == kAlphaComponent) return i;
  return -1;
}

PlaneView plane_view(GstVideoFrame *frame, int index) {
  const GstVideoFormatInfo *format = frame->info.finfo;
  PlaneView view;
  view.data = static_cast<uint8_t *>(GST_VIDEO_FRAME_PLANE_DATA(frame, index));
  view.stride_bytes = GST_VIDEO_FRAME_PLANE_STRIDE(frame, index);
  for (int i = 0; i < static_cast<int>(format->n_components); ++i) {
    if (static_cast<int>(format->plane[i]) != index) continue;
    view.components[format->poffset[i]] = i;
    view.step_bytes = GST_VIDEO_FRAME_COMP_PSTRIDE(frame, i);
    view.width = GST_VIDEO_FRAME_COMP_WIDTH(frame, i);
    view.height = GST_VIDEO_FRAME_COMP_HEIGHT(frame, i);
    view.x_shift = static_cast<int>(GST_VIDEO_FORMAT_INFO_W_SUB(format, i));
    view.y_shift = static_cast<int>(GST_VIDEO_FORMAT_INFO_H_SUB(format, i));
  }
  view.is_cosited = view.x_shift == 1 && (frame->info.chroma_site &
                                          GST_VIDEO_CHROMA_SITE_H_COSITED) != 0;
  return view;
}

}  // namespace sam2
