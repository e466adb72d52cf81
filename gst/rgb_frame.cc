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
  matrix_.reset();
  if (GST_VIDEO_INFO_FORMAT(&info) == GST_VIDEO_FORMAT_RGB) return;
  const std::string name = GST_VIDEO_INFO_NAME(&info);
  if (GST_VIDEO_INFO_IS_YUV(&info)) matrix_ = YuvMatrix::of(info.colorimetry);
  const auto format = matrix_ ? GST_VIDEO_FORMAT_AYUV : GST_VIDEO_FORMAT_RGB;
  // The interlace mode must match or the converter refuses; it reads rows of
  // both fields alike, which is what the tracker wants.
  if (!gst_video_info_set_interlaced_format(
          &packed_info_, format, GST_VIDEO_INFO_INTERLACE_MODE(&info),
          GST_VIDEO_INFO_WIDTH(&info), GST_VIDEO_INFO_HEIGHT(&info)))
    throw Error(ErrorCode::kFormat,
                "Frames are too large to be converted. "
                "Put a videoscale in front.");
  packed_info_.fps_n = info.fps_n;
  packed_info_.fps_d = info.fps_d;
  if (matrix_) packed_info_.colorimetry = info.colorimetry;
  converter_ = new_converter(info, packed_info_);
  if (!converter_)
    throw Error(
        ErrorCode::kFormat,
        "Frames of the format " + name +
            " cannot be converted to RGB. Put a videoconvert in front.");
}

// Rows stay as far apart as they are.
void RgbFrame::apply_matrix(GstVideoFrame *frame) const {
  auto *row = static_cast<uint8_t *>(GST_VIDEO_FRAME_PLANE_DATA(frame, 0));
  for (int y = 0; y < GST_VIDEO_FRAME_HEIGHT(frame); ++y) {
    matrix_->apply(row, GST_VIDEO_FRAME_WIDTH(frame));
    row += GST_VIDEO_FRAME_PLANE_STRIDE(frame, 0);
  }
}

ImageView RgbFrame::view(GstVideoFrame *frame) {
  if (!converter_) return packed_view(*frame);
  if (!scratch_) {
    scratch_.reset(gst_buffer_new_allocate(
        nullptr, GST_VIDEO_INFO_SIZE(&packed_info_), nullptr));
    if (!scratch_) throw std::bad_alloc();
  }
  VideoFrameMap packed(packed_info_, scratch_.get(), GST_MAP_WRITE);
  if (!packed.is_mapped()) throw std::bad_alloc();
  gst_video_converter_frame(converter_.get(), frame, packed.get());
  if (matrix_) apply_matrix(packed.get());
  // System memory keeps its address after unmapping.
  return packed_view(*packed.get());
}

}  // namespace sam2
