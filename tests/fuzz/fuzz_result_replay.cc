// Files of results, as a stream goes through them, back and on again.
#include <algorithm>
#include <cctype>

#include "fuzz/fuzzing.h"
#include "io/result_replay.h"

using namespace sam2::test;

namespace {

// Large masks take time and bring nothing new.
bool is_small(std::string_view text) {
  int digits = 0, most = 0;
  for (const char c : text) {
    digits = std::isdigit(static_cast<unsigned char>(c)) ? digits + 1 : 0;
    most = std::max(most, digits);
  }
  return most <= 3;
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (!is_small(text_of(data, size))) return 0;
  const FuzzFile file(data, size);
  is_taken([&] {
    int warnings = 0;
    sam2::ResultReplay replay(file.path(),
                              [&](const sam2::Error &) { ++warnings; });
    for (int round = 0; round < 2; ++round) {
      for (int64_t key = 0; key < 40; key += 3) replay.find(key, 1, {64, 48});
      replay.go_to(5, 1);
    }
    require(warnings <= sam2::ResultReplay::kMaxWarnings);
  });
  return 0;
}
