#include "track/prompt_mode.h"

namespace sam2 {

bool uses_detections(PromptMode mode, int prompt_interval,
                     const PromptTurn &turn) {
  if (!turn.has_detector_run) return false;
  switch (mode) {
    case PromptMode::kOnDemand:
      return turn.is_requested;
    case PromptMode::kFirstFrame:
      return !turn.last_used && turn.has_usable_detections;
    case PromptMode::kEveryNFrames:
      return !turn.last_used || turn.frame - *turn.last_used >= prompt_interval;
    case PromptMode::kEveryFrame:
      return true;
  }
  return false;
}

bool is_recurring(PromptMode mode) {
  return mode == PromptMode::kEveryNFrames || mode == PromptMode::kEveryFrame;
}

}  // namespace sam2
