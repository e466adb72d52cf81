// Trackers saved and restored, and what they are prompted with.
#pragma once

#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <string>

#include "track/micro_clip.h"
#include "track/state_file.h"
#include "track/tracker.h"

namespace sam2::test {

inline PromptTensors click(float x_px, float y_px,
                           PointLabel label = kPositive) {
  PromptTensors prompt;
  prompt.points.coords = at::tensor({x_px, y_px}).view({1, 1, 2});
  prompt.points.labels = at::tensor({int{label}}, at::kInt).view({1, 1});
  return prompt;
}

// The object is not there.
inline PromptTensors empty_mask() {
  PromptTensors prompt;
  const int64_t side = micro_model()->input_size_px();
  prompt.mask = at::zeros({1, 1, side, side});
  return prompt;
}

inline void save(const Tracker &tracker, const std::string &path) {
  Tracker copy = tracker;
  write_state(path, tracker.state_identity(),
              [&](const StateScope &scope) { copy.visit(scope); });
}

inline void restore(Tracker &tracker, const std::string &path) {
  Tracker restored = tracker;
  read_state(path, tracker.state_identity(),
             [&](const StateScope &scope) { restored.visit(scope); });
  tracker.swap_objects(restored);
}

}  // namespace sam2::test
