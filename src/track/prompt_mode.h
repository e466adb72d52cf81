// On which frames the detections from upstream become prompts. Pure.
#pragma once

#include <cstdint>
#include <optional>

namespace sam2 {

enum class PromptMode {
  kOnDemand,      // when asked for
  kFirstFrame,    // once: on the first frame on which something usable is found
  kEveryNFrames,  // when prompt-interval frames have passed since the last time
  kEveryFrame,
};

// One frame, as far as it matters here.
struct PromptTurn {
  int64_t frame = 0;
  bool has_detector_run = false;       // it may have found nothing
  bool has_usable_detections = false;  // after the filters
  bool is_requested = false;           // somebody asks for it now
  std::optional<int64_t> last_used;    // frame of the last time, none = never
};

// Whether the detections of this frame are used. A frame on which no detector
// has run never is: the next one on which it has takes its turn.
// `prompt_interval` is in frames, 1 or more.
bool uses_detections(PromptMode mode, int prompt_interval,
                     const PromptTurn &turn);

// Whether the mode looks at detections again and again, so that a first
// impression can be confirmed.
bool is_recurring(PromptMode mode);

}  // namespace sam2
