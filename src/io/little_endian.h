// Unsigned numbers as files store them, lowest byte first.
#pragma once

#include <cassert>
#include <cstdint>
#include <string_view>

namespace sam2 {

// The number in bytes [position, position + count) of `bytes`; count <= 8.
// The caller has checked that they are there.
inline uint64_t little_endian(std::string_view bytes, size_t position,
                              int count) {
  assert(position + count <= bytes.size());
  uint64_t value = 0;
  for (int i = count - 1; i >= 0; --i) {
    value = value << 8 | static_cast<uint8_t>(bytes[position + i]);
  }
  return value;
}

}  // namespace sam2
