// When objects leave the picture and come back.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "track/track_result.h"

namespace sam2 {

struct ObjectChange {
  int64_t object_id = 0;
  std::string label;
  bool is_lost = false;  // else found
};

// Compares each result with the one before. An object's first result is a
// change as well; one that is no longer in the results is forgotten.
// Thread-bound.
class ObjectWatch {
 public:
  std::vector<ObjectChange> update(const FrameResult &result);
  void reset() { is_lost_.clear(); }

 private:
  std::map<int64_t, bool> is_lost_;  // by object id
};

}  // namespace sam2
