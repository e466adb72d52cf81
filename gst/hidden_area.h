// Which pixels of a frame are hidden, and how much at the edges.
#pragma once

#include <cstdint>
#include <vector>

#include "object_masks.h"

namespace sam2 {

// Columns; `end` is not part of it.
struct Span {
  int begin = 0;
  int end = 0;
};

// The union of objects, or all but that. What is to be hidden is hidden fully:
// a soft edge lies on the side that is kept. The frame's border is no edge: an
// object that leaves the picture is not softened there.
//
// Only the boxes around objects are touched from frame to frame, and memory is
// kept. Thread-bound.
class HiddenArea {
 public:
  static constexpr int kMaxFeatherPx = 64;
  // Boxes begin and end at multiples of these, or at the frame's border, so
  // that samples of subsampled planes are wholly inside or outside.
  static constexpr int kAlignX = 4;
  static constexpr int kAlignY = 2;

  // Starts a frame without objects: all of it is hidden, or nothing. Throws
  // std::bad_alloc.
  void begin(SizePx size, bool is_hidden);

  // Adds an object: it is hidden where nothing was, or else kept. Returns
  // whether it is in the frame at all.
  bool add(const ObjectMask &mask, int feather_px);

  // Makes the edges of what was added `feather_px` pixels wide, [0,
  // kMaxFeatherPx], the same for all of a frame.
  void soften(int feather_px);

  // The opacity of what hides the pixels outside of all boxes: 0 or 255.
  uint8_t outside() const { return outside_; }
  const std::vector<RectPx> &boxes() const { return boxes_; }
  // The columns of boxes in rows [y_begin, y_end), in order, apart from each
  // other. Valid until the next call.
  const std::vector<Span> &spans(int y_begin, int y_end);
  // The opacities of row `y`; those inside of boxes are valid.
  const uint8_t *row(int y) const;
  SizePx size() const { return size_; }

 private:
  uint8_t *hard_row(int y);
  void fill(const RectPx &box);
  void soften_box(const RectPx &box, int radius);
  const uint8_t *nearest_row(int y);
  void move_columns(const uint8_t *leaving, const uint8_t *entering,
                    const RectPx &box, int radius);
  void soften_row(int y, const RectPx &box, int radius);

  SizePx size_;
  uint8_t outside_ = 0;
  bool is_soft_ = false;
  std::vector<uint8_t> hard_;  // `outside_` everywhere but in `boxes_`
  std::vector<uint8_t> soft_;
  std::vector<RectPx> boxes_;
  std::vector<Span> spans_;
  std::vector<uint8_t> mask_row_;
  std::vector<uint8_t> nothing_;  // a row of 0
  std::vector<uint16_t> column_sums_;
  std::vector<uint16_t> window_sums_;
};

}  // namespace sam2
