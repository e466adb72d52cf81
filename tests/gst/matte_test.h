// Frames for sam2matte and what it makes of them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "support/boxed_object.h"
#include "support/gst_test.h"

namespace sam2 {

inline constexpr int kMatteWidth = 40;
inline constexpr int kMatteHeight = 30;

// A frame and how to look into it.
class MattePicture {
 public:
  MattePicture(BufferPtr buffer, const GstVideoInfo &info)
      : buffer_(std::move(buffer)),
        info_(info),
        map_(std::make_unique<VideoFrameMap>(info_, buffer_.get(),
                                             GST_MAP_READ)) {}

  // Component `c` of the sample over a pixel: R, G, B, A or Y, U, V, A.
  int at(int x, int y, int c = 0) {
    GstVideoFrame *frame = map_->get();
    const GstVideoFormatInfo *format = info_.finfo;
    const auto *data =
        static_cast<const uint8_t *>(GST_VIDEO_FRAME_COMP_DATA(frame, c));
    return data[(y >> GST_VIDEO_FORMAT_INFO_H_SUB(format, c)) *
                    GST_VIDEO_FRAME_COMP_STRIDE(frame, c) +
                (x >> GST_VIDEO_FORMAT_INFO_W_SUB(format, c)) *
                    GST_VIDEO_FRAME_COMP_PSTRIDE(frame, c)];
  }
  GstBuffer *buffer() const { return buffer_.get(); }
  const GstVideoInfo &info() const { return info_; }
  std::string format() const {
    return gst_video_format_to_string(GST_VIDEO_INFO_FORMAT(&info_));
  }

 private:
  BufferPtr buffer_;
  GstVideoInfo info_;
  std::unique_ptr<VideoFrameMap> map_;
};

inline GstVideoInfo matte_info(const char *format, int width = kMatteWidth,
                               int height = kMatteHeight) {
  return video_info(gst_video_format_from_string(format), width, height);
}

// A frame in which no two neighbours are alike.
inline BufferPtr speckled_buffer(const GstVideoInfo &info) {
  BufferPtr buffer = video_buffer(info, 0);
  const BufferMap map(buffer.get(), GST_MAP_WRITE);
  for (size_t i = 0; i < map.size_bytes(); ++i)
    map.data()[i] = static_cast<uint8_t>(i * 37 + i / 64 * 11);
  return buffer;
}

// An object with the id 1 at (8, 6), 12 x 10 pixels.
inline BufferPtr with_object(BufferPtr buffer) {
  attach_objects(buffer.get(), {boxed_object(1, {8, 6, 12, 10})});
  return buffer;
}
inline bool is_in_object(int x, int y) {
  return x >= 8 && x < 20 && y >= 6 && y < 16;
}

inline MattePicture pushed_matte(GstHarness *harness, BufferPtr buffer) {
  BufferPtr out = push_and_pull(harness, std::move(buffer));
  const CapsPtr caps(gst_pad_get_current_caps(harness->sinkpad));
  GstVideoInfo info;
  gst_video_info_from_caps(&info, caps.get());
  return MattePicture(std::move(out), info);
}

inline MattePicture matte(const std::string &properties,
                          const GstVideoInfo &info, BufferPtr buffer) {
  const auto harness = video_harness("sam2matte " + properties, info);
  return pushed_matte(harness.get(), std::move(buffer));
}

inline ElementPtr matte_element(GstHarness *harness) {
  return ElementPtr(gst_harness_find_element(harness, "sam2matte"));
}

// The same frame before.
inline MattePicture speckled_picture(const GstVideoInfo &info) {
  return MattePicture(speckled_buffer(info), info);
}

}  // namespace sam2
