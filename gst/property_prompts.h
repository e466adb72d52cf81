// The prompts of the properties prompt and prompt-file.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "io/prompt_text.h"

namespace sam2 {

// Thread-safe.
class PropertyPrompts {
 public:
  // Replaces the file's prompts; an empty path takes them away. Throws what
  // load_prompt_file() throws.
  void load_file(const std::string &path, double dlc_likelihood);

  // Those of the file, then those of `text`. Throws Error (kSetting) for a
  // mistake in it.
  std::vector<TimedPrompt> with_text(const std::string &text) const;

 private:
  using Prompts = std::vector<TimedPrompt>;
  mutable std::mutex mutex_;  // guards the pointer
  std::shared_ptr<const Prompts> of_file_ = std::make_shared<Prompts>();
};

}  // namespace sam2
