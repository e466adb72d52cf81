// Pictures made from label maps: indexed PNG and outlines.
#pragma once

#include <cstddef>
#include <opencv2/core/mat.hpp>
#include <string>
#include <vector>

#include "label_map.h"

namespace sam2 {

// The colour of a label, RGB: black for 0 and well apart for small numbers.
// The bits of the label are spread over the channels, highest first, as in the
// palettes of PASCAL VOC and DAVIS.
cv::Vec3b label_colour(int label);

// Writes an 8-bit PNG with a palette, which read_label_map() reads back.
// Throws Error (kSetting) if that fails.
void write_indexed_png(const std::string &path, const LabelMap &map);

// Writes a BGR picture. Throws Error (kSetting) if that fails.
void write_picture(const std::string &path, const cv::Mat &bgr);

// Collects some of a sequence's frames, with the outlines of true objects in
// green and of predicted ones in magenta, as one picture. Thread-bound.
class ContactSheet {
 public:
  // `count` of `frames` frames, first and last included, or all if there are
  // not more.
  ContactSheet(int count, size_t frames);

  bool wants(size_t frame) const;

  // `rgb` and both maps have one size. `caption` is ASCII.
  void add(const cv::Mat &rgb, const LabelMap &truth, const LabelMap &predicted,
           const std::string &caption);

  // BGR, row by row; all panels have the first one's size. At least one frame
  // was added.
  cv::Mat picture() const;

 private:
  std::vector<size_t> wanted_;
  std::vector<cv::Mat> panels_;
};

}  // namespace sam2
