// A tracking session of the reference: what was called, what it computed.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "golden_file.h"
#include "track/motion_model.h"
#include "track/selection_policy.h"

namespace sam2::test {

// One call of the session: a prompt, or tracking through frames.
struct Call {
  bool is_prompt = false;
  // Of a prompt; points in video pixels, box as two corners or empty.
  int64_t frame = 0;
  int64_t object_id = 0;
  std::vector<float> points_xy;
  std::vector<int> labels;
  std::vector<float> box_corners;
  bool is_mask = false;
  bool keeps_old_points = false;
};

enum class EventKind {
  kPrompt = 0,
  kTrack = 1,
  kPromptMemory = 2,
  kResult = 3
};

// One step, in the order of the reference. Its tensors are named
// prefix + "low_res_masks" and so on.
struct Event {
  std::string prefix;  // "e004."
  EventKind kind = EventKind::kResult;
  size_t call = 0;        // index into Scenario::calls
  int64_t object_id = 0;  // -1 = the only one
  int64_t frame = 0;
  int64_t best_index = -1;  // of three candidates; -1 = one candidate
  bool is_reverse = false;
};

struct Scenario {
  std::string name;
  std::string model;     // small21, small20, edgetam_small, samurai,
                         // efficienttam_small[_1|_2]
  int video_frames = 0;  // length of the video; limits the pointers
  bool has_float_memories = false;
  std::vector<Call> calls;
  // Flags that departed from the defaults.
  int memory_stride = 1;
  int max_cond_frames_in_attn = -1;
  bool non_overlap_masks = false;
  bool corrections_are_conditioning = false;
  bool has_post_processing = true;  // stability rule and binarised masks
  // SAMURAI: memory policy, and the thresholds of its configuration.
  std::string memory_policy = "recent";
  double min_object_score = 0;
  MemoryThresholds memory_thresholds;
  MotionThresholds motion;
};

// All scenarios of tests/data/goldens/scenarios.json and
// efficienttam_scenarios.json.
std::vector<Scenario> load_scenarios();

// The events of a scenario's tensor file.
std::vector<Event> events_of(const GoldenFile &file);

}  // namespace sam2::test
