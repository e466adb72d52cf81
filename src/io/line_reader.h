// Text files, line by line, in bounded memory.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace sam2 {

// A line may be this long; longer ones are stepped over.
inline constexpr size_t kMaxLineBytes = size_t{16} << 20;

enum class LineStatus { kLine, kTooLong, kEnd };

// A place between two lines of a file.
struct FilePlace {
  int64_t offset_bytes = 0;
  int64_t lines_before = 0;
};

// Lines end with LF or CR LF, the last one also with the file; a byte order
// mark at the beginning is left out. Thread-bound.
class LineReader {
 public:
  // Opens a regular file. Throws sam2::Error: kNotFound if there is none,
  // kUnreadable if it may not be read or is of another kind, such as a folder;
  // `advice` is the sentence on what to do.
  LineReader(const std::string &path, const std::string &advice);

  // The next line without its end. `line` is empty unless the answer is kLine.
  // Throws sam2::Error (kUnreadable) if the file cannot be read on.
  LineStatus next(std::string *line);

  // Behind the last line that was read.
  FilePlace place() const { return place_; }
  void go_to(FilePlace place);

  // The last line that was read, for messages: line 7 of "a.ndjson".
  std::string line_name() const;

 private:
  struct FileCloser {
    void operator()(std::FILE *file) const { std::fclose(file); }
  };

  bool fill();

  std::string path_;
  std::unique_ptr<std::FILE, FileCloser> file_;
  std::vector<char> buffer_;
  size_t position_ = 0;  // of the next byte in buffer_
  FilePlace place_;
};

}  // namespace sam2
