// What policies have in common: prompted frames and pointers.
#pragma once

#include <cstdint>
#include <vector>

#include "track/selection_policy.h"

namespace sam2 {

// Conditioning frames: those attended to, in order, and the rest.
struct ConditioningSplit {
  std::vector<int64_t> selected;
  std::vector<int64_t> unselected;
};

// Of more than request.max_cond_frames: the nearest before the frame, the
// nearest at or after it, then by distance.
ConditioningSplit split_conditioning(const std::vector<FrameRecord> &records,
                                     const SelectionRequest &request);

// As `recent`: the neighbour of the frame and those at multiples of `stride`,
// oldest first.
std::vector<MemoryPick> window_memories(const std::vector<FrameRecord> &tracked,
                                        const ConditioningSplit &conditioning,
                                        const SelectionRequest &request,
                                        int64_t stride);

bool holds(const std::vector<FrameRecord> &records, int64_t frame);

// Fills frame and store of `pick`: the tracked frame's entry, else a
// conditioning one that was not selected. False if there is neither.
template <class Pick>
bool pick_frame(const std::vector<FrameRecord> &tracked,
                const ConditioningSplit &conditioning, int64_t frame,
                Pick &pick) {
  pick.frame = frame;
  pick.is_conditioning = !holds(tracked, frame);
  if (!pick.is_conditioning) return true;
  for (int64_t spare : conditioning.unselected)
    if (spare == frame) return true;
  return false;
}

// Memories of the selected conditioning frames, with the last position row.
std::vector<MemoryPick> conditioning_memories(
    const ConditioningSplit &conditioning, const SelectionRequest &request);

// Pointers of the selected conditioning frames that do not lie ahead, then of
// the latest max_obj_ptrs - 1 frames.
std::vector<PointerPick> recent_pointers(const BankRecords &records,
                                         const ConditioningSplit &conditioning,
                                         const SelectionRequest &request);

}  // namespace sam2
