// What to give up when memory runs out, and when to take it up again. Pure
// logic: no tensors, no device, no clock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/memory_report.h"

namespace sam2 {

// In the order in which they are taken.
enum class DegradationStep {
  kEmptyCaches,
  kSmallerBatch,
  kSmallerGroups,
  kSpillBank,
  kSmallerBank,
  kSkipFrame,
};

inline constexpr size_t kDegradationSteps = 6;

// A named row; messages, counters and documentation are filled from the table.
struct DegradationRow {
  DegradationStep step;
  const char *name;
  const char *description;
  bool changes_results;  // masks are not those that there would have been
};
// In their order.
const std::vector<DegradationRow> &degradation_rows();
const DegradationRow &degradation_row(DegradationStep step);

// What a stream may use; the largest values are those it starts with.
struct MemoryAllowance {
  int encoder_batch = 1;     // frames that are encoded together
  int objects_per_pass = 1;  // objects that go through the network together
  int num_maskmem = 7;       // see TrackerSettings
  bool spills_bank = false;  // the objects' memories lie on the host
};

// What was going on when memory ran out.
struct MemoryUse {
  int frames_together = 0;   // in the image encoder, 0 while tracking
  int objects_together = 0;  // being tracked, 0 while encoding
  int objects = 0;           // with memories
};

// A step taken, or undone.
struct Degradation {
  DegradationStep step;
  bool is_undone = false;
  MemoryAllowance allowance;  // from now on
  int level = 0;              // steps that are in force now
  std::string text;           // ready to print
  // The step's first time since memory was last enough: no step in force, and
  // kGoodFrames good frames.
  bool is_news = true;
};

// One stream's way down when memory runs out, a step at a time, and up again.
//
// Down: emptying caches comes first and stays in force for a while, so that
// running out once more takes the next step. Batch, groups and bank are halved
// each time, from what was in use. Steps that would change nothing are passed
// over. When there is none left, the frame is skipped; that is never in force.
//
// Up: after kGoodFrames good frames in a row at normal pressure the latest step
// is undone, after as many more the one before. If memory runs out before as
// many have passed, the undo was too early: twice as many good frames are asked
// for from then on, at most kMostGoodFrames, until an undo has held.
//
// Thread-bound.
class DegradationLadder {
 public:
  static constexpr int kGoodFrames = 100;
  static constexpr int kMostGoodFrames = 6400;
  // At critical pressure from one step to the next: what it frees must show.
  static constexpr int kFramesPerStep = 10;

  // `can_spill`: the bank is on a device and can be moved to the host.
  DegradationLadder(const MemoryAllowance &full, bool can_spill)
      : allowance_(full), allowance_before_(full), can_spill_(can_spill) {}

  // Memory ran out. Do what is said, then try again; kSkipFrame says to give
  // the frame up.
  Degradation run_out(const MemoryUse &use);

  // The same where no other step is wanted.
  Degradation skip();

  // The step that was taken or undone last could not be: all is as before it.
  // A bank that found no room on the host stays on the device from then on; an
  // undo is tried again after twice as many good frames.
  void take_back(const Degradation &change);

  // How things stand, once per frame, before it. At warning level caches are
  // emptied; at critical level a step is taken, another one for every
  // kFramesPerStep frames that it lasts; the frame is never skipped for it.
  // `use` is that of the frame, encoding and tracking alike.
  std::optional<Degradation> press(PressureLevel level, const MemoryUse &use);

  // A frame went well. Returns a step that is undone by it, if any.
  std::optional<Degradation> good_frame();

  // False above the warning threshold: nothing may be kept for later frames.
  bool may_cache() const { return pressure_ == PressureLevel::kNormal; }
  const MemoryAllowance &allowance() const { return allowance_; }
  int level() const { return static_cast<int>(taken_.size()); }
  // How often a step was taken, undone or not.
  int64_t count(DegradationStep step) const { return at(step).count; }

 private:
  struct Taken {
    DegradationStep step;
    MemoryAllowance before;
  };
  struct Tally {
    int64_t count = 0;
    bool is_known = false;  // taken since memory was last enough
  };
  Tally &at(DegradationStep step) {
    return tallies_[static_cast<size_t>(step)];
  }
  const Tally &at(DegradationStep step) const {
    return tallies_[static_cast<size_t>(step)];
  }
  bool is_in_force(DegradationStep step) const;
  DegradationStep next_step(const MemoryUse &use) const;
  Degradation take(DegradationStep step, const MemoryUse &use,
                   const std::string &reason);
  Degradation undo();
  void ask_for_more_good_frames();

  MemoryAllowance allowance_;
  MemoryAllowance allowance_before_;  // the latest step or undo
  bool can_spill_;
  std::vector<Taken> taken_;  // in force, oldest first
  std::array<Tally, kDegradationSteps> tallies_;
  PressureLevel pressure_ = PressureLevel::kNormal;
  int critical_frames_ = 0;  // since the latest step for it
  int good_frames_ = 0;      // in a row
  int wanted_frames_ = kGoodFrames;
  bool is_on_trial_ = false;  // an undo that has not held yet
};

}  // namespace sam2
