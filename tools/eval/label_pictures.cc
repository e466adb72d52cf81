#include "eval/label_pictures.h"

#include <png.h>

#include <algorithm>
#include <array>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "base/error.h"
#include "eval/first_frame_prompts.h"

namespace sam2 {
namespace {

constexpr int kPaletteColours = 256;
constexpr int kPanelWidthPx = 480;
constexpr int kCaptionHeightPx = 26;
constexpr int kMaxColumns = 3;
constexpr int kGapPx = 4;

const cv::Scalar kTruthBgr(60, 220, 60);
const cv::Scalar kPredictedBgr(255, 0, 255);

[[noreturn]] void refuse_to_write(const std::string &path) {
  throw Error(ErrorCode::kSetting,
              "Could not write \"" + path +
                  "\". Choose a folder that may be written to and has room.");
}

cv::Mat shrunk_labels(const LabelMap &map, cv::Size size) {
  // OpenCV only reads from it.
  const cv::Mat labels(map.height, map.width, CV_8UC1,
                       const_cast<uint8_t *>(map.labels.data()));
  cv::Mat shrunk;
  cv::resize(labels, shrunk, size, 0, 0, cv::INTER_NEAREST);
  return shrunk;
}

// True outlines lie inside the object and predicted ones outside, so that both
// are seen where they agree.
void draw_outlines(const LabelMap &truth, const LabelMap &predicted,
                   cv::Mat *bgr) {
  const cv::Mat element = cv::Mat::ones(5, 5, CV_8UC1);
  const cv::Mat true_labels = shrunk_labels(truth, bgr->size());
  const cv::Mat predicted_labels = shrunk_labels(predicted, bgr->size());
  for (const int label : object_labels(truth)) {
    const cv::Mat mask = true_labels == label;
    cv::Mat inner;
    cv::erode(mask, inner, element);
    bgr->setTo(kTruthBgr, mask & ~inner);
  }
  for (const int label : object_labels(predicted)) {
    const cv::Mat mask = predicted_labels == label;
    cv::Mat outer;
    cv::dilate(mask, outer, element);
    bgr->setTo(kPredictedBgr, outer & ~mask);
  }
}

}  // namespace

cv::Vec3b label_colour(int label) {
  cv::Vec3b rgb(0, 0, 0);
  for (int bit = 7; label != 0; --bit, label >>= 3) {
    for (int channel = 0; channel < 3; ++channel) {
      rgb[channel] |= static_cast<uint8_t>(((label >> channel) & 1) << bit);
    }
  }
  return rgb;
}

void write_indexed_png(const std::string &path, const LabelMap &map) {
  std::array<uint8_t, 3 * kPaletteColours> palette{};
  for (int label = 0; label < kPaletteColours; ++label) {
    const cv::Vec3b rgb = label_colour(label);
    std::copy(rgb.val, rgb.val + 3, palette.begin() + 3 * label);
  }
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(map.width);
  image.height = static_cast<png_uint_32>(map.height);
  image.format = PNG_FORMAT_RGB_COLORMAP;
  image.colormap_entries = kPaletteColours;
  if (png_image_write_to_file(&image, path.c_str(), 0, map.labels.data(),
                              map.width, palette.data()) == 0) {
    refuse_to_write(path);
  }
}

void write_picture(const std::string &path, const cv::Mat &bgr) {
  bool is_written = false;
  try {
    is_written = cv::imwrite(path, bgr);
  } catch (const cv::Exception &) {
    is_written = false;
  }
  if (!is_written) refuse_to_write(path);
}

ContactSheet::ContactSheet(int count, size_t frames) {
  const size_t panels = std::min(static_cast<size_t>(count), frames);
  for (size_t i = 0; i < panels; ++i) {
    const size_t gaps = std::max<size_t>(panels - 1, 1);
    wanted_.push_back((i * (frames - 1) + gaps / 2) / gaps);
  }
}

bool ContactSheet::wants(size_t frame) const {
  return std::find(wanted_.begin(), wanted_.end(), frame) != wanted_.end();
}

void ContactSheet::add(const cv::Mat &rgb, const LabelMap &truth,
                       const LabelMap &predicted, const std::string &caption) {
  const cv::Size size(kPanelWidthPx, rgb.rows * kPanelWidthPx / rgb.cols);
  cv::Mat bgr;
  cv::cvtColor(rgb, bgr, cv::COLOR_RGB2BGR);
  cv::resize(bgr, bgr, size, 0, 0, cv::INTER_AREA);
  draw_outlines(truth, predicted, &bgr);
  cv::Mat panel(size.height + kCaptionHeightPx, size.width, CV_8UC3,
                cv::Scalar(255, 255, 255));
  bgr.copyTo(panel(cv::Rect({0, kCaptionHeightPx}, size)));
  cv::putText(panel, caption, {6, 18}, cv::FONT_HERSHEY_SIMPLEX, 0.5,
              cv::Scalar(0, 0, 0), 1, cv::LINE_AA);
  panels_.push_back(panel);
}

cv::Mat ContactSheet::picture() const {
  const int count = static_cast<int>(panels_.size());
  const int columns = std::min(count, kMaxColumns);
  const int rows = (count + columns - 1) / columns;
  const cv::Size panel = panels_[0].size();
  cv::Mat sheet(rows * (panel.height + kGapPx),
                columns * (panel.width + kGapPx), CV_8UC3,
                cv::Scalar(255, 255, 255));
  for (int i = 0; i < count; ++i) {
    const cv::Point corner(i % columns * (panel.width + kGapPx),
                           i / columns * (panel.height + kGapPx));
    cv::resize(panels_[i], sheet(cv::Rect(corner, panel)), panel);
  }
  return sheet;
}

}  // namespace sam2
