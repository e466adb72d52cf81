// Grids of different resolutions over the same picture: a pixel of one shows
// that pixel of the other in which its centre lies.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/geometry.h"

namespace sam2 {

// The pixel, of `source_count` in a row, that pixel `target` of `target_count`
// shows.
inline int nearest_pixel(int target, int target_count, int source_count) {
  return static_cast<int>((2 * static_cast<int64_t>(target) + 1) *
                          source_count /
                          (2 * static_cast<int64_t>(target_count)));
}

// The first pixel, of `target_count`, that shows `source` or a later one, of
// `source_count`; `target_count` if there is none.
inline int first_showing(int source, int source_count, int target_count) {
  const int64_t above =
      2 * static_cast<int64_t>(target_count) * source - source_count;
  if (above <= 0) return 0;
  const int64_t pixel =
      (above - 1) / (2 * static_cast<int64_t>(source_count)) + 1;
  return static_cast<int>(std::min<int64_t>(pixel, target_count));
}

// Calls `fill(source, begin, end)` for each pixel of a row of `source_count`
// that pixels from `begin` to `end` of `target_count` show, in their order: a
// division for each of them instead of one for each that shows it.
template <typename Fill>
void for_each_shown(int begin, int end, int target_count, int source_count,
                    Fill fill) {
  while (begin < end) {
    const int source = nearest_pixel(begin, target_count, source_count);
    const int next = first_showing(source + 1, source_count, target_count);
    fill(source, begin, std::min(next, end));
    begin = next;
  }
}

// The pixels of a grid of size `to` that show those in `box`, whole pixels of a
// grid of size `from`; in each direction at least one for a box that has some.
inline BoxPx shown_box(const BoxPx &box, SizePx from, SizePx to) {
  const auto show = [](float begin, float length, int from_count, int to_count,
                       float &to_begin, float &to_length) {
    const int source = static_cast<int>(begin);
    const int first =
        std::min(first_showing(source, from_count, to_count), to_count - 1);
    const int end =
        first_showing(source + static_cast<int>(length), from_count, to_count);
    to_begin = static_cast<float>(first);
    to_length = static_cast<float>(std::max(end - first, 1));
  };
  BoxPx shown;
  if (box.is_empty()) return shown;
  show(box.x, box.width, from.width, to.width, shown.x, shown.width);
  show(box.y, box.height, from.height, to.height, shown.y, shown.height);
  return shown;
}

}  // namespace sam2
