#include "rgb_frame.h"

#include <cstddef>
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

// Whether the matrix finds the samples of such frames where they are. Fields
// have rows of chroma of their own: their frames are the converter's.
bool is_read_directly(const GstVideoInfo &info) {
  constexpr int kNotBytes = GST_VIDEO_FORMAT_FLAG_COMPLEX |
                            GST_VIDEO_FORMAT_FLAG_TILED |
                            GST_VIDEO_FORMAT_FLAG_PALETTE;
  const GstVideoFormatInfo *format = info.finfo;
  const bool has_lone_rows = format->h_sub[1] == 0;
  return format->bits == 8 && !(format->flags & kNotBytes) &&
         format->n_components >= 3 && format->w_sub[1] <= 1 &&
         (has_lone_rows || GST_VIDEO_INFO_INTERLACE_MODE(&info) ==
                               GST_VIDEO_INTERLACE_MODE_PROGRESSIVE);
}

const uint8_t *component_row(const GstVideoFrame &frame, int component, int y) {
  const auto *first = static_cast<const uint8_t *>(
      GST_VIDEO_FRAME_COMP_DATA(&frame, component));
  const int row = y >> frame.info.finfo->h_sub[component];
  return first +
         ptrdiff_t{1} * row * GST_VIDEO_FRAME_COMP_STRIDE(&frame, component);
}

YuvRow yuv_row(const GstVideoFrame &frame, int y) {
  YuvRow row;
  row.luma = component_row(frame, 0, y);
  row.u = component_row(frame, 1, y);
  row.v = component_row(frame, 2, y);
  row.luma_step_bytes = GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, 0);
  row.chroma_step_bytes = GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, 1);
  row.chroma_shift = static_cast<int>(frame.info.finfo->w_sub[1]);
  return row;
}

// Into the first plane of `target`, whose rows stay as far apart as they are.
void apply(const YuvMatrix &matrix, const GstVideoFrame &source,
           GstVideoFrame *target) {
  auto *rgb = static_cast<uint8_t *>(GST_VIDEO_FRAME_PLANE_DATA(target, 0));
  for (int y = 0; y < GST_VIDEO_FRAME_HEIGHT(&source); ++y) {
    matrix.apply(yuv_row(source, y), GST_VIDEO_FRAME_WIDTH(&source), rgb);
    rgb += GST_VIDEO_FRAME_PLANE_STRIDE(target, 0);
  }
}

}  // namespace

void RgbFrame::set_format(const GstVideoInfo &info) {
  converter_.reset();
  scratch_.reset();
  matrix_.reset();
  if (GST_VIDEO_INFO_FORMAT(&info) == GST_VIDEO_FORMAT_RGB) return;
  const std::string name = GST_VIDEO_INFO_NAME(&info);
  if (GST_VIDEO_INFO_IS_YUV(&info)) matrix_ = YuvMatrix::of(info.colorimetry);
  const bool is_direct = matrix_ && is_read_directly(info);
  const auto format =
      matrix_ && !is_direct ? GST_VIDEO_FORMAT_AYUV : GST_VIDEO_FORMAT_RGB;
  // The interlace mode must match or the converter refuses; it reads rows of
  // both fields alike, which is what the tracker wants.
  if (!gst_video_info_set_interlaced_format(
          &packed_info_, format, GST_VIDEO_INFO_INTERLACE_MODE(&info),
          GST_VIDEO_INFO_WIDTH(&info), GST_VIDEO_INFO_HEIGHT(&info)))
    throw Error(ErrorCode::kFormat,
                "Frames are too large to be converted. "
                "Put a videoscale in front.");
  if (is_direct) return;
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

ImageView RgbFrame::view(GstVideoFrame *frame) {
  if (!converter_ && !matrix_) return packed_view(*frame);
  if (!scratch_) {
    scratch_.reset(gst_buffer_new_allocate(
        nullptr, GST_VIDEO_INFO_SIZE(&packed_info_), nullptr));
    if (!scratch_) throw std::bad_alloc();
  }
  VideoFrameMap packed(packed_info_, scratch_.get(), GST_MAP_WRITE);
  if (!packed.is_mapped()) throw std::bad_alloc();
  if (converter_)
    gst_video_converter_frame(converter_.get(), frame, packed.get());
  if (matrix_)
    apply(*matrix_, converter_ ? *packed.get() : *frame, packed.get());
  // System memory keeps its address after unmapping.
  return packed_view(*packed.get());
}

}  // namespace sam2
