#include "prompt_schedule.h"

#include <algorithm>

#include "label_map.h"

namespace sam2 {

bool PromptSchedule::needs_time() const {
  return std::any_of(
      waiting_.begin(), waiting_.end(),
      [](const TimedPrompt &p) { return p.time_ns.has_value(); });
}

std::set<int64_t> PromptSchedule::object_ids() const {
  std::set<int64_t> ids;
  for (const TimedPrompt &prompt : waiting_) ids.insert(prompt.object_id);
  return ids;
}

std::vector<Prompt> PromptSchedule::take_due(std::optional<int64_t> pts_ns,
                                             SizePx frame) {
  const auto is_due = [pts_ns](const TimedPrompt &prompt) {
    return !prompt.time_ns || (pts_ns && *prompt.time_ns <= *pts_ns);
  };
  std::vector<Prompt> due;
  std::vector<TimedPrompt> later;
  for (TimedPrompt &timed : waiting_) {
    if (!is_due(timed)) {
      later.push_back(std::move(timed));
      continue;
    }
    due.push_back(resolve(timed, frame));
    if (!timed.mask_file.empty()) due.back().mask = read_mask(timed.mask_file);
  }
  waiting_ = std::move(later);
  return due;
}

}  // namespace sam2
