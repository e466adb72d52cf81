// Who gives objects their ids: users and detections draw from the same numbers.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>

namespace sam2 {

// The ids of one element's objects. Nobody gets one that somebody else has been
// given or has named. Ids count from 1. Thread-safe.
class ObjectIds {
 public:
  // For an object of a user: one that no object has had. It is named then.
  int64_t take_new();
  // For an object of a detection: above all that users have named and all that
  // this function has given.
  int64_t take_next();
  // The same, but the lowest above the named ones for which `is_taken` is
  // false. It is called with the lock held: it must not call back.
  int64_t take_lowest(const std::function<bool(int64_t)> &is_taken);

  // A user names the id. Nobody counts as far as 2^62: ids from there on never
  // meet.
  void reserve(int64_t object_id);

  // Those of detections count from 1 again, and what users have named is
  // forgotten. No user gets again what an object has had.
  void restart();
  // As new.
  void clear();

 private:
  void note(int64_t object_id);

  std::mutex mutex_;         // guards all that follows
  int64_t unnamed_ = 1;      // from here on no user has named any
  int64_t never_given_ = 1;  // from here on
};

}  // namespace sam2
