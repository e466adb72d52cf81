#include "io/mapped_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "io/file_error.h"
#include "io/json_ptr.h"

namespace sam2 {
namespace {

class FileDescriptor {
 public:
  explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
  ~FileDescriptor() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  FileDescriptor(const FileDescriptor &) = delete;
  FileDescriptor &operator=(const FileDescriptor &) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

[[noreturn]] void refuse_opening(const std::string &path, int error_number) {
  if (error_number == ENOENT || error_number == ENOTDIR) {
    throw Error(ErrorCode::kNotFound,
                "Could not find the checkpoint \"" + path +
                    "\". Set model-file to a SAM 2 .pt or .safetensors file.");
  }
  const std::string reason = error_number == EACCES
                                 ? "it may not be read by this user"
                                 : "opening it failed";
  refuse_file(path, reason, g_strerror(error_number));
}

}  // namespace

std::shared_ptr<const MappedFile> MappedFile::open(const std::string &path) {
  // Non-blocking: opening a pipe must not wait for its writer.
  const FileDescriptor file(
      ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) refuse_opening(path, errno);
  struct stat status = {};
  if (fstat(file.get(), &status) != 0) refuse_opening(path, errno);
  if (S_ISDIR(status.st_mode)) refuse_file(path, "it is a folder");
  if (!S_ISREG(status.st_mode)) refuse_file(path, "it is not a regular file");
  if (status.st_size == 0) refuse_file(path, "it is empty");
  GError *raw_error = nullptr;
  GMappedFile *mapped = g_mapped_file_new_from_fd(file.get(), TRUE, &raw_error);
  if (mapped == nullptr) {
    const GErrorPtr error(raw_error);
    refuse_file(path, "mapping it into memory failed", error->message);
  }
  const std::shared_ptr<const MappedFile> result(new MappedFile(mapped));
  if (result->bytes().empty()) refuse_file(path, "it is empty");
  return result;
}

}  // namespace sam2
