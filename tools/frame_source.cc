#include "frame_source.h"

#include <glib.h>
#include <string.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>
#include <opencv2/videoio/registry.hpp>
#include <vector>

#include "base/error.h"

namespace sam2 {
namespace {

namespace fs = std::filesystem;

constexpr const char *kPictureExtensions[] = {".jpg", ".jpeg", ".png"};

cv::Mat rgb_from_bgr(const cv::Mat &bgr) {
  cv::Mat rgb;
  cv::cvtColor(bgr, rgb, cv::COLOR_BGR2RGB);
  return rgb;
}

std::string numbered_name(int64_t index) {
  char name[32];
  g_snprintf(name, sizeof name, "%05" G_GINT64_FORMAT, index);
  return name;
}

bool is_picture(const fs::path &path) {
  const std::string extension = path.extension().string();
  const auto matches = [&extension](const char *known) {
    return g_ascii_strcasecmp(extension.c_str(), known) == 0;
  };
  return std::any_of(std::begin(kPictureExtensions),
                     std::end(kPictureExtensions), matches);
}

class FolderSource : public FrameSource {
 public:
  FolderSource(std::vector<fs::path> pictures, double fps)
      : pictures_(std::move(pictures)), fps_(fps) {}

  std::optional<VideoFrame> next() override {
    if (index_ == pictures_.size()) return std::nullopt;
    const fs::path &path = pictures_[index_];
    const cv::Mat bgr = cv::imread(path.string(), cv::IMREAD_COLOR);
    if (bgr.empty()) {
      throw Error(ErrorCode::kUnreadable,
                  "Could not read the picture \"" + path.string() +
                      "\". Remove it or put a sound .jpg or .png in its "
                      "place.");
    }
    VideoFrame frame{rgb_from_bgr(bgr), std::nullopt, path.stem().string()};
    if (has_time()) {
      frame.pts_ns = std::llround(static_cast<double>(index_) * 1e9 / fps_);
    }
    ++index_;
    return frame;
  }

  int64_t frame_count() const override {
    return static_cast<int64_t>(pictures_.size());
  }

  bool has_time() const override { return fps_ > 0; }

 private:
  std::vector<fs::path> pictures_;
  double fps_;
  size_t index_ = 0;
};

// FFmpeg where OpenCV has it: its GStreamer reader writes complaints of its
// own to standard error about files that are no video.
int preferred_backend() {
  return cv::videoio_registry::hasBackend(cv::CAP_FFMPEG) ? cv::CAP_FFMPEG
                                                          : cv::CAP_ANY;
}

class VideoSource : public FrameSource {
 public:
  explicit VideoSource(const std::string &path)
      : capture_(path, preferred_backend()) {
    if (capture_.isOpened() && capture_.get(cv::CAP_PROP_FRAME_WIDTH) > 0) {
      return;
    }
    throw Error(ErrorCode::kUnreadable,
                "Could not read \"" + path +
                    "\" as a video. Give a video file or a folder of .jpg or "
                    ".png files.");
  }

  std::optional<VideoFrame> next() override {
    cv::Mat bgr;
    if (!capture_.read(bgr)) return std::nullopt;
    VideoFrame frame{rgb_from_bgr(bgr), pts_ns(), numbered_name(index_)};
    ++index_;
    return frame;
  }

  int64_t frame_count() const override {
    const double count = capture_.get(cv::CAP_PROP_FRAME_COUNT);
    return count > 0 ? static_cast<int64_t>(count) : 0;
  }

  bool has_time() const override { return true; }

 private:
  // Time of the frame just read.
  int64_t pts_ns() const {
    const double milliseconds = capture_.get(cv::CAP_PROP_POS_MSEC);
    if (milliseconds > 0 || index_ == 0) {
      return std::llround(std::max(milliseconds, 0.0) * 1e6);
    }
    // The container gives no times.
    const double fps = capture_.get(cv::CAP_PROP_FPS);
    return fps > 0 ? std::llround(static_cast<double>(index_) * 1e9 / fps) : 0;
  }

  cv::VideoCapture capture_;
  int64_t index_ = 0;
};

}  // namespace

std::vector<fs::path> pictures_in(const fs::path &folder) {
  std::vector<fs::path> pictures;
  for (const fs::directory_entry &entry : fs::directory_iterator(folder)) {
    if (is_picture(entry.path())) pictures.push_back(entry.path());
  }
  // "frame9" before "frame10".
  std::sort(pictures.begin(), pictures.end(),
            [](const fs::path &a, const fs::path &b) {
              return strverscmp(a.c_str(), b.c_str()) < 0;
            });
  return pictures;
}

std::unique_ptr<FrameSource> open_frame_source(const std::string &path,
                                               double folder_fps) {
  std::error_code code;
  if (!fs::exists(path, code)) {
    throw Error(ErrorCode::kNotFound,
                "There is no file or folder \"" + path +
                    "\". Give a video file or a folder of .jpg or .png "
                    "files.");
  }
  if (!fs::is_directory(path, code)) return std::make_unique<VideoSource>(path);
  std::vector<fs::path> pictures = pictures_in(path);
  if (pictures.empty()) {
    throw Error(ErrorCode::kUnreadable,
                "There is no picture in the folder \"" + path +
                    "\". Give a folder of .jpg or .png files.");
  }
  return std::make_unique<FolderSource>(std::move(pictures), folder_fps);
}

}  // namespace sam2
