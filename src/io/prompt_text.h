// The prompt grammar of gst-launch lines and of the command line.
//
//   text   = clause { ";" clause }
//   clause = [ "@" number "s" ] id ":" what
//   what   = "box=" x "," y "," width "," height
//          | "points=" x "," y "," ("+" | "-") { " " x "," y "," ("+" | "-") }
//          | "mask=" file name, up to ";" or the end
//
// Lengths are pixels of the incoming frame; "%" after one means percent of
// the width (x, width) or of the height (y, height). Space around every part
// is ignored. "+" marks the object, "-" what does not belong to it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/geometry.h"
#include "io/mask_rle.h"
#include "track/prompt.h"

namespace sam2 {

// Pixels, or percent of the frame's width or height.
struct PromptLength {
  float value = 0;
  bool is_percent = false;
};

struct UnresolvedPoint {
  PromptLength x;
  PromptLength y;
  bool is_positive = true;
};

struct UnresolvedBox {
  PromptLength x;
  PromptLength y;
  PromptLength width;
  PromptLength height;
};

// All that a text or a file says about one object at one time.
struct TimedPrompt {
  // The frame it is meant for, by stream time or by number counted from 0; at
  // most one of the two is set. None = the next frame. The text knows no
  // numbers, labels and masks in memory; files do (prompt_file.h).
  std::optional<int64_t> time_ns;
  std::optional<int64_t> frame_index;
  int64_t object_id = 0;
  std::string label;  // may be empty
  std::optional<UnresolvedBox> box;
  std::vector<UnresolvedPoint> points;
  std::string mask_file;  // as written, empty if none; the caller loads it
  EncodedMask mask;       // in memory, empty if none
};

// Parses `text`. Clauses about the same object at the same time are merged;
// otherwise the order of the text is kept. Empty text gives no prompts.
// Throws sam2::Error (kSetting) naming the character (counted from 1) of the
// first mistake. Reentrant.
std::vector<TimedPrompt> parse_prompt_text(std::string_view text);

// What follows "points=" in a clause, and nothing else. The same errors.
std::vector<UnresolvedPoint> parse_points_text(std::string_view text);

// The prompt in pixels of a frame of size `frame`. Prompt::mask is that of
// `mask`, in its own size; `mask_file` is not looked at. A box is clipped to
// the frame. Throws sam2::Error (kSetting) for a box with no pixel inside the
// frame and for a point outside it (its right and bottom edge belong to the
// frame). Reentrant.
Prompt resolve(const TimedPrompt &prompt, SizePx frame);

}  // namespace sam2
