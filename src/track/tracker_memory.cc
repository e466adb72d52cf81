// How much a tracker remembers, and where that lies.
#include <c10/core/InferenceMode.h>

#include <algorithm>

#include "track/tracker.h"

namespace sam2 {

void Tracker::move_memories(bool to_store) {
  const c10::InferenceMode guard;
  std::vector<Object> moved = objects_;
  for (Object &object : moved)
    object.bank.move_memories(to_store ? store_ : nullptr);
  objects_.swap(moved);
  options_.spills_bank = to_store;
}

int64_t Tracker::bank_bytes() const {
  int64_t total = 0;
  for (const auto &o : objects_) total += o.bank.bytes();
  return total;
}

BankOccupancy Tracker::bank_occupancy() const {
  BankOccupancy out;
  out.capacity = MemoryBank::capacity(options_.limits);
  out.is_spilled = options_.spills_bank;
  const auto add = [&out](int BankCounts::*count, const BankCounts &counts) {
    out.held.*count += counts.*count;
    out.fullest.*count = std::max(out.fullest.*count, counts.*count);
  };
  for (const Object &object : objects_) {
    const BankCounts counts = object.bank.counts();
    add(&BankCounts::memories, counts);
    add(&BankCounts::pointers, counts);
    add(&BankCounts::conditioning_frames, counts);
    out.spilled_bytes += object.bank.host_bytes();
  }
  return out;
}

int64_t Tracker::memory_bytes() const {
  return model_->memory_tokens() * model_->config().mem_dim *
         c10::elementSize(options_.memory_type);
}

int64_t Tracker::most_bank_bytes() const {
  const ModelConfig &c = model_->config();
  const int64_t mask_pixels = 16 * model_->tokens();  // a quarter of the input
  return sam2::most_bank_bytes(
      options_.limits, options_.spills_bank ? 0 : memory_bytes(),
      c.d_model * sizeof(float), mask_pixels * sizeof(float));
}

}  // namespace sam2
