// One pass of clips through the network, with a loss at every answer.
// Letters: T frames, B clips, O objects, S model input side in pixels.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "clip_batch.h"
#include "model/sam2_network.h"

namespace sam2::train {

// Shares of the first frame's prompts; what is left are masks (clips of one
// frame have no mask prompts: there is nothing to learn from them).
struct PromptMix {
  double click = 0.4;
  double box = 0.35;
  // Of prompts other than masks: corrected by one more click, on the first
  // frame; in clips also on a later frame, which becomes a conditioning frame.
  double correction = 0.4;
  double late_correction = 0.15;
};

struct StepSettings {
  PromptMix prompts;
  // Frames after the first that are tracked without a loss or a gradient: what
  // is learnt on the frames after them starts from the network's own errors, as
  // in a long video, at a third of the cost (truncated back-propagation through
  // time). Less than the clip's frames - 1.
  int burn_in = 0;
};

// Mean over all answers of the step, without gradient, one value each.
struct StepReport {
  double loss = 0;
  double focal = 0;
  double dice = 0;
  double iou_error = 0;
  double object_score = 0;
  // Of the chosen masks, on frames that the network was prompted on and on
  // the others; -1 if there are none (a mask prompt is its own answer).
  double prompted_iou = -1;
  double tracked_iou = -1;
};

// The loss of a batch, with its graph. Runs the network's own inference code
// (Sam2Model) with gradients enabled; `network`'s weights must require them.
// The same batch and seed give the same loss.
at::Tensor clip_loss(const Sam2Network &network, const ClipBatch &batch,
                     const StepSettings &settings, uint64_t seed,
                     StepReport *report);

}  // namespace sam2::train
