#include "io/line_reader.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace sam2 {
namespace {

constexpr size_t kBufferBytes = size_t{64} << 10;
constexpr const char *kByteOrderMark = "\xEF\xBB\xBF";

// Why the file may not be opened; nothing if it may. Opening a pipe without a
// writer would wait for one.
void check_kind(const std::string &path, const std::string &advice) {
  const auto refuse = [&](ErrorCode code, const std::string &reason) {
    throw Error(code,
                "Could not open \"" + path + "\": " + reason + ". " + advice);
  };
  struct stat status;
  if (stat(path.c_str(), &status) != 0) {
    const int code = errno;
    const bool is_missing = code == ENOENT || code == ENOTDIR;
    refuse(is_missing ? ErrorCode::kNotFound : ErrorCode::kUnreadable,
           std::strerror(code));
  }
  if (S_ISDIR(status.st_mode)) {
    refuse(ErrorCode::kUnreadable, "it is a folder");
  }
  if (!S_ISREG(status.st_mode)) {
    refuse(ErrorCode::kUnreadable, "it is not a plain file");
  }
  if (access(path.c_str(), R_OK) != 0) {
    refuse(ErrorCode::kUnreadable, std::strerror(errno));
  }
}

}  // namespace

LineReader::LineReader(const std::string &path, const std::string &advice)
    : path_(path) {
  check_kind(path, advice);
  file_.reset(std::fopen(path.c_str(), "rb"));
  if (file_ == nullptr) {
    throw Error(ErrorCode::kUnreadable, "Could not open \"" + path +
                                            "\": " + std::strerror(errno) +
                                            ". " + advice);
  }
}

// False at the end of the file.
bool LineReader::fill() {
  position_ = 0;
  buffer_.resize(kBufferBytes);
  buffer_.resize(std::fread(buffer_.data(), 1, kBufferBytes, file_.get()));
  if (buffer_.empty() && std::ferror(file_.get()) != 0) {
    throw Error(ErrorCode::kUnreadable,
                "Could not read \"" + path_ + "\" behind line " +
                    std::to_string(place_.lines_before) + ": " +
                    std::strerror(errno) + ". Give a file on a sound disk.");
  }
  return !buffer_.empty();
}

LineStatus LineReader::next(std::string *line) {
  line->clear();
  bool is_too_long = false;
  bool has_end = false;
  int64_t bytes = 0;
  while (!has_end && (position_ < buffer_.size() || fill())) {
    const char *begin = buffer_.data() + position_;
    const size_t left = buffer_.size() - position_;
    const void *end = std::memchr(begin, '\n', left);
    has_end = end != nullptr;
    const size_t count =
        has_end ? static_cast<size_t>(static_cast<const char *>(end) - begin)
                : left;
    is_too_long = is_too_long || line->size() + count > kMaxLineBytes;
    if (!is_too_long) line->append(begin, count);
    position_ += count + (has_end ? 1 : 0);
    bytes += static_cast<int64_t>(count + (has_end ? 1 : 0));
  }
  if (bytes == 0) return LineStatus::kEnd;
  if (place_.lines_before == 0 && line->rfind(kByteOrderMark, 0) == 0) {
    line->erase(0, std::strlen(kByteOrderMark));
  }
  if (!line->empty() && line->back() == '\r') line->pop_back();
  place_.offset_bytes += bytes;
  ++place_.lines_before;
  if (!is_too_long) return LineStatus::kLine;
  line->clear();
  return LineStatus::kTooLong;
}

void LineReader::go_to(FilePlace place) {
  if (fseeko(file_.get(), place.offset_bytes, SEEK_SET) != 0) {
    throw Error(ErrorCode::kUnreadable, "Could not go back in \"" + path_ +
                                            "\": " + std::strerror(errno) +
                                            ". Give a file on a sound disk.");
  }
  buffer_.clear();
  position_ = 0;
  place_ = place;
}

std::string LineReader::line_name() const {
  return "line " + std::to_string(place_.lines_before) + " of \"" + path_ +
         "\"";
}

}  // namespace sam2
