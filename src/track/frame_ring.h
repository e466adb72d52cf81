// Slots for frames of a stream.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "track/selection_policy.h"

namespace sam2 {

// Saves or restores frames, from `least` on, and scores of records
// (StateScope).
template <class Scope>
void visit_records(const Scope &scope, std::vector<FrameRecord> &records,
                   int64_t least) {
  std::vector<int64_t *> frames;
  std::vector<FrameScores *> scores;
  for (FrameRecord &record : records) {
    frames.push_back(&record.frame);
    scores.push_back(&record.scores);
  }
  scope.integers("frames", frames, least, Scope::kMostFrame);
  scope.scores("scores", scores);
}

// Maps frame numbers to a fixed number of slots (frame mod capacity), so that
// the storage behind the slots never moves or grows. What is kept: for each
// slot the frame written last; so after consecutive frames the latest
// `capacity`. Thread-bound.
class FrameRing {
 public:
  explicit FrameRing(int64_t capacity) : slots_(capacity, {kNone, {}}) {}

  int64_t capacity() const { return static_cast<int64_t>(slots_.size()); }

  // Slot to write `frame` into; the slot's former frame is forgotten.
  int64_t claim(int64_t frame, const FrameScores &scores = {}) {
    const int64_t slot = frame % capacity();
    slots_[slot] = {frame, scores};
    return slot;
  }
  // Slot that holds `frame`, or -1.
  int64_t find(int64_t frame) const {
    if (frame < 0) return -1;
    const int64_t slot = frame % capacity();
    return slots_[slot].frame == frame ? slot : -1;
  }
  void forget(int64_t frame) {
    const int64_t slot = find(frame);
    if (slot >= 0) slots_[slot].frame = kNone;
  }
  void forget_from(int64_t frame) {
    for (FrameRecord &record : slots_)
      if (record.frame >= frame) record.frame = kNone;
  }
  std::vector<FrameRecord> records() const {
    std::vector<FrameRecord> out;
    for (const FrameRecord &record : slots_)
      if (record.frame != kNone) out.push_back(record);
    return out;
  }

  std::vector<FrameRecord> oldest_first() const {
    std::vector<FrameRecord> out = records();
    std::sort(out.begin(), out.end(),
              [](const auto &a, const auto &b) { return a.frame < b.frame; });
    return out;
  }

  // Of a slot: whether it holds a frame.
  bool is_used(int64_t slot) const { return slots_[slot].frame != kNone; }

  // Saves or restores (StateScope); refuses frames in a foreign slot.
  template <class Scope>
  void visit(const Scope &scope) {
    visit_records(scope, slots_, kNone);
    for (int64_t slot = 0; slot < capacity(); ++slot)
      if (is_used(slot) && slots_[slot].frame % capacity() != slot)
        scope.refuse("frames", "has a frame in the wrong slot");
  }

 private:
  static constexpr int64_t kNone = -1;
  std::vector<FrameRecord> slots_;
};

// The same for frames that are far apart: the `capacity` claimed last.
// Thread-bound.
class KeptFrames {
 public:
  explicit KeptFrames(int64_t capacity) : slots_(capacity) {}

  int64_t capacity() const { return static_cast<int64_t>(slots_.size()); }

  // Slot to write `frame` into, whose former frame is forgotten; -1 if there
  // is no slot at all.
  int64_t claim(int64_t frame, const FrameScores &scores = {}) {
    if (slots_.empty()) return -1;
    forget(frame);
    const auto longest_ago = std::min_element(
        slots_.begin(), slots_.end(),
        [](const Slot &a, const Slot &b) { return a.turn < b.turn; });
    *longest_ago = {{frame, scores}, turn_++};
    return longest_ago - slots_.begin();
  }
  // Slot that holds `frame`, or -1.
  int64_t find(int64_t frame) const {
    for (size_t slot = 0; slot < slots_.size(); ++slot)
      if (slots_[slot].turn != kFree && slots_[slot].record.frame == frame)
        return static_cast<int64_t>(slot);
    return -1;
  }
  void forget(int64_t frame) {
    const int64_t slot = find(frame);
    if (slot >= 0) slots_[slot].turn = kFree;
  }
  void forget_from(int64_t frame) {
    for (Slot &slot : slots_)
      if (slot.record.frame >= frame) slot.turn = kFree;
  }
  std::vector<FrameRecord> records() const {
    std::vector<FrameRecord> out;
    for (const Slot &slot : slots_)
      if (slot.turn != kFree)
        out.push_back({slot.record.frame, slot.record.scores, true});
    return out;
  }

  // In the order in which they were claimed.
  std::vector<FrameRecord> oldest_first() const {
    std::vector<Slot> slots = slots_;
    std::sort(slots.begin(), slots.end(),
              [](const Slot &a, const Slot &b) { return a.turn < b.turn; });
    std::vector<FrameRecord> out;
    for (const Slot &slot : slots)
      if (slot.turn != kFree) out.push_back(slot.record);
    return out;
  }

  // Of a slot: whether it holds a frame.
  bool is_used(int64_t slot) const { return slots_[slot].turn != kFree; }

  // Saves or restores (StateScope); refuses turns that have not been.
  template <class Scope>
  void visit(const Scope &scope) {
    std::vector<FrameRecord> records;
    std::vector<int64_t> turns = {turn_};
    for (const Slot &slot : slots_) {
      records.push_back(slot.record);
      turns.push_back(slot.turn);
    }
    visit_records(scope, records, 0);
    scope.integers("next_turn", {&turns[0]}, 0, Scope::kMostFrame);
    std::vector<int64_t *> of_slots;
    for (size_t i = 1; i < turns.size(); ++i) of_slots.push_back(&turns[i]);
    scope.integers("turns", of_slots, kFree, turns[0] - 1);
    turn_ = turns[0];
    for (size_t i = 0; i < slots_.size(); ++i)
      slots_[i] = {records[i], turns[i + 1]};
  }

 private:
  static constexpr int64_t kFree = -1;
  struct Slot {
    FrameRecord record;
    int64_t turn = kFree;  // rises with each claim
  };
  std::vector<Slot> slots_;
  int64_t turn_ = 0;
};

}  // namespace sam2
