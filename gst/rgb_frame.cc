#include "rgb_frame.h"

#include <new>
#include <string>

#include "base/error.h"

namespace sam2 {
namespace {

ImageView packed_view(const GstVideoFrame &frame) {
  ImageView view;
  view.data =
      static_cast<const uint8_t *>(GST_VIDEO_FRAME_PLANE_DATA(&frame, 0));
  view.width = GST_VIDEO_FRAME_WIDTH(&frame);
  view.height = GST_VIDEO_FRAME_HEIGHT(&frame);
  view.stride_bytes = GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0);
  return view;
}

VideoConverterPtr new_converter(const GstVideoInfo &from,
                                const GstVideoInfo &to) {
  // Dithering would add noise that depends on the position.
  GstStructure *options = gst_structure_new(
      "options", GST_VIDEO_CONVERTER_OPT_DITHER_METHOD,
      GST_TYPE_VIDEO_DITHER_METHOD, GST_VIDEO_DITHER_NONE, nullptr);
  return VideoConverterPtr(gst_video_converter_new(&from, &to, options));
}

}  // namespace

void RgbFrame::set_format(const GstVideoInfo &info) {
  converter_.reset();
  scratch_.reset();
  if (GST_VIDEO_INFO_FORMAT(&info) == GST_VIDEO_FORMAT_RGB) return;
  const std::string name = GST_VIDEO_INFO_NAME(&info);
  // The interlace mode must match or the converter refuses; it reads rows of
  // both fields alike, which is what the tracker wants.
  if (!gst_video_info_set_interlaced_format(
          &rgb_info_, GST_VIDEO_FORMAT_RGB,
          GST_VIDEO_INFO_INTERLACE_MODE(&info), GST_VIDEO_INFO_WIDTH(&info),
          GST_VIDEO_INFO_HEIGHT(&info)))
    throw Error(ErrorCode::kFormat,
                "Frames are too large to be converted. "
                "Put a videoscale in front.");
  rgb_info_.fps_n = info.fps_n;
  rgb_info_.fps_d = info.fps_d;
  converter_ = new_converter(info, rgb_info_);
  if (!converter_)
    throw Error(
        ErrorCode::kFormat,
        "Frames of the format " + name +
            " cannot be converted to RGB. Put a videoconvert in front.");
}

ImageView RgbFrame::view(GstVideoFrame *frame) {
  if (!converter_) return packed_view(*frame);
  if (!scratch_) {
    scratch_.reset(gst_buffer_new_allocate(
        nullptr, GST_VIDEO_INFO_SIZE(&rgb_info_), nullptr));
    if (!scratch_) throw std::bad_alloc();
  }
  VideoFrameMap rgb(rgb_info_, scratch_.get(), GST_MAP_WRITE);
  if (!rgb.is_mapped()) throw std::bad_alloc();
  gst_video_converter_frame(converter_.get(), frame, rgb.get());
  // System memory keeps its address after unmapping.
  return packed_view(*rgb.get());
}

}  // namespace sam2
