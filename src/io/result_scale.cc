#include "io/result_scale.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/error.h"
#include "io/result_json.h"

namespace sam2 {
namespace {

// Beyond what any frame has, within what an int holds.
constexpr double kMaxCoordinatePx = 1 << 28;

// One direction of a box, before and after.
struct Extent {
  float begin_px;
  float length_px;
};

Extent scaled_extent(Extent extent, int from_px, int to_px) {
  const double factor = static_cast<double>(to_px) / from_px;
  const auto whole = [factor](double px) {
    return std::clamp(std::round(px * factor), -kMaxCoordinatePx,
                      kMaxCoordinatePx);
  };
  const double begin = whole(extent.begin_px);
  double length =
      whole(static_cast<double>(extent.begin_px) + extent.length_px) - begin;
  if (extent.length_px > 0) length = std::max(length, 1.0);
  return {static_cast<float>(begin), static_cast<float>(length)};
}

BoxPx scaled_box(const BoxPx &box, SizePx from, SizePx to) {
  const Extent x = scaled_extent({box.x, box.width}, from.width, to.width);
  const Extent y = scaled_extent({box.y, box.height}, from.height, to.height);
  return {x.begin_px, y.begin_px, x.length_px, y.length_px};
}

// At least one pixel of a mask's box lies in the frame; rounding may push it
// over the edge.
void keep_inside(float *begin_px, float *length_px, int side_px) {
  *begin_px = std::clamp<float>(*begin_px, 0, side_px - 1);
  *length_px = std::min<float>(*length_px, side_px - *begin_px);
}

// The columns (or rows) of a mask at `from`, in its own pixels, that the
// columns at `to` show: centres are mapped onto centres.
std::vector<int> nearest_pixels(Extent from, int from_px, Extent to,
                                int to_px) {
  std::vector<int> nearest(static_cast<size_t>(to.length_px));
  for (size_t i = 0; i < nearest.size(); ++i) {
    const auto target = static_cast<int64_t>(to.begin_px) + i;
    const int64_t source = (2 * target + 1) * from_px / (2 * to_px);
    nearest[i] = static_cast<int>(
        std::clamp<int64_t>(source - static_cast<int64_t>(from.begin_px), 0,
                            static_cast<int64_t>(from.length_px) - 1));
  }
  return nearest;
}

MaskImage scaled_mask(const ObjectResult &object, SizePx from, const BoxPx &box,
                      SizePx to) {
  const auto columns = nearest_pixels({object.box.x, object.box.width},
                                      from.width, {box.x, box.width}, to.width);
  const auto rows = nearest_pixels({object.box.y, object.box.height},
                                   from.height, {box.y, box.height}, to.height);
  MaskImage mask{
      static_cast<int>(columns.size()), static_cast<int>(rows.size()), {}};
  mask.pixels.reserve(columns.size() * rows.size());
  for (const int row : rows) {
    const uint8_t *source =
        object.mask.pixels.data() + size_t{1} * row * object.mask.width;
    for (const int column : columns) mask.pixels.push_back(source[column]);
  }
  return mask;
}

std::string text_of(SizePx size) {
  return std::to_string(size.width) + "x" + std::to_string(size.height);
}

// The boxes in the frame, before any mask is made.
std::vector<BoxPx> scaled_boxes(const FrameResult &result, SizePx frame) {
  std::vector<BoxPx> boxes;
  int64_t mask_pixels = 0;
  for (const ObjectResult &object : result.objects) {
    BoxPx box = scaled_box(object.box, result.frame_size, frame);
    if (!object.mask.is_empty()) {
      keep_inside(&box.x, &box.width, frame.width);
      keep_inside(&box.y, &box.height, frame.height);
      if (!object.mask_covers_frame)
        mask_pixels +=
            static_cast<int64_t>(box.width) * static_cast<int64_t>(box.height);
    }
    boxes.push_back(box);
  }
  if (mask_pixels <= kMaxLineMaskPixels) return boxes;
  throw Error(ErrorCode::kUnreadable,
              "The masks of a frame of " + text_of(result.frame_size) +
                  " would have " + std::to_string(mask_pixels) +
                  " pixels in a frame of " + text_of(frame) + ", more than " +
                  std::to_string(kMaxLineMaskPixels) +
                  ". Give results for frames of this size.");
}

}  // namespace

void scale_result(SizePx frame, FrameResult *result) {
  const std::vector<BoxPx> boxes = scaled_boxes(*result, frame);
  const bool is_same = result->frame_size == frame;
  for (size_t i = 0; i < boxes.size(); ++i) {
    ObjectResult &object = result->objects[i];
    if (!is_same && !object.mask_covers_frame && !object.mask.is_empty())
      object.mask = scaled_mask(object, result->frame_size, boxes[i], frame);
    object.box = boxes[i];
  }
  result->frame_size = frame;
}

}  // namespace sam2
