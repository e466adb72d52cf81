// A plane at a fraction of its resolution: blocks for pixelation, and the
// source of a cheap blur.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "object_masks.h"
#include "plane_view.h"

namespace sam2 {

// Sizes of blocks, in samples. They lie on a grid that begins at the frame's
// corner, so that they stand still when an object moves.
struct BlockSize {
  int x = 1;
  int y = 1;
};

// Keeps its memory from frame to frame. Thread-bound. Rectangles are in
// samples of the plane.
class CoarsePlane {
 public:
  static constexpr int kMaxBlock = 256;

  // Takes on the layout of `plane`; the blocks' values are undefined. Throws
  // std::bad_alloc.
  void set_layout(const PlaneView &plane, BlockSize block);

  // Sets the blocks that touch `area` to the means of their samples.
  void reduce(const PlaneView &plane, const RectPx &area);

  // Blurs the blocks that touch `area`, and one around them, by two boxes of
  // 2 * radius + 1 blocks. What lies up to 2 * radius + 1 blocks around must
  // have been reduced. Blurred areas do not see each other.
  void blur(const RectPx &area, BlockSize radius);

  // `area` with as much around as blur() needs.
  RectPx blur_source(const RectPx &area, BlockSize radius) const;

  // Row `y` of the full plane from column `begin` on: blocks as they are, or
  // blurred and interpolated (blocks of 1, 2, 4 or 8 samples then) up to `end`.
  // Valid until the next call.
  const uint8_t *block_row(int y, int begin);
  const uint8_t *smooth_row(int y, int begin, int end);

  // The same as smooth_row() into `target`, of whose bits it takes the place
  // where `mask` has them; null = everywhere.
  void copy_smooth_row(int y, int begin, int end, const uint8_t *mask,
                       uint8_t *target);

 private:
  RectPx blocks_of(const RectPx &area, int margin) const;
  void blur_rows(const RectPx &blocks, int radius);
  void blur_columns(const RectPx &blocks, int radius);
  const uint8_t *smooth_blocks(int block_y);
  void forget_wide_rows();

  // A row of blocks as wide as the plane. Rows of the plane come in order, so
  // that each is made once.
  struct WideRow {
    int y = -1;  // in blocks; -1 = none
    std::vector<uint8_t> bytes;
  };

  int step_ = 1;
  BlockSize block_;
  int plane_width_ = 0;
  int plane_height_ = 0;
  int width_ = 0;  // in blocks
  int height_ = 0;
  std::vector<uint8_t> means_;
  std::vector<uint8_t> blurred_;
  std::vector<uint16_t> sums_;
  std::vector<uint8_t> work_;       // the blocks that are being blurred
  std::vector<uint8_t> work_rows_;  // the same, after rows
  std::vector<uint8_t> padded_;
  std::vector<uint8_t> phases_;
  WideRow block_row_;
  std::array<WideRow, 2> smooth_rows_;  // of even and odd `y`
  std::vector<uint8_t> smooth_;
};

}  // namespace sam2
