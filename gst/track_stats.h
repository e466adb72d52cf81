// What sam2track has done so far, in numbers.
#pragma once

#include <gst/gst.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "gst_ptr.h"
#include "track/bank_occupancy.h"
#include "track/degradation_ladder.h"

namespace sam2 {

// Parts of the work on a frame.
enum class Stage { kConvert, kEncode, kTrack, kAttach, kPush, kCount };

// Counters and times since the start of the element. Thread-safe.
class TrackStats {
 public:
  void reset();

  void count_in();
  void count_out();
  void count_dropped();
  void count_coasted();
  void add(Stage stage, std::chrono::nanoseconds time);
  void set_objects(size_t objects);
  void set_bank(const BankOccupancy &bank);
  // Of the ladder's steps: one was taken or undone.
  void count(const Degradation &change);

  uint64_t frames_out() const;
  uint64_t frames_dropped() const;

  // The structure "sam2-stats":
  //
  //   frames-in, frames-out, frames-dropped, frames-coasted  uint64
  //   frames-waiting, objects                uint
  //   memories, pointers, conditioning-frames
  //                  uint, held by the memory banks of all objects together
  //   NAME-fullest   uint, the most of them that one object holds
  //   NAME-capacity  int, how many one object may hold; -1 = no limit
  //   bank-spilled   boolean, memories lie in host memory beside the device
  //   bank-spilled-bytes  uint64, of those of all objects together
  //   degradation-level                      uint, steps in force
  //   degraded-NAME  uint64, how often the step was taken
  //                  (degradation_rows())
  //   fps            double, of the latest frames that came out
  //   NAME-ms-median, NAME-ms-p95            double, milliseconds of the latest
  //                  turns; NAME: convert, encode (of a batch, and the wait
  //                  for other elements' frames), track, attach, push
  StructurePtr structure(size_t frames_waiting) const;

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr size_t kSamples = 128;
  template <typename Value>
  struct Ring {
    std::array<Value, kSamples> values = {};
    uint64_t count = 0;  // ever added
    void add(Value value) { values[count++ % kSamples] = value; }
    size_t size() const { return count < kSamples ? count : kSamples; }
  };

  double frame_rate() const;
  void describe(GstStructure *structure, size_t stage) const;

  mutable std::mutex mutex_;  // guards all that follows
  uint64_t in_ = 0;
  uint64_t out_ = 0;
  uint64_t dropped_ = 0;
  uint64_t coasted_ = 0;
  size_t objects_ = 0;
  BankOccupancy bank_;
  int degradation_level_ = 0;
  std::array<uint64_t, kDegradationSteps> degraded_ = {};
  std::array<Ring<double>, static_cast<size_t>(Stage::kCount)> stages_ms_;
  Ring<Clock::time_point> out_times_;
};

// Adds the time from construction to destruction to a stage.
class StageTimer {
 public:
  StageTimer(TrackStats &stats, Stage stage)
      : stats_(stats),
        stage_(stage),
        start_(std::chrono::steady_clock::now()) {}
  ~StageTimer() {
    stats_.add(stage_, std::chrono::steady_clock::now() - start_);
  }
  StageTimer(const StageTimer &) = delete;
  StageTimer &operator=(const StageTimer &) = delete;

 private:
  TrackStats &stats_;
  Stage stage_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace sam2
