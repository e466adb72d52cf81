#include "track/selection_parts.h"

#include <algorithm>
#include <cstdlib>

namespace sam2 {

bool holds(const std::vector<FrameRecord> &records, int64_t frame) {
  return std::any_of(records.begin(), records.end(),
                     [&](const auto &r) { return r.frame == frame; });
}

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

std::vector<MemoryPick> conditioning_memories(
    const ConditioningSplit &conditioning, const SelectionRequest &request) {
  std::vector<MemoryPick> picks;
  for (int64_t frame : conditioning.selected)
    picks.push_back({frame, true, request.num_maskmem - 1});
  return picks;
}

std::vector<PointerPick> recent_pointers(const BankRecords &records,
                                         const ConditioningSplit &conditioning,
                                         const SelectionRequest &request) {
  std::vector<PointerPick> picks;
  const int64_t sign = request.is_reverse ? -1 : 1;
  for (int64_t frame : conditioning.selected) {
    const int64_t back = (request.frame - frame) * sign;
    if (back >= 0) picks.push_back({frame, true, back});
  }
  for (int64_t back = 1; back < request.max_obj_ptrs; ++back) {
    PointerPick pick;
    pick.frames_back = back;
    if (pick_frame(records.pointers, conditioning, request.frame - sign * back,
                   pick))
      picks.push_back(pick);
  }
  return picks;
}

}  // namespace sam2
