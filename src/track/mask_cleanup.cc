#include "track/mask_cleanup.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <utility>

namespace sam2 {
namespace {

constexpr int kConnectivity = 8;  // the reference's

// Shares the mask's pixels.
cv::Mat picture_of(MaskImage &mask) {
  return {mask.height, mask.width, CV_8U, mask.pixels.data()};
}

cv::Rect rect_of(const BoxPx &box) {
  return {static_cast<int>(box.x), static_cast<int>(box.y),
          static_cast<int>(box.width), static_cast<int>(box.height)};
}

// Components of the pixels that are not 0, numbered from 1; 0 is the rest.
class Components {
 public:
  explicit Components(const cv::Mat &picture)
      : count_(cv::connectedComponentsWithStats(picture, labels_, table_,
                                                centroids_, kConnectivity)) {}

  int count() const { return count_; }
  int area_px(int i) const { return table_.at<int>(i, cv::CC_STAT_AREA); }
  cv::Rect box(int i) const {
    const int *row = table_.ptr<int>(i);
    return {row[cv::CC_STAT_LEFT], row[cv::CC_STAT_TOP], row[cv::CC_STAT_WIDTH],
            row[cv::CC_STAT_HEIGHT]};
  }

  // The first of the largest; 0 if there is none.
  int largest() const {
    int best = 0;
    for (int i = 1; i < count_; ++i)
      if (best == 0 || area_px(i) > area_px(best)) best = i;
    return best;
  }

  // Sets the pixels of the chosen components to `value`.
  void paint(const std::vector<uint8_t> &is_chosen, uint8_t value,
             cv::Mat &picture) const {
    for (int y = 0; y < labels_.rows; ++y) {
      const int *label = labels_.ptr<int>(y);
      uint8_t *pixel = picture.ptr<uint8_t>(y);
      for (int x = 0; x < labels_.cols; ++x)
        if (is_chosen[label[x]]) pixel[x] = value;
    }
  }

 private:
  cv::Mat labels_;
  cv::Mat table_;
  cv::Mat centroids_;
  int count_;  // last: filled together with the others
};

// The part of `cut` inside `part`, in pixels of its box.
CutOut cropped(CutOut cut, const cv::Rect &part) {
  if (part.size() == cv::Size(cut.mask.width, cut.mask.height)) return cut;
  CutOut out;
  out.box = {cut.box.x + part.x, cut.box.y + part.y,
             static_cast<float>(part.width), static_cast<float>(part.height)};
  out.mask.width = part.width;
  out.mask.height = part.height;
  out.mask.pixels.resize(size_t{1} * part.width * part.height);
  cv::Mat picture = picture_of(out.mask);
  picture_of(cut.mask)(part).copyTo(picture);
  return out;
}

CutOut without_speckles(CutOut cut, int area_px) {
  cv::Mat picture = picture_of(cut.mask);
  const Components parts(picture);
  const int largest = parts.largest();
  std::vector<uint8_t> is_speckle(parts.count());
  cv::Rect kept = parts.box(largest);
  for (int i = 1; i < parts.count(); ++i) {
    is_speckle[i] = i != largest && parts.area_px(i) <= area_px;
    if (!is_speckle[i]) kept |= parts.box(i);
  }
  parts.paint(is_speckle, 0, picture);
  return cropped(std::move(cut), kept);
}

// Whether `part` of a mask in `box` meets the background around the box.
bool is_open(const cv::Rect &part, const cv::Rect &box, SizePx frame) {
  const cv::Point end = part.br() + box.tl();
  return (part.x == 0 && box.x > 0) || (part.y == 0 && box.y > 0) ||
         (part.br().x == box.width && end.x < frame.width) ||
         (part.br().y == box.height && end.y < frame.height);
}

void fill_holes(int area_px, SizePx frame, CutOut &cut) {
  cv::Mat picture = picture_of(cut.mask);
  const Components parts(picture == 0);
  const cv::Rect box = rect_of(cut.box);
  std::vector<uint8_t> is_hole(parts.count());
  for (int i = 1; i < parts.count(); ++i)
    is_hole[i] =
        parts.area_px(i) <= area_px && !is_open(parts.box(i), box, frame);
  parts.paint(is_hole, 255, picture);
}

// Clears in `cut` what `owner` has.
void give_back(CutOut &owner, CutOut &cut) {
  const cv::Rect box = rect_of(cut.box);
  const cv::Rect owner_box = rect_of(owner.box);
  const cv::Rect common = box & owner_box;
  if (common.empty()) return;
  picture_of(cut.mask)(common - box.tl())
      .setTo(0, picture_of(owner.mask)(common - owner_box.tl()));
}

}  // namespace

void clean_up(int area_px, SizePx frame_size, bool is_non_overlap,
              std::vector<CutOut> &masks) {
  if (area_px <= 0) return;
  for (CutOut &cut : masks)
    if (!cut.mask.is_empty()) cut = without_speckles(std::move(cut), area_px);
  for (CutOut &cut : masks) {
    if (cut.mask.is_empty()) continue;
    fill_holes(area_px, frame_size, cut);
    if (!is_non_overlap) continue;
    for (CutOut &owner : masks)
      if (&owner != &cut && !owner.mask.is_empty()) give_back(owner, cut);
  }
}

}  // namespace sam2
