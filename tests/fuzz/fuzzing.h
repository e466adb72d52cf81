// What the fuzzers share. A fuzzer hands arbitrary bytes to one reader, which
// has to take them or refuse them with a sam2::Error: everything else, such as
// another exception, ends the process and thereby fails.
#pragma once

#include <glib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/error.h"

// The entry that the fuzzer and tests/fuzz/replay.cc call.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

namespace sam2::test {

inline std::string_view text_of(const uint8_t *data, size_t size) {
  return {reinterpret_cast<const char *>(data), size};
}

// Fails if `is_true` is not.
inline void require(bool is_true) {
  if (!is_true) std::abort();
}

// Runs `read`; a refusal has to have a text that can be shown, whatever the
// bytes were. Returns whether it was taken.
template <typename Read>
bool is_taken(Read read) {
  try {
    read();
    return true;
  } catch (const Error &error) {
    const std::string &text = error.user_text();
    require(!text.empty());
    require(g_utf8_validate(text.data(), static_cast<gssize>(text.size()),
                            nullptr));
    return false;
  }
}

// The bytes as a file in memory.
class FuzzFile {
 public:
  FuzzFile(const uint8_t *data, size_t size)
      : descriptor_(memfd_create("fuzz", MFD_CLOEXEC)) {
    require(descriptor_ >= 0);
    require(write(descriptor_, data, size) == static_cast<ssize_t>(size));
  }
  ~FuzzFile() { close(descriptor_); }
  FuzzFile(const FuzzFile &) = delete;
  FuzzFile &operator=(const FuzzFile &) = delete;

  std::string path() const {
    return "/proc/self/fd/" + std::to_string(descriptor_);
  }

 private:
  int descriptor_;
};

}  // namespace sam2::test
