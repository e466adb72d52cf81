#include "track/lifecycle_settings.h"

#include <sstream>

#include "base/error.h"

namespace sam2 {
namespace {

constexpr int kMaxFrames = 1000000;

struct Range {
  const char *name;
  double value;
  double low;
  double high;
};

// 0.7 rather than 0.700000, and 1000000 rather than 1e+06.
std::string number(double value) {
  std::ostringstream text;
  text.precision(7);
  text << value;
  return text.str();
}

// A value that is not a number is in no range.
void check(const Range &range) {
  if (range.value >= range.low && range.value <= range.high) return;
  throw Error(ErrorCode::kSetting, std::string(range.name) + " is " +
                                       number(range.value) + ". Set it to " +
                                       number(range.low) + "..." +
                                       number(range.high) + ".");
}

}  // namespace

void validate(const LifecycleSettings &s) {
  const Range kRanges[] = {
      {"prompt-interval", double(s.prompt_interval), 1, kMaxFrames},
      {"min-confidence", s.min_confidence, 0, 1},
      {"min-box", s.min_box_px, 1, 65536},
      {"duplicate-iou", s.duplicate_iou, 0, 1},
      {"mask-weight", s.mask_weight, 0, 1},
      {"min-match-score", s.min_match_score, 0.01, 1},
      {"min-iou-new-object", s.min_iou_new_object, 0.01, 1},
      {"correct-iou", s.correct_iou, 0, 1},
      {"correct-after", double(s.correct_after), 0, 1000},
      {"probation-age", double(s.probation_age), 1, 1000},
      {"probation-hits", double(s.probation_hits), 1, double(s.probation_age)},
      {"confirm-confidence", s.confirm_confidence, 0, 1},
      {"min-object-score", s.min_object_score, -100, 100},
      {"min-predicted-iou", s.min_predicted_iou, 0, 1},
      {"min-mask-area", s.min_mask_area_px, 1, 1e9},
      {"max-unmatched", double(s.max_unmatched), 0, kMaxFrames},
      {"max-lost-age", double(s.max_lost_age), 0, kMaxFrames},
      {"reacquire-window", double(s.reacquire_window), 0, kMaxFrames},
      {"min-reacquire-iou", s.min_reacquire_iou, 0.01, 1},
      {"max-objects", double(s.max_objects), 1, 10000},
  };
  for (const Range &range : kRanges) check(range);
}

}  // namespace sam2
