// What sam2track does when memory runs out.
#pragma once

#include <gst/gst.h>

#include <functional>
#include <memory>
#include <new>
#include <optional>

#include "base/error.h"
#include "engine/engine.h"
#include "flow_settings.h"
#include "track/degradation_ladder.h"
#include "track_stats.h"

namespace sam2 {

// Brings DegradationLadder and one stream together: work that ran out of memory
// is done again after each step, and every step is counted and told:
//
//   signal "degraded" of sam2track, and element message "sam2-degraded":
//     step             string, degradation_rows()
//     text             string, what it means and what helps
//     level            uint, steps in force
//     undone           boolean, the step was taken back
//     changes-results  boolean, masks are not those that there would have been
//   a warning with the same text, RESOURCE NO_SPACE_LEFT, for the first one of
//   its kind since memory was last enough
//
// Thread-bound.
class MemorySteps {
 public:
  // Both outlive it.
  MemorySteps(GstElement *element, TrackStats &stats)
      : element_(element), stats_(stats) {}

  // `apply` passes on what the tracker is allowed, all or nothing: kNoMemory
  // takes the step back. `can_spill`: see DegradationLadder.
  void start(std::shared_ptr<const Engine> engine, OomPolicy policy,
             const MemoryAllowance &full, bool can_spill,
             std::function<void(const MemoryAllowance &)> apply);
  void stop();

  // Before frames are encoded: takes a step if memory is under pressure.
  void look(const MemoryUse &use);

  const MemoryAllowance &allowance() const { return ladder_->allowance(); }
  // Frames that may be encoded together.
  int encoder_batch() const { return allowance().encoder_batch; }

  // Does `work`, which is as if never begun when memory runs out, until it
  // succeeds. False if there is no step left: give the frame up. Throws what
  // `work` throws, but for Error kNoMemory and std::bad_alloc, which it throws
  // with OomPolicy::kError only, and kDeviceLost: that gives the frame up at
  // once, see device_failure().
  template <typename Work>
  bool attempt(const MemoryUse &use, Work work) {
    for (;;) {
      try {
        work();
        return true;
      } catch (const Error &error) {
        if (error.code() == ErrorCode::kDeviceLost) {
          device_failure_ = error;
          return false;
        }
        if (error.code() != ErrorCode::kNoMemory || !is_tolerant()) throw;
        note(error.detail().c_str());
      } catch (const std::bad_alloc &error) {
        if (!is_tolerant()) throw;
        note(error.what());
      }
      if (!step_down(use)) return false;
    }
  }

  // A frame was tracked.
  void frame_went_well();

  // The kDeviceLost that attempt() met since start(), if any.
  const std::optional<Error> &device_failure() const { return device_failure_; }

 private:
  bool is_tolerant() const { return policy_ != OomPolicy::kError; }
  void note(const char *detail) const;
  void release_cached() const;
  bool step_down(const MemoryUse &use);
  bool is_applied(const MemoryAllowance &allowance) const;
  void act(const Degradation &change);
  void tell(const Degradation &change) const;

  GstElement *element_;
  TrackStats &stats_;
  OomPolicy policy_ = OomPolicy::kDegrade;
  std::shared_ptr<const Engine> engine_;
  std::function<void(const MemoryAllowance &)> apply_;
  std::optional<DegradationLadder> ladder_;
  std::optional<Error> device_failure_;
};

}  // namespace sam2
