#include <algorithm>
#include <cstdlib>

#include "track/selection_parts.h"

namespace sam2 {
namespace {

// The reference never looks at frames 0 and 1 of a clip that is prompted on
// frame 0. A stream's objects come at any frame, so here an object's frames
// count from its first one.
constexpr int64_t kFirstCandidate = 2;

}  // namespace

bool is_qualified(const FrameRecord &record, const SelectionRequest &request) {
  const FrameScores &scores = record.scores;
  const MemoryThresholds &least = request.thresholds;
  return std::abs(record.frame - request.first_frame) >= kFirstCandidate &&
         scores.predicted_iou > least.predicted_iou &&
         scores.object_score > least.object_score &&
         (!scores.kf_score || *scores.kf_score > least.kf_score);
}

bool keeps_qualified(const BankRecords &, const FrameRecord &record,
                     const SelectionRequest &request) {
  return is_qualified(record, request);
}

Selection select_samurai(const BankRecords &records,
                         const SelectionRequest &request) {
  const auto conditioning = split_conditioning(records.conditioning, request);
  const int64_t sign = request.is_reverse ? -1 : 1;
  const auto frames_back = [&](int64_t frame) {
    return (request.frame - frame) * sign;
  };
  std::vector<MemoryPick> picks;  // nearest first
  MemoryPick last;
  if (pick_frame(records.memories, conditioning, request.frame - sign, last))
    picks.push_back(last);
  for (const FrameRecord &record : records.memories)
    if (frames_back(record.frame) > 1 && is_qualified(record, request))
      picks.push_back({record.frame, false, 0});
  std::sort(picks.begin(), picks.end(), [&](const auto &a, const auto &b) {
    return frames_back(a.frame) < frames_back(b.frame);
  });
  const size_t places = request.num_maskmem - 1;
  if (picks.size() > places) picks.resize(places);
  for (size_t row = 0; row < picks.size(); ++row)
    picks[row].position_row = static_cast<int>(row);
  Selection out;
  out.memories = conditioning_memories(conditioning, request);
  out.memories.insert(out.memories.end(), picks.rbegin(), picks.rend());
  out.pointers = recent_pointers(records, conditioning, request);
  return out;
}

}  // namespace sam2
