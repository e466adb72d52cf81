// Who holds how much of a device's memory, and how much may be held.
#pragma once

#include <c10/core/Device.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <set>
#include <utility>

#include "base/memory_report.h"
#include "base/memory_settings.h"
#include "gpu/device_memory.h"

namespace sam2 {

// What keeps tensors from one frame to the next.
enum class MemoryOwner { kWeights, kBanks, kFrames, kCount };

// The books of one device, for the whole process. Thread-safe. A report asks
// the system (50 microseconds on the CPU); all else takes about one.
class MemoryGovernor {
 public:
  // Of the device; never destroyed.
  static MemoryGovernor &of(c10::Device device);

  explicit MemoryGovernor(DeviceMemorySource &source) : source_(source) {}
  MemoryGovernor(const MemoryGovernor &) = delete;
  MemoryGovernor &operator=(const MemoryGovernor &) = delete;

  // limit_bytes of the settings, or their fraction of the device's memory; 0 if
  // that is unknown.
  uint64_t limit_bytes_for(const MemorySettings &settings) const;

  // False on devices whose memory this build cannot count: then there is no
  // limit, and in use is what the claims say.
  bool is_known() const { return source_.is_known(); }

  // Of the limits that are held (MemoryLimit) the smallest; 0 = none.
  uint64_t limit_bytes() const { return limit_; }
  TensorMemory tensors() const { return source_.tensors(); }
  // What the claims say, which outlasts a frame.
  uint64_t held_bytes() const {
    return held(MemoryOwner::kWeights) + held(MemoryOwner::kBanks) +
           held(MemoryOwner::kFrames);
  }
  // What LibTorch or we keep for later goes back to the device or the system.
  void release_cached() { source_.release_cached(); }
  // What is in use as a share of the limit; 0 without one.
  double share_in_use() const;
  // All but the pressure, which is for those who know thresholds.
  MemoryReport report() const;

 private:
  friend class MemoryClaim;
  friend class MemoryLimit;
  void add(MemoryOwner owner, int64_t bytes) {
    held_[static_cast<size_t>(owner)] += bytes;
  }
  uint64_t held(MemoryOwner owner) const {
    return static_cast<uint64_t>(held_[static_cast<size_t>(owner)]);
  }
  void hold_limit(uint64_t bytes);
  void release_limit(uint64_t bytes);
  void apply_smallest();

  DeviceMemorySource &source_;
  std::array<std::atomic<int64_t>, static_cast<size_t>(MemoryOwner::kCount)>
      held_ = {};
  std::atomic<uint64_t> limit_{0};
  std::mutex mutex_;  // guards limits_, and the order of calls to source_
  std::multiset<uint64_t> limits_;
};

// What one owner holds, until it is destroyed. Thread-bound.
class MemoryClaim {
 public:
  MemoryClaim(c10::Device device, MemoryOwner owner, int64_t bytes = 0)
      : governor_(&MemoryGovernor::of(device)), owner_(owner) {
    set(bytes);
  }
  ~MemoryClaim() { set(0); }
  MemoryClaim(const MemoryClaim &) = delete;
  MemoryClaim &operator=(const MemoryClaim &) = delete;
  MemoryClaim(MemoryClaim &&other) noexcept
      : governor_(other.governor_),
        owner_(other.owner_),
        bytes_(std::exchange(other.bytes_, 0)) {}

  void set(int64_t bytes) {
    governor_->add(owner_, bytes - bytes_);
    bytes_ = bytes;
  }
  int64_t bytes() const { return bytes_; }

 private:
  MemoryGovernor *governor_;
  MemoryOwner owner_;
  int64_t bytes_ = 0;
};

// A limit that somebody wants, until it is destroyed: the smallest wanted one
// holds for all of the process.
class MemoryLimit {
 public:
  MemoryLimit(MemoryGovernor &governor, uint64_t bytes)  // 0 = none
      : governor_(governor), bytes_(bytes) {
    governor_.hold_limit(bytes_);
  }
  ~MemoryLimit() { governor_.release_limit(bytes_); }
  MemoryLimit(const MemoryLimit &) = delete;
  MemoryLimit &operator=(const MemoryLimit &) = delete;

 private:
  MemoryGovernor &governor_;
  uint64_t bytes_;
};

}  // namespace sam2
