#include "track/object_ids.h"

#include <algorithm>

namespace sam2 {
namespace {

// So that counting on from a named id never ends.
constexpr int64_t kMostNamed = int64_t{1} << 62;

}  // namespace

using Lock = std::lock_guard<std::mutex>;

// Somebody has the id. With the lock held.
void ObjectIds::note(int64_t object_id) {
  never_given_ = std::max(never_given_, object_id + 1);
}

int64_t ObjectIds::take_new() {
  const Lock lock(mutex_);
  const int64_t id = never_given_;
  unnamed_ = id + 1;
  note(id);
  return id;
}

int64_t ObjectIds::take_next() {
  const Lock lock(mutex_);
  const int64_t id = unnamed_++;
  note(id);
  return id;
}

int64_t ObjectIds::take_lowest(const std::function<bool(int64_t)> &is_taken) {
  const Lock lock(mutex_);
  int64_t id = unnamed_;
  while (is_taken(id)) ++id;
  note(id);
  return id;
}

void ObjectIds::reserve(int64_t object_id) {
  if (object_id >= kMostNamed) return;
  const Lock lock(mutex_);
  unnamed_ = std::max(unnamed_, object_id + 1);
  note(object_id);
}

void ObjectIds::restart() {
  const Lock lock(mutex_);
  unnamed_ = 1;
}

void ObjectIds::clear() {
  const Lock lock(mutex_);
  unnamed_ = never_given_ = 1;
}

}  // namespace sam2
