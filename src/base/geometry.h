// Sizes, points and boxes in pixels.
#pragma once

#include <cstdint>
#include <vector>

namespace sam2 {

struct SizePx {
  int width = 0;
  int height = 0;
  friend bool operator==(const SizePx &a, const SizePx &b) {
    return a.width == b.width && a.height == b.height;
  }
  friend bool operator!=(const SizePx &a, const SizePx &b) { return !(a == b); }
};

// Top-left corner and extent. Integers name whole pixels (a result's box);
// prompts use fractions of a pixel.
struct BoxPx {
  float x = 0;
  float y = 0;
  float width = 0;
  float height = 0;
  bool is_empty() const { return width <= 0 || height <= 0; }
};

// A binary mask, row-major without padding: 0 is background, 255 is object.
// `pixels` has width * height bytes.
struct MaskImage {
  int width = 0;
  int height = 0;
  std::vector<uint8_t> pixels;
  bool is_empty() const { return pixels.empty(); }
};

// A borrowed packed 8-bit RGB picture; `stride_bytes` from row to row.
struct ImageView {
  const uint8_t *data = nullptr;
  int width = 0;
  int height = 0;
  int64_t stride_bytes = 0;
};

}  // namespace sam2
