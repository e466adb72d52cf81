// Tracks one sequence and scores every frame.
#pragma once

#include <functional>

#include "engine/engine.h"
#include "eval/davis_folder.h"
#include "eval/first_frame_prompts.h"
#include "eval/scores.h"
#include "frame_source.h"
#include "label_map.h"

namespace sam2 {

// One frame after scoring.
struct ScoredFrame {
  size_t index = 0;
  const VideoFrame &frame;
  const LabelMap &truth;
  const LabelMap &predicted;
  const SequenceScores &scores;  // up to this frame
};
using FrameVisitor = std::function<void(const ScoredFrame &)>;

// Prompts all objects of the first frame's mask at once, tracks to the end and
// calls `visit` after each frame. `tracker` is reset first. Objects that appear
// on a later frame are not scored. Throws Error (kUnreadable) for a file that
// cannot be read, a mask of another size than its frame, and a first mask
// without objects.
SequenceScores run_sequence(const DavisSequence &sequence, PromptKind kind,
                            StreamTracker *tracker, const FrameVisitor &visit);

}  // namespace sam2
