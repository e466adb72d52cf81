// What tests do to the fake tracker library and see of it, at any moment and
// from any thread; see fake_engine_gate.h and fake_engine_picture.h.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>

#include "engine/engine.h"
#include "support/fake_engine_picture.h"

namespace sam2::fake {

// Frames of "gate.pt" stop here while it is closed.
class Gate {
 public:
  void close() {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_open_ = false;
  }
  void open() {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_open_ = true;
    changed_.notify_all();
  }
  void wait_for_arrival() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return waiting_ > 0; });
  }
  void pass() {
    std::unique_lock<std::mutex> lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return is_open_; });
    --waiting_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_open_ = true;
  int waiting_ = 0;
};
Gate &gate();

// The latest picture that "record.pt" saw.
class Record {
 public:
  void keep(const sam2::ImageView &view) {
    const std::lock_guard<std::mutex> lock(mutex_);
    latest_.width = view.width;
    latest_.height = view.height;
    latest_.rgb.clear();
    for (int y = 0; y < view.height; ++y) {
      const uint8_t *row = view.data + ptrdiff_t{1} * y * view.stride_bytes;
      latest_.rgb.insert(latest_.rgb.end(), row, row + 3 * view.width);
    }
  }
  sam2::SeenPicture latest() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return latest_;
  }

 private:
  std::mutex mutex_;
  sam2::SeenPicture latest_;
};
Record &record();

// There is no end of it unless a test says so.
class FakeMemory {
 public:
  void set(int units, int cached) {
    const std::lock_guard<std::mutex> lock(mutex_);
    units_ = units;
    cached_ = cached;
  }
  void release_cached() {
    const std::lock_guard<std::mutex> lock(mutex_);
    cached_ = 0;
  }
  // Throws kNoMemory if there are fewer.
  void need(int units);

 private:
  std::mutex mutex_;
  int units_ = 1000000;
  int cached_ = 0;
};
FakeMemory &fake_memory();

// Losses of the device so far, and whether it can be opened again.
extern std::atomic<int> losses;
extern std::atomic<bool> is_device_gone;

// Throws kDeviceLost if there was one since.
void fail_if_lost(int losses_at_start);

}  // namespace sam2::fake
