#include "fuzz/fuzz_tensors.h"
#include "io/safetensors.h"

using namespace sam2::test;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const FuzzFile file(data, size);
  is_taken([&] { read_all(sam2::read_safetensors(file.path()).tensors); });
  return 0;
}
