#include "auto_prompt.h"

#include <utility>

namespace sam2 {
namespace {

// Of clear objects in small pictures the bundled model's masks have 0.64: its
// edges are soft, and its masks coarse. What larger models are less sure of
// than others comes last anyway, and max-objects ends the list.
constexpr float kMinStability = 0.5F;

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
  std::vector<Prompt> prompts;
  for (Proposal &proposal : engine.propose(frame, settings)) {
    prompts.emplace_back();
    prompts.back().mask = std::move(proposal.mask);
  }
  return prompts;
}

}  // namespace sam2
