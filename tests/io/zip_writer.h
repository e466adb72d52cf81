// Makes zip files for tests, sound ones and damaged ones.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sam2::test {

struct ZipEntry {
  std::string name;
  std::string content;
  uint32_t method = 0;  // 8 = deflated
  uint32_t flags = 0;   // 1 = encrypted
};

inline std::string number(uint64_t value, int byte_count) {
  std::string bytes;
  for (int i = 0; i < byte_count; ++i) {
    bytes.push_back(static_cast<char>(value >> (8 * i)));
  }
  return bytes;
}

// What both headers of an entry have in common, from the version on.
inline std::string common_fields(const ZipEntry &entry) {
  return number(20, 2) + number(entry.flags, 2) + number(entry.method, 2) +
         number(0, 4) +
         number(
             crc32_z(0, reinterpret_cast<const Bytef *>(entry.content.data()),
                     entry.content.size()),
             4) +
         number(entry.content.size(), 4) + number(entry.content.size(), 4) +
         number(entry.name.size(), 2) + number(0, 2);
}

// The bytes of a zip file with `entries`, not compressed.
inline std::string make_zip(const std::vector<ZipEntry> &entries) {
  std::string file;
  std::string directory;
  for (const ZipEntry &entry : entries) {
    directory += "PK\1\2" + number(20, 2) + common_fields(entry) +
                 number(0, 2) + number(0, 2) + number(0, 2) + number(0, 4) +
                 number(file.size(), 4) + entry.name;
    file += "PK\3\4" + common_fields(entry) + entry.name + entry.content;
  }
  const std::string end = "PK\5\6" + number(0, 4) + number(entries.size(), 2) +
                          number(entries.size(), 2) +
                          number(directory.size(), 4) + number(file.size(), 4) +
                          number(0, 2);
  return file + directory + end;
}

}  // namespace sam2::test
