// What tracking is going to take, before it is taken.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/engine.h"
#include "engine/frame_encoder.h"
#include "gpu/host_store.h"

namespace sam2 {

// In bytes, beside what is held already (weights, other streams' memories).
struct MemoryNeed {
  uint64_t banks = 0;   // of all objects, on the device
  uint64_t frames = 0;  // encoded ones that are held
  uint64_t work = 0;    // the most that the network computes with at a time
  uint64_t sum() const { return banks + frames + work; }
};

// Within 10 % of the peak for objects that go through the network one by one,
// and no less, but up to twice as much, for those that go together. Error
// kSetting for settings that no tracker takes.
MemoryNeed memory_need(const std::shared_ptr<const FrameEncoder> &encoder,
                       const MemoryDemand &demand);
// The same for a tracker with that store.
MemoryNeed memory_need(const std::shared_ptr<const FrameEncoder> &encoder,
                       const MemoryDemand &demand,
                       const std::shared_ptr<HostStore> &store);

// How much there is, and which property says so.
struct MemoryRoom {
  uint64_t in_use_bytes = 0;
  uint64_t limit_bytes = 0;  // 0 = none
  const char *property = "memory-limit";
};

// The demand with a smaller batch, then smaller passes, until it fits. Error
// kNoMemory if nothing helps; off the CPU, where the network's own need is not
// known exactly, only if banks and frames alone are too much.
MemoryPlan plan_memory(const std::shared_ptr<const FrameEncoder> &encoder,
                       const MemoryDemand &demand, const MemoryRoom &room);

// Takes all that the demand needs, as planned, and leaves it with the
// allocator. On the CPU, whose allocator keeps blocks by their size, blank
// frames are tracked.
void reserve_memory(const std::shared_ptr<const FrameEncoder> &encoder,
                    const MemoryDemand &demand, const MemoryPlan &plan);

}  // namespace sam2
