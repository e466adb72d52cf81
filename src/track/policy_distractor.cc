#include <algorithm>
#include <cstdlib>

#include "track/selection_parts.h"

namespace sam2 {
namespace {

// All from the published description.
constexpr int kStride = 5;             // frames between recent memories
constexpr int kKept = 3;               // with the first prompt 4
constexpr double kLeastIou = 0.8;      // exclusive
constexpr double kAreaSlack = 0.2;     // of the median
constexpr size_t kAreas = 10;          // visible frames the median is taken of
constexpr double kMostRivalIou = 0.7;  // inclusive
constexpr int64_t kPause = 5;          // frames, exclusive

bool is_visible(const FrameRecord &record) { return record.scores.area_px > 0; }

std::vector<FrameRecord> visible(std::vector<FrameRecord> records) {
  records.erase(std::remove_if(records.begin(), records.end(),
                               [](const auto &r) { return !is_visible(r); }),
                records.end());
  return records;
}

// Median area of the frames nearest to `frame`; 0 if there are none. Of an
// even number it is the mean of the middle two. A bank that lets one go back
// holds more pointers; they must not change the choice.
double median_area(const BankRecords &records, int64_t frame,
                   const SelectionRequest &request) {
  std::vector<FrameRecord> seen = visible(records.pointers);
  seen.erase(std::remove_if(seen.begin(), seen.end(),
                            [&](const auto &r) {
                              return std::abs(r.frame - frame) >
                                     request.max_obj_ptrs;
                            }),
             seen.end());
  const std::vector<FrameRecord> prompted = visible(records.conditioning);
  seen.insert(seen.end(), prompted.begin(), prompted.end());
  std::sort(seen.begin(), seen.end(), [&](const auto &a, const auto &b) {
    return std::abs(a.frame - frame) < std::abs(b.frame - frame);
  });
  if (seen.size() > kAreas) seen.resize(kAreas);
  if (seen.empty()) return 0;
  std::vector<double> areas;
  for (const FrameRecord &record : seen) areas.push_back(record.scores.area_px);
  std::sort(areas.begin(), areas.end());
  const size_t middle = areas.size() / 2;
  return areas.size() % 2 ? areas[middle]
                          : (areas[middle - 1] + areas[middle]) / 2;
}

}  // namespace

MemoryNeeds distractor_needs(int num_maskmem) {
  return {std::max(1, (num_maskmem - 2) * kStride + 1), kKept};
}

bool keeps_distractor(const BankRecords &records, const FrameRecord &record,
                      const SelectionRequest &request) {
  const FrameScores &scores = record.scores;
  if (!is_visible(record) || scores.predicted_iou <= kLeastIou ||
      scores.rival_iou > kMostRivalIou)
    return false;
  const double median = median_area(records, record.frame, request);
  if (std::abs(scores.area_px - median) > kAreaSlack * median) return false;
  return std::none_of(records.memories.begin(), records.memories.end(),
                      [&](const FrameRecord &r) {
                        return r.is_kept &&
                               std::abs(record.frame - r.frame) <= kPause;
                      });
}

Selection select_distractor(const BankRecords &records,
                            const SelectionRequest &request) {
  const auto conditioning = split_conditioning(records.conditioning, request);
  Selection out;
  out.memories = conditioning_memories(conditioning, request);
  const auto window = window_memories(visible(records.memories), conditioning,
                                      request, kStride);
  std::vector<int64_t> kept;
  for (const FrameRecord &record : records.memories) {
    const bool is_in_window =
        std::any_of(window.begin(), window.end(),
                    [&](const auto &w) { return w.frame == record.frame; });
    if (record.is_kept && record.frame != request.frame && !is_in_window)
      kept.push_back(record.frame);
  }
  std::sort(kept.begin(), kept.end());
  for (int64_t frame : kept)
    out.memories.push_back({frame, false, request.num_maskmem - 1});
  out.memories.insert(out.memories.end(), window.begin(), window.end());
  out.pointers = recent_pointers(records, conditioning, request);
  return out;
}

}  // namespace sam2
