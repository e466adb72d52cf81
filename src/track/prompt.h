// What a user says about one object on one frame.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/geometry.h"

namespace sam2 {

// A click. Pixels of the incoming frame, x to the right, y down.
struct PointPrompt {
  float x_px = 0;
  float y_px = 0;
  bool is_positive = true;
};

// Points and box may be combined; a mask stands alone and wins over both.
// A mask of another size than the frame is scaled to it.
struct Prompt {
  int64_t object_id = 0;
  std::string label;  // free text carried to the results, may be empty
  std::vector<PointPrompt> points;
  std::optional<BoxPx> box;
  std::optional<MaskImage> mask;
};

}  // namespace sam2
