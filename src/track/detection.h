// What a detector upstream has found on one frame.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/geometry.h"

namespace sam2 {

struct Detection {
  BoxPx box;              // pixels of the incoming frame
  std::string label;      // the class in words, may be empty
  int64_t class_id = -1;  // the detector's number of the class, -1 = none
  float confidence = 0;   // [0, 1]
  // The number that a tracker upstream has given the object.
  std::optional<int64_t> upstream_id;
};

// Label and number are the same.
inline bool is_same_class(const Detection &a, const Detection &b) {
  return a.class_id == b.class_id && a.label == b.label;
}

}  // namespace sam2
