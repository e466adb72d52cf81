// The objects' masks of a buffer's metadata, read where they lie: for elements
// that look at every pixel once and allocate nothing for a frame.
#pragma once

#include <gst/video/video.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "base/geometry.h"
#include "gst_ptr.h"

namespace sam2 {

// Whole pixels of a frame; the ends are not part of it.
struct RectPx {
  int x_begin = 0;
  int y_begin = 0;
  int x_end = 0;
  int y_end = 0;
  bool is_empty() const { return x_begin >= x_end || y_begin >= y_end; }
  int width() const { return x_end - x_begin; }
  int height() const { return y_end - y_begin; }
};

// Which object it is and which entry of the metadata has its mask.
struct ObjectEntry {
  std::optional<int64_t> object_id;  // tracking id; none if not tracked
  bool is_lost = false;
  std::optional<guint> segmentation;  // none without a mask
  guint region = 0;                   // the mask's pixels; 0 = all but 0
};

// The objects on a buffer, in the order and by the rules of read_objects().
// Keeps its memory from frame to frame. Thread-bound.
class ObjectEntries {
 public:
  // Valid until the next call. Throws std::bad_alloc.
  const std::vector<ObjectEntry> &read(GstBuffer *buffer);

 private:
  std::vector<ObjectEntry> entries_;
  std::vector<guint> taken_;
};

// One object's mask, mapped for reading as long as this lives; empty if it has
// none, or one that cannot be read.
class ObjectMask {
 public:
  ObjectMask(GstBuffer *buffer, const ObjectEntry &entry);
  ObjectMask(const ObjectMask &) = delete;
  ObjectMask &operator=(const ObjectMask &) = delete;

  // The part of the mask's location that is inside a frame of `size`.
  RectPx box_in(SizePx size) const;

  // A part of box_in() that has all pixels of the object; the smallest one if
  // the mask is coarser than the frame, or else all of it.
  RectPx object_box_in(SizePx size) const;

  // Writes 0 or 255 for each pixel of `box`'s columns in the frame's row `y`.
  // `box` comes from object_box_in(), `y` is in it.
  void read_row(int y, const RectPx &box, uint8_t *target) const;

  // Whether row `y` is as the one above, because the mask is coarse.
  bool is_as_above(int y) const;

 private:
  const uint8_t *mask_row(int row) const;
  RectPx object_pixels() const;

  BufferPtr buffer_;
  std::optional<BufferMap> map_;
  const GstVideoMeta *layout_ = nullptr;  // lives as long as `buffer_`
  int x_ = 0;
  int y_ = 0;
  int width_ = 0;
  int height_ = 0;
  guint region_ = 0;
};

}  // namespace sam2
