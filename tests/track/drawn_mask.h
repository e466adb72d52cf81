// Masks drawn as text.
#pragma once

#include <algorithm>
#include <string>

#include "track/video_masks.h"

namespace sam2::test {

// '#' is object, every other character is not; rows end with '/'.
struct Picture {
  SizePx size;
  std::string pixels;
  explicit Picture(const std::string &rows) {
    for (const char c : rows + "/")
      if (c == '/')
        ++size.height;
      else
        pixels += c;
    size.width = static_cast<int>(pixels.size()) / size.height;
  }
  bool has(int x, int y) const { return pixels[y * size.width + x] == '#'; }
};

inline CutOut cut_of(const Picture &picture) {
  int left = picture.size.width, top = picture.size.height;
  int right = -1, bottom = -1;
  for (int y = 0; y < picture.size.height; ++y)
    for (int x = 0; x < picture.size.width; ++x)
      if (picture.has(x, y)) {
        left = std::min(left, x);
        right = std::max(right, x);
        top = std::min(top, y);
        bottom = std::max(bottom, y);
      }
  CutOut cut;
  if (right < 0) return cut;
  cut.mask.width = right - left + 1;
  cut.mask.height = bottom - top + 1;
  for (int y = top; y <= bottom; ++y)
    for (int x = left; x <= right; ++x)
      cut.mask.pixels.push_back(picture.has(x, y) ? 255 : 0);
  cut.box = {static_cast<float>(left), static_cast<float>(top),
             static_cast<float>(cut.mask.width),
             static_cast<float>(cut.mask.height)};
  return cut;
}

// The whole frame again; "half" if box and mask do not belong together.
inline std::string text(const CutOut &cut, SizePx frame) {
  const int left = static_cast<int>(cut.box.x);
  const int top = static_cast<int>(cut.box.y);
  if (cut.mask.pixels.size() != size_t{1} * cut.mask.width * cut.mask.height ||
      static_cast<int>(cut.box.width) != cut.mask.width ||
      static_cast<int>(cut.box.height) != cut.mask.height)
    return "half";
  std::string rows;
  for (int y = 0; y < frame.height; ++y) {
    if (y > 0) rows += '/';
    for (int x = 0; x < frame.width; ++x) {
      const bool is_inside = x >= left && x < left + cut.mask.width &&
                             y >= top && y < top + cut.mask.height;
      const uint8_t pixel =
          is_inside ? cut.mask.pixels[(y - top) * cut.mask.width + x - left]
                    : 0;
      rows += pixel == 255 ? '#' : pixel == 0 ? '.' : '?';
    }
  }
  return rows;
}

}  // namespace sam2::test
