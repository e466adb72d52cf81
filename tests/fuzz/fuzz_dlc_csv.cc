// Tables of DeepLabCut.
#include "fuzz/fuzzing.h"
#include "io/dlc_csv.h"

using namespace sam2::test;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const FuzzFile file(data, size);
  is_taken([&] {
    sam2::LineReader reader(file.path(), "Give another file.");
    for (const auto &prompt : sam2::read_dlc_prompts(&reader, 0.6))
      is_taken([&] { sam2::resolve(prompt, {640, 480}); });
  });
  return 0;
}
