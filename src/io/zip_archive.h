// The records of a zip file, as torch.save writes it: stored, not compressed.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace sam2 {

// Reads only the table at the end of the file at first; every offset in it is
// checked against the file. Zip64, compression and encryption are refused.
// Reentrant.
class ZipArchive {
 public:
  // `bytes` must outlive the archive; `path` is for messages. Throws
  // sam2::Error (kUnreadable).
  ZipArchive(std::string_view bytes, std::string path);

  // Name of the first record, in order of the alphabet, that ends with
  // `suffix`; empty if there is none.
  std::string name_ending_with(std::string_view suffix) const;

  bool has(const std::string &name) const { return records_.count(name) > 0; }

  // The content of a record: a part of the archive's bytes, checked against
  // its checksum on each call. Throws sam2::Error (kUnreadable) if there is no
  // such record or its checksum is wrong.
  std::string_view read(const std::string &name) const;

 private:
  struct Record {
    std::string_view bytes;
    uint32_t crc = 0;
  };

  size_t end_record_position() const;
  size_t add_record(size_t position, size_t directory_begin,
                    size_t directory_end);
  std::string_view content(uint64_t header, uint64_t size,
                           size_t directory_begin) const;

  std::string_view bytes_;
  std::string path_;
  std::map<std::string, Record> records_;
};

}  // namespace sam2
