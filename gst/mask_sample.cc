#include "mask_sample.h"

#include <gst/video/video.h>

#include <algorithm>
#include <string>

#include "base/error.h"
#include "gst_ptr.h"

namespace sam2 {
namespace {

GstVideoInfo grey_info(GstSample *sample) {
  GstVideoInfo info;
  const GstCaps *caps = sample ? gst_sample_get_caps(sample) : nullptr;
  if (!caps || !gst_video_info_from_caps(&info, caps) ||
      GST_VIDEO_INFO_FORMAT(&info) != GST_VIDEO_FORMAT_GRAY8) {
    const CharPtr found(caps ? gst_caps_to_string(caps) : g_strdup("no caps"));
    throw Error(ErrorCode::kSetting,
                std::string("The mask has ") + found.get() +
                    ". Give a sample with video/x-raw, format=GRAY8, width "
                    "and height.");
  }
  return info;
}

}  // namespace

EncodedMask encode_mask_sample(GstSample *sample) {
  GstVideoInfo info = grey_info(sample);
  MaskImage mask{GST_VIDEO_INFO_WIDTH(&info), GST_VIDEO_INFO_HEIGHT(&info), {}};
  if (mask.width > kMaxRleSidePx || mask.height > kMaxRleSidePx)
    throw Error(ErrorCode::kSetting,
                "The mask is " + std::to_string(mask.width) + "x" +
                    std::to_string(mask.height) + ". Give one of at most " +
                    std::to_string(kMaxRleSidePx) + " pixels a side.");
  GstBuffer *buffer = gst_sample_get_buffer(sample);
  if (!buffer)
    throw Error(ErrorCode::kSetting,
                "The mask's sample has no buffer. Give one with the pixels.");
  // Rows without padding are what other programs have.
  const gsize packed_bytes = gsize(mask.width) * gsize(mask.height);
  if (gst_buffer_get_size(buffer) == packed_bytes) {
    GST_VIDEO_INFO_PLANE_STRIDE(&info, 0) = mask.width;
    info.size = packed_bytes;
  }
  VideoFrameMap map(info, buffer, GST_MAP_READ);
  if (!map.is_mapped())
    throw Error(ErrorCode::kSetting,
                "The mask's memory is too small for its size, or cannot be "
                "read. Give one byte a pixel.");
  const int stride_bytes = GST_VIDEO_FRAME_PLANE_STRIDE(map.get(), 0);
  const auto *row =
      static_cast<const uint8_t *>(GST_VIDEO_FRAME_PLANE_DATA(map.get(), 0));
  for (int y = 0; y < mask.height; ++y, row += stride_bytes)
    mask.pixels.insert(mask.pixels.end(), row, row + mask.width);
  if (std::all_of(mask.pixels.begin(), mask.pixels.end(),
                  [](uint8_t value) { return value == 0; }))
    throw Error(ErrorCode::kSetting,
                "The mask is empty. Make the pixels of the object other than "
                "0.");
  const BoxPx whole{0, 0, static_cast<float>(mask.width),
                    static_cast<float>(mask.height)};
  return {{mask.width, mask.height},
          encode_runs(mask, whole, {mask.width, mask.height})};
}

}  // namespace sam2
