#include "io/zip_archive.h"

#include <zlib.h>

#include <algorithm>

#include "io/file_error.h"
#include "io/little_endian.h"

namespace sam2 {
namespace {

using namespace std::string_view_literals;

// Signature and fixed length of the three structures we read (PKWARE's
// APPNOTE 4.3.7, 4.3.12, 4.3.16), and the offsets of the fields used.
constexpr std::string_view kLocalSignature = "PK\3\4"sv;
constexpr size_t kLocalBytes = 30;
constexpr size_t kLocalNameLength = 26;
constexpr size_t kLocalExtraLength = 28;

constexpr std::string_view kEntrySignature = "PK\1\2"sv;
constexpr size_t kEntryBytes = 46;
constexpr size_t kEntryFlags = 8;
constexpr size_t kEntryMethod = 10;
constexpr size_t kEntryCrc = 16;
constexpr size_t kEntryStoredSize = 20;
constexpr size_t kEntrySize = 24;
constexpr size_t kEntryNameLength = 28;
constexpr size_t kEntryExtraLength = 30;
constexpr size_t kEntryCommentLength = 32;
constexpr size_t kEntryHeaderOffset = 42;

constexpr std::string_view kEndSignature = "PK\5\6"sv;
constexpr size_t kEndBytes = 22;
constexpr size_t kEndCount = 10;
constexpr size_t kEndDirectorySize = 12;
constexpr size_t kEndDirectoryOffset = 16;
constexpr size_t kEndCommentLength = 20;
constexpr size_t kMaxCommentBytes = 0xFFFF;

constexpr uint64_t kEncryptedFlag = 1;
constexpr uint64_t kStored = 0;
// Fields with this value mean "see the zip64 record".
constexpr uint64_t kZip64Count = 0xFFFF;
constexpr uint64_t kZip64Size = 0xFFFFFFFF;

constexpr const char *kCutShort =
    "the end of the file is missing; download or copy it again";
constexpr const char *kDamagedTable =
    "its table of contents is damaged; download or copy it again";
constexpr const char *kTooLarge = "it is larger than 4 GiB";

}  // namespace

ZipArchive::ZipArchive(std::string_view bytes, std::string path)
    : bytes_(bytes), path_(std::move(path)) {
  const size_t end = end_record_position();
  const uint64_t count = little_endian(bytes_, end + kEndCount, 2);
  const uint64_t size = little_endian(bytes_, end + kEndDirectorySize, 4);
  const uint64_t begin = little_endian(bytes_, end + kEndDirectoryOffset, 4);
  if (count == kZip64Count || size == kZip64Size || begin == kZip64Size) {
    refuse_file(path_, kTooLarge);
  }
  if (begin + size > end) refuse_file(path_, kDamagedTable);
  size_t position = begin;
  for (uint64_t i = 0; i < count; ++i) {
    position = add_record(position, begin, begin + size);
  }
}

size_t ZipArchive::end_record_position() const {
  if (bytes_.size() < kEndBytes) refuse_file(path_, kCutShort);
  const size_t last = bytes_.size() - kEndBytes;
  const size_t first = last - std::min(last, kMaxCommentBytes);
  for (size_t position = last + 1; position-- > first;) {
    if (bytes_.substr(position, kEndSignature.size()) != kEndSignature) {
      continue;
    }
    const size_t comment =
        little_endian(bytes_, position + kEndCommentLength, 2);
    if (position + kEndBytes + comment == bytes_.size()) return position;
  }
  refuse_file(path_, kCutShort);
}

// Returns the position of the next entry.
size_t ZipArchive::add_record(size_t position, size_t directory_begin,
                              size_t directory_end) {
  const std::string_view entry =
      bytes_.substr(position, directory_end - position);
  if (entry.size() < kEntryBytes ||
      entry.substr(0, kEntrySignature.size()) != kEntrySignature) {
    refuse_file(path_, kDamagedTable);
  }
  const size_t name_bytes = little_endian(entry, kEntryNameLength, 2);
  const size_t entry_bytes = kEntryBytes + name_bytes +
                             little_endian(entry, kEntryExtraLength, 2) +
                             little_endian(entry, kEntryCommentLength, 2);
  if (entry_bytes > entry.size()) refuse_file(path_, kDamagedTable);
  const std::string name(entry.substr(kEntryBytes, name_bytes));
  const uint64_t size = little_endian(entry, kEntrySize, 4);
  const uint64_t header = little_endian(entry, kEntryHeaderOffset, 4);
  if (size == kZip64Size || header == kZip64Size) {
    refuse_file(path_, kTooLarge);
  }
  if (little_endian(entry, kEntryFlags, 2) & kEncryptedFlag) {
    refuse_file(path_, "its records are encrypted");
  }
  if (little_endian(entry, kEntryMethod, 2) != kStored ||
      little_endian(entry, kEntryStoredSize, 4) != size) {
    refuse_file(path_,
                "its records are compressed, which torch.save never "
                "does; unpack the file and try what is in it");
  }
  const auto crc = static_cast<uint32_t>(little_endian(entry, kEntryCrc, 4));
  const Record record{content(header, size, directory_begin), crc};
  if (!records_.emplace(name, record).second) {
    refuse_file(path_, "two records are named " + quoted_from_file(name));
  }
  return position + entry_bytes;
}

// The `size` bytes behind the local header at `header`.
std::string_view ZipArchive::content(uint64_t header, uint64_t size,
                                     size_t directory_begin) const {
  const std::string_view area = bytes_.substr(0, directory_begin);
  if (header + kLocalBytes > area.size() ||
      area.substr(header, kLocalSignature.size()) != kLocalSignature) {
    refuse_file(path_, kDamagedTable);
  }
  const uint64_t begin = header + kLocalBytes +
                         little_endian(area, header + kLocalNameLength, 2) +
                         little_endian(area, header + kLocalExtraLength, 2);
  if (begin + size > area.size()) refuse_file(path_, kDamagedTable);
  return area.substr(begin, size);
}

std::string ZipArchive::name_ending_with(std::string_view suffix) const {
  for (const auto &[name, record] : records_) {
    if (name.size() >= suffix.size() &&
        std::string_view(name).substr(name.size() - suffix.size()) == suffix) {
      return name;
    }
  }
  return {};
}

std::string_view ZipArchive::read(const std::string &name) const {
  const auto found = records_.find(name);
  if (found == records_.end()) {
    refuse_file(path_, "the record " + quoted_from_file(name) +
                           " is missing; download or copy it again");
  }
  const Record &record = found->second;
  const auto *bytes = reinterpret_cast<const Bytef *>(record.bytes.data());
  if (crc32_z(0, bytes, record.bytes.size()) != record.crc) {
    refuse_file(path_, "the checksum of the record " + quoted_from_file(name) +
                           " is wrong; download or copy it again");
  }
  return record.bytes;
}

}  // namespace sam2
