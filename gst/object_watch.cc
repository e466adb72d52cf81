#include "object_watch.h"

#include <utility>

namespace sam2 {

std::vector<ObjectChange> ObjectWatch::update(const FrameResult &result) {
  std::vector<ObjectChange> changes;
  std::map<int64_t, bool> is_lost;
  for (const ObjectResult &object : result.objects) {
    const auto before = is_lost_.find(object.object_id);
    if (before == is_lost_.end() || before->second != object.is_lost)
      changes.push_back({object.object_id, object.label, object.is_lost});
    is_lost[object.object_id] = object.is_lost;
  }
  is_lost_ = std::move(is_lost);
  return changes;
}

}  // namespace sam2
