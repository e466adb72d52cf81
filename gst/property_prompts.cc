#include "property_prompts.h"

#include <utility>

#include "io/prompt_file.h"

namespace sam2 {

void PropertyPrompts::load_file(const std::string &path,
                                double dlc_likelihood) {
  auto prompts = std::make_shared<Prompts>();
  if (!path.empty()) *prompts = load_prompt_file(path, dlc_likelihood);
  const std::lock_guard<std::mutex> lock(mutex_);
  of_file_ = std::move(prompts);
}

std::vector<TimedPrompt> PropertyPrompts::with_text(
    const std::string &text) const {
  std::shared_ptr<const Prompts> of_file;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    of_file = of_file_;
  }
  Prompts prompts = *of_file;
  for (TimedPrompt &prompt : parse_prompt_text(text))
    prompts.push_back(std::move(prompt));
  return prompts;
}

}  // namespace sam2
