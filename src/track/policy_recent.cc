#include <algorithm>
#include <cstdlib>

#include "track/selection_policy.h"

namespace sam2 {
namespace {

bool holds(const std::vector<FrameRecord> &records, int64_t frame) {
  return std::any_of(records.begin(), records.end(),
                     [&](const auto &r) { return r.frame == frame; });
}

struct ConditioningSplit {
  std::vector<int64_t> selected;
  std::vector<int64_t> unselected;
};

// Nearest before the frame, nearest at or after it, then by distance.
ConditioningSplit split_conditioning(const std::vector<FrameRecord> &records,
                                     const SelectionRequest &request) {
  ConditioningSplit split;
  for (const auto &r : records) split.selected.push_back(r.frame);
  const size_t limit = request.max_cond_frames;
  if (request.max_cond_frames <= 0 || split.selected.size() <= limit)
    return split;
  std::vector<int64_t> rest;
  rest.swap(split.selected);
  const int64_t now = request.frame;
  const auto take_best = [&](auto is_candidate) {
    auto best = rest.end();
    for (auto it = rest.begin(); it != rest.end(); ++it)
      if (is_candidate(*it) &&
          (best == rest.end() || std::abs(*it - now) < std::abs(*best - now)))
        best = it;
    if (best == rest.end() || split.selected.size() == limit) return;
    split.selected.push_back(*best);
    rest.erase(best);
  };
  take_best([&](int64_t f) { return f < now; });
  take_best([&](int64_t f) { return f >= now; });
  while (split.selected.size() < limit) take_best([](int64_t) { return true; });
  split.unselected = rest;
  return split;
}

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

// A tracked frame's entry, else a conditioning one that was not selected.
template <class Pick>
bool pick_frame(const std::vector<FrameRecord> &tracked,
                const ConditioningSplit &conditioning, int64_t frame,
                Pick &pick) {
  const auto &spare = conditioning.unselected;
  pick.frame = frame;
  pick.is_conditioning = false;
  if (holds(tracked, frame)) return true;
  pick.is_conditioning = true;
  return std::find(spare.begin(), spare.end(), frame) != spare.end();
}

}  // namespace

Selection select_recent(const BankRecords &records,
                        const SelectionRequest &request) {
  const auto conditioning = split_conditioning(records.conditioning, request);
  Selection out;
  for (int64_t frame : conditioning.selected)
    out.memories.push_back({frame, true, request.num_maskmem - 1});
  for (int place = 1; place < request.num_maskmem; ++place) {
    const int64_t steps_back = request.num_maskmem - place;
    MemoryPick pick;
    pick.position_row = request.num_maskmem - place - 1;
    if (pick_frame(records.memories, conditioning,
                   window_frame(request, steps_back), pick))
      out.memories.push_back(pick);
  }
  const int64_t sign = request.is_reverse ? -1 : 1;
  for (int64_t frame : conditioning.selected) {
    const int64_t back = (request.frame - frame) * sign;
    if (back >= 0) out.pointers.push_back({frame, true, back});
  }
  for (int64_t back = 1; back < request.max_obj_ptrs; ++back) {
    PointerPick pick;
    pick.frames_back = back;
    if (pick_frame(records.pointers, conditioning, request.frame - sign * back,
                   pick))
      out.pointers.push_back(pick);
  }
  return out;
}

}  // namespace sam2
