#include "auto_prompt.h"

#include <utility>

namespace sam2 {
namespace {

// The bundled model's edges are soft and its estimates low: 0.64 and 0.73 for a
// clear disc, less for everything in a real picture. What a model is less sure
// of than of others comes last anyway, and max-objects ends the list.
constexpr float kMinStability = 0.4F;
constexpr float kMinPredictedIou = 0.4F;

Prompt center_of(SizePx frame_size) {
  Prompt prompt;
  prompt.points = {{static_cast<float>(frame_size.width) / 2,
                    static_cast<float>(frame_size.height) / 2, true}};
  return prompt;
}

}  // namespace

std::vector<Prompt> auto_prompts(
    AutoPrompt kind, const Engine &engine,
    const std::shared_ptr<const EncodedImage> &frame, int most) {
  if (kind == AutoPrompt::kNone || most < 1) return {};
  if (kind == AutoPrompt::kCenter) return {center_of(frame->frame_size())};
  ProposalSettings settings;
  settings.max_count = most;
  settings.min_stability = kMinStability;
  settings.min_predicted_iou = kMinPredictedIou;
  std::vector<Prompt> prompts;
  for (Proposal &proposal : engine.propose(frame, settings)) {
    prompts.emplace_back();
    prompts.back().mask = std::move(proposal.mask);
  }
  return prompts;
}

}  // namespace sam2
