// The grammar of the property "prompt".
#include "fuzz/fuzzing.h"
#include "io/prompt_text.h"

using namespace sam2::test;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  is_taken([&] { sam2::parse_points_text(text_of(data, size)); });
  is_taken([&] {
    for (const auto &prompt : sam2::parse_prompt_text(text_of(data, size)))
      is_taken([&] { sam2::resolve(prompt, {640, 480}); });
  });
  return 0;
}
