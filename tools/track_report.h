// What sam2-track tells its user while it works and at the end.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/memory_report.h"

namespace sam2 {

// "12 frames in 3.0 s (4.0 fps), peak memory 512 MiB". Reentrant.
std::string closing_line(int64_t frames, double seconds,
                         int64_t peak_memory_bytes);

// What the device's memory was used for, in MiB, a line each.
std::string memory_lines(const MemoryReport &report);

// "[######--------------]  30 %  12/40", or "12 frames" if `total` is 0.
// Reentrant.
std::string progress_bar(int64_t frames, int64_t total);

// Largest resident memory of this process so far, in bytes.
int64_t peak_memory_bytes();

// A bar on standard error, drawn only if that is a terminal. Thread-bound.
class Progress {
 public:
  explicit Progress(int64_t total_frames);
  ~Progress() { clear(); }
  void show(int64_t frames);
  // Leaves an empty line for other messages.
  void clear();

 private:
  int64_t total_frames_;
  bool is_terminal_;
  bool is_drawn_ = false;
};

}  // namespace sam2
