// The config in a model file's metadata.
#include "fuzz/fuzzing.h"
#include "model/config.h"

using namespace sam2::test;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  is_taken([&] {
    const std::string once = sam2::config_to_json(
        sam2::config_from_json(std::string(text_of(data, size))));
    require(sam2::config_to_json(sam2::config_from_json(once)) == once);
  });
  return 0;
}
