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
// OpenCV's own statistics cost four times as much as the numbering.
class Components {
 public:
  explicit Components(const cv::Mat &picture) {
    cv::Mat labels;
    parts_.resize(cv::connectedComponents(picture, labels, kConnectivity));
    for (int y = 0; y < labels.rows; ++y)
      add_row(labels.ptr<int>(y), y, labels.cols);
  }

  int count() const { return static_cast<int>(parts_.size()); }
  int area_px(int i) const { return parts_[i].area_px; }
  const cv::Rect &box(int i) const { return parts_[i].box; }

  // The first of the largest; 0 if there is none.
  int largest() const {
    int best = 0;
    for (int i = 1; i < count(); ++i)
      if (best == 0 || area_px(i) > area_px(best)) best = i;
    return best;
  }

  // Sets the pixels of the chosen components to `value`.
  void paint(const std::vector<uint8_t> &is_chosen, uint8_t value,
             cv::Mat &picture) const {
    for (const Run &run : runs_)
      if (is_chosen[run.part])
        std::fill(picture.ptr<uint8_t>(run.y) + run.first,
                  picture.ptr<uint8_t>(run.y) + run.end, value);
  }

 private:
  struct Part {
    int area_px = 0;
    cv::Rect box;
  };
  struct Run {  // pixels of one component, side by side
    int part;
    int y;
    int first;
    int end;
  };

  void add_row(const int *labels, int y, int width) {
    for (int x = 0; x < width;) {
      Run run{labels[x], y, x, x};
      while (x < width && labels[x] == run.part) ++x;
      run.end = x;
      if (run.part == 0) continue;
      const int length = run.end - run.first;
      parts_[run.part].area_px += length;
      parts_[run.part].box |= cv::Rect(run.first, y, length, 1);
      runs_.push_back(run);
    }
  }

  std::vector<Part> parts_;
  std::vector<Run> runs_;
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
