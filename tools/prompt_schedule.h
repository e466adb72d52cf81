// Hands out prompts when their time has come.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "base/geometry.h"
#include "io/prompt_text.h"
#include "track/prompt.h"

namespace sam2 {

// Reentrant.
class PromptSchedule {
 public:
  explicit PromptSchedule(std::vector<TimedPrompt> prompts)
      : waiting_(std::move(prompts)) {}

  // True if a prompt that was not handed out yet names a time.
  bool needs_time() const;

  // Of the prompts that were not handed out yet.
  std::set<int64_t> object_ids() const;

  // The prompts for a frame of size `frame` at `pts_ns`: those without a time
  // on the first call, the others on the first frame that is not before their
  // time, in the order of the text. Masks are loaded from their files. Throws
  // Error as resolve() and read_mask() do.
  std::vector<Prompt> take_due(std::optional<int64_t> pts_ns, SizePx frame);

  bool is_done() const { return waiting_.empty(); }

 private:
  std::vector<TimedPrompt> waiting_;
};

}  // namespace sam2
