// Prompts that nobody has given.
#pragma once

#include <memory>
#include <vector>

#include "engine/engine.h"

namespace sam2 {

// What is tracked from the first frame on.
enum class AutoPrompt {
  kNone,
  kCenter,      // what is in the middle
  kEverything,  // what Engine::propose() finds
};

// Prompts for a frame that `engine` has encoded, `most` at most, the best
// first; their ids are for the caller to give. Throws what Engine throws.
std::vector<Prompt> auto_prompts(
    AutoPrompt kind, const Engine &engine,
    const std::shared_ptr<const EncodedImage> &frame, int most);

}  // namespace sam2
