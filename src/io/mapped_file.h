// A whole file in memory without a copy.
#pragma once

#include <glib.h>

#include <memory>
#include <string>
#include <string_view>

namespace sam2 {

// A private mapping of a regular file: pages are read when touched, and
// writing to them changes neither the file nor other mappings. Reading a page
// of a file that was cut short after opening ends the process (SIGBUS), so
// keep it only while loading. Thread-safe.
class MappedFile {
 public:
  // Throws sam2::Error: kNotFound if there is no such file, kUnreadable for a
  // folder, a device or pipe, an empty file and one that may not be read.
  static std::shared_ptr<const MappedFile> open(const std::string &path);

  ~MappedFile() { g_mapped_file_unref(file_); }
  MappedFile(const MappedFile &) = delete;
  MappedFile &operator=(const MappedFile &) = delete;

  // At least one byte; begins at a page.
  std::string_view bytes() const {
    return {g_mapped_file_get_contents(file_), g_mapped_file_get_length(file_)};
  }

 private:
  explicit MappedFile(GMappedFile *file) : file_(file) {}

  GMappedFile *file_;
};

}  // namespace sam2
