// A stream in which all that there is happens, for suites that compare runs of
// it.
#pragma once

#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/stream_tracker.h"
#include "track/micro_clip.h"

namespace sam2::test {

inline constexpr const char *kPolicies[] = {"recent", "samurai", "distractor"};
inline constexpr int kPolicyCount = 3;

inline std::string text(const ObjectResult &object) {
  const auto &pixels = object.mask.pixels;
  const std::string_view bytes(reinterpret_cast<const char *>(pixels.data()),
                               pixels.size());
  char out[200];
  std::snprintf(out, sizeof out, " [%d %a %a %g,%g %dx%d %zx %d%d %d-%d]",
                static_cast<int>(object.object_id), object.predicted_iou,
                object.object_score, object.box.x, object.box.y,
                object.mask.width, object.mask.height,
                std::hash<std::string_view>()(bytes), object.is_lost,
                object.is_coasted, static_cast<int>(object.first_seen),
                static_cast<int>(object.last_seen));
  return out;
}

// All numbers to the bit, masks as their hash.
inline std::string text(const FrameResult &result) {
  std::string out = std::to_string(result.frame_index);
  for (const ObjectResult &object : result.objects) out += text(object);
  return out;
}

inline Prompt click(int64_t id, float x_px, float y_px,
                    bool is_positive = true) {
  Prompt prompt;
  prompt.object_id = id;
  prompt.points = {{x_px, y_px, is_positive}};
  return prompt;
}

// What happens to a tracker, one call each; says what it answered.
using Call = std::function<std::string(StreamTracker &)>;

inline Call tracked(int frame) {
  return [frame](StreamTracker &t) { return text(t.track(clip_frame(frame))); };
}

// To the host store or back; passes are of two objects from then on.
inline Call moved_memories(bool to_store) {
  return [to_store](StreamTracker &t) {
    TrackerEffort effort = t.effort();
    effort.objects_per_pass = 2;
    effort.spills_bank = to_store;
    t.set_effort(effort);
    return std::string();
  };
}

// Six tracked frames with three objects: a click, a box and a mask, a
// correction, one of a frame that is held, and a skipped frame.
inline std::vector<Call> calls() {
  const auto prompted = [](const Prompt &prompt) -> Call {
    return [prompt](StreamTracker &t) {
      t.add_prompt(prompt);
      return std::string();
    };
  };
  Prompt box;
  box.object_id = 2;
  box.box = BoxPx{180, 50, 30, 40};
  Prompt mask;
  mask.object_id = 3;
  mask.mask = MaskImage{kClipWidth, kClipHeight,
                        std::vector<uint8_t>(kClipWidth * kClipHeight, 255)};
  const Call late = [](StreamTracker &t) {
    std::string out;
    for (const auto &result : t.prompt_at(3, click(2, 190, 60)))
      out += text(result);
    return out;
  };
  const Call skipped = [](StreamTracker &t) {
    return text(t.skip(clip_frame(5)));
  };
  return {prompted(click(1, 110, 28)),
          prompted(box),
          tracked(0),
          prompted(mask),
          tracked(1),
          tracked(2),
          prompted(click(1, 90, 30, false)),
          tracked(3),
          tracked(4),
          late,
          skipped,
          tracked(6)};
}

inline TrackerSettings settings_of(const std::string &policy) {
  TrackerSettings settings;
  settings.memory_policy = policy;
  settings.frames_held = 2;
  settings.camera_motion = true;
  settings.samurai.stable_frames_threshold = 1;
  return settings;
}

inline std::shared_ptr<const Sam2Model> small_model() {
  constexpr int kSide = 64;
  static const auto model =
      std::make_shared<Sam2Model>(micro_model()->network(), kSide);
  return model;
}

}  // namespace sam2::test
