// Records and selections as short texts, so that a table of cases can be read.
#pragma once

#include <string>
#include <vector>

#include "track/selection_policy.h"

namespace sam2::test {

inline std::vector<FrameRecord> frames(const std::vector<int64_t> &numbers) {
  std::vector<FrameRecord> records;
  for (int64_t number : numbers) records.push_back({number});
  return records;
}

// Frames `first` to `last`, both included.
inline std::vector<FrameRecord> frame_range(int64_t first, int64_t last) {
  std::vector<FrameRecord> records;
  for (int64_t frame = first; frame <= last; ++frame)
    records.push_back({frame});
  return records;
}

// "c0:6 t9:0": conditioning frame 0 with position row 6, then tracked frame 9
// with row 0.
inline std::string memory_text(const Selection &selection) {
  std::string text;
  for (const MemoryPick &pick : selection.memories)
    text += (text.empty() ? "" : " ") +
            std::string(pick.is_conditioning ? "c" : "t") +
            std::to_string(pick.frame) + ":" +
            std::to_string(pick.position_row);
  return text;
}

// "c0@10 t9@1": conditioning frame 0, 10 frames back, then tracked frame 9.
inline std::string pointer_text(const Selection &selection) {
  std::string text;
  for (const PointerPick &pick : selection.pointers)
    text += (text.empty() ? "" : " ") +
            std::string(pick.is_conditioning ? "c" : "t") +
            std::to_string(pick.frame) + "@" + std::to_string(pick.frames_back);
  return text;
}

}  // namespace sam2::test
