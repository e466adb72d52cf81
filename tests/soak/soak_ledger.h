// What a process holds, again and again, and whether it grows.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sam2 {

// A row of the CSV. Bytes but for counts.
struct SoakSample {
  int64_t frame = 0;  // frames that went in so far
  int64_t milliseconds = 0;
  int64_t at_rest = 0;   // 1: nothing is tracked just now
  int64_t resident = 0;  // of the process, after malloc_trim()
  int64_t heap = 0;      // handed out by malloc()
  int64_t in_use = 0;    // tensors
  int64_t banks = 0;     // of which memory banks
  int64_t cached = 0;    // kept by the allocator for the next tensors
  int64_t objects = 0;
  int64_t descriptors = 0;
  int64_t threads = 0;
};

std::string csv_header();
std::string csv_row(const SoakSample &sample);
// Throws Error (kUnreadable) for another header.
std::vector<SoakSample> read_soak_csv(const std::string &path);

struct SoakVerdict {
  std::string table;                // what was compared, for people
  std::vector<std::string> faults;  // a sentence each
};

// Samples at rest that end the warm-up: all formats, properties and numbers of
// objects have come by then, and libraries have most of what they keep for
// good.
inline constexpr int kWarmUpRests = 12;

// What libraries' caches may still add after the warm-up. They do so in steps,
// of a megabyte for shapes that are rare and of up to 15 when another thread
// begins to compute, and go down again; a leak goes on.
inline constexpr int64_t kCacheSteps_bytes = 24 << 20;

// Compares the first tenth of the samples behind the warm-up with the last:
// medians, because one sample may fall on a moment when more is held. The
// process and its heap may grow by a hundredth and kCacheSteps_bytes, which of
// 100,000 frames is 250 bytes a frame; what tensors take at rest, descriptors
// and threads not at all. Without `counts_memory` (sanitizers keep what is
// freed) the first two are not judged. Too few samples are a fault.
SoakVerdict judge(const std::vector<SoakSample> &samples, bool counts_memory);

}  // namespace sam2
