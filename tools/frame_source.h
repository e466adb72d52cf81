// Frames from a folder of pictures or from a video file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <opencv2/core/mat.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/geometry.h"

namespace sam2 {

struct VideoFrame {
  cv::Mat rgb;  // packed 8-bit RGB
  std::optional<int64_t> pts_ns;
  // What files made from this frame are called, without extension: the
  // picture's own name, or the frame's number in five digits.
  std::string name;

  ImageView view() const {
    return {rgb.data, rgb.cols, rgb.rows, static_cast<int64_t>(rgb.step)};
  }
};

// Thread-bound.
class FrameSource {
 public:
  virtual ~FrameSource() = default;

  // The next frame, or nothing at the end. Throws Error (kUnreadable) for a
  // picture that cannot be decoded.
  virtual std::optional<VideoFrame> next() = 0;

  // Number of frames, 0 if unknown. A video's is an estimate.
  virtual int64_t frame_count() const = 0;

  // False if next() gives no pts.
  virtual bool has_time() const = 0;
};

// The .jpg, .jpeg and .png files of a folder that exists, sorted by name with
// numbers in numerical order.
std::vector<std::filesystem::path> pictures_in(
    const std::filesystem::path &folder);

// Opens `path`. A folder gives its pictures_in(); its frames have a pts only
// if `folder_fps` > 0. Anything else is read as a video. Throws Error:
// kNotFound if there is nothing at `path`, kUnreadable for a folder without
// pictures and for a file that is no video.
std::unique_ptr<FrameSource> open_frame_source(const std::string &path,
                                               double folder_fps);

}  // namespace sam2
