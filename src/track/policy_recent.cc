#include "track/selection_parts.h"

namespace sam2 {
namespace {

// The frame that fills place `steps_back` (1 = the neighbour) of the window.
int64_t window_frame(const SelectionRequest &request, int64_t steps_back) {
  const int64_t f = request.frame;
  const int64_t stride = request.memory_stride;
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

Selection select_recent(const BankRecords &records,
                        const SelectionRequest &request) {
  const auto conditioning = split_conditioning(records.conditioning, request);
  Selection out;
  out.memories = conditioning_memories(conditioning, request);
  for (int place = 1; place < request.num_maskmem; ++place) {
    const int64_t steps_back = request.num_maskmem - place;
    MemoryPick pick;
    pick.position_row = request.num_maskmem - place - 1;
    if (pick_frame(records.memories, conditioning,
                   window_frame(request, steps_back), pick))
      out.memories.push_back(pick);
  }
  out.pointers = recent_pointers(records, conditioning, request);
  return out;
}

}  // namespace sam2
