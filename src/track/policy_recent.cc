#include "track/selection_parts.h"

namespace sam2 {
namespace {

// The frame that fills place `steps_back` (1 = the neighbour) of the window.
int64_t window_frame(const SelectionRequest &request, int64_t stride,
                     int64_t steps_back) {
  const int64_t f = request.frame;
  if (!request.is_reverse) {
    if (steps_back == 1) return f - 1;
    const int64_t newest = f >= 2 ? (f - 2) / stride * stride : f - 2;
    return newest - (steps_back - 2) * stride;
  }
  if (steps_back == 1) return f + 1;
  const int64_t newest = (f + 2 + stride - 1) / stride * stride;
  return newest + (steps_back - 2) * stride;
}

}  // namespace

std::vector<MemoryPick> window_memories(const std::vector<FrameRecord> &tracked,
                                        const ConditioningSplit &conditioning,
                                        const SelectionRequest &request,
                                        int64_t stride) {
  std::vector<MemoryPick> picks;
  for (int row = request.num_maskmem - 2; row >= 0; --row) {
    MemoryPick pick;
    pick.position_row = row;
    if (pick_frame(tracked, conditioning,
                   window_frame(request, stride, row + 1), pick))
      picks.push_back(pick);
  }
  return picks;
}

Selection select_recent(const BankRecords &records,
                        const SelectionRequest &request) {
  const auto conditioning = split_conditioning(records.conditioning, request);
  Selection out;
  out.memories = conditioning_memories(conditioning, request);
  const auto window = window_memories(records.memories, conditioning, request,
                                      request.memory_stride);
  out.memories.insert(out.memories.end(), window.begin(), window.end());
  out.pointers = recent_pointers(records, conditioning, request);
  return out;
}

}  // namespace sam2
