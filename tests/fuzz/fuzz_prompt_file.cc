// Prompt files of all kinds; PNG pictures above all, with right checksums,
// which fuzzers do not guess.
#include <zlib.h>

#include "fuzz/fuzzing.h"
#include "io/prompt_file.h"

using namespace sam2::test;

namespace {

constexpr size_t kSignatureBytes = 8;
constexpr size_t kChunkBytes = 12;  // length, name and checksum
// Larger pictures take time and bring nothing new.
constexpr uint32_t kMaxSidePx = 512;

uint32_t big_endian(const std::string &bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i)
    value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
  return value;
}

void set_checksums(std::string &png) {
  size_t at = kSignatureBytes;
  while (at + kChunkBytes <= png.size()) {
    const size_t length = big_endian(png, at);
    if (length > png.size() - at - kChunkBytes) return;
    const auto *named = reinterpret_cast<const Bytef *>(&png[at + 4]);
    const auto crc = static_cast<uint32_t>(crc32_z(0, named, length + 4));
    at += length + kChunkBytes;
    for (size_t i = 0; i < 4; ++i)
      png[at - 4 + i] = static_cast<char>(crc >> (24 - 8 * i));
  }
}

bool is_large(const std::string &png) {
  constexpr size_t kWidthAt = 16, kHeightAt = 20;
  return png.size() >= kHeightAt + 4 &&
         (big_endian(png, kWidthAt) > kMaxSidePx ||
          big_endian(png, kHeightAt) > kMaxSidePx);
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::string bytes(text_of(data, size));
  if (bytes.substr(0, 4) == "\x89PNG") {
    if (is_large(bytes)) return 0;
    set_checksums(bytes);
  }
  const FuzzFile file(reinterpret_cast<const uint8_t *>(bytes.data()),
                      bytes.size());
  is_taken([&] {
    for (const auto &prompt : sam2::load_prompt_file(file.path(), 0.6))
      is_taken([&] { sam2::resolve(prompt, {640, 480}); });
  });
  return 0;
}
