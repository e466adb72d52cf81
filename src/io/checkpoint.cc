#include "io/checkpoint.h"

#include <string_view>

#include "io/file_error.h"
#include "io/mapped_file.h"
#include "io/safetensors.h"
#include "io/safetensors_types.h"
#include "io/torch_zip.h"

namespace sam2 {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kZipMagic = "PK\3\4"sv;

// Beginnings of files that are often taken for checkpoints.
struct KnownBeginning {
  std::string_view bytes;
  const char *reason;
};

constexpr KnownBeginning kKnownBeginnings[] = {
    {"\x80\x02\x8A\x0Al\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19."sv,
     "it is in the format of PyTorch before 1.6; load it with a newer PyTorch "
     "and save it again"},
    {"version https://git-lfs"sv,
     "it is only a Git LFS pointer to the file; fetch it with git lfs pull"},
    {"<!DOCTYPE"sv, "it is a web page; download the file itself"},
    {"<html"sv, "it is a web page; download the file itself"},
};

bool begins_with(std::string_view bytes, std::string_view beginning) {
  return bytes.substr(0, beginning.size()) == beginning;
}

[[noreturn]] void refuse_content(std::string_view bytes,
                                 const std::string &path) {
  for (const KnownBeginning &known : kKnownBeginnings) {
    if (begins_with(bytes, known.bytes)) refuse_file(path, known.reason);
  }
  refuse_file(path, "it is neither a zip file of torch.save nor safetensors");
}

}  // namespace

Checkpoint read_checkpoint(const std::string &path) {
  const auto file = MappedFile::open(path);
  const std::string_view bytes = file->bytes();
  if (begins_with(bytes, kZipMagic)) return {read_torch_zip(file, path), ""};
  if (bytes.size() <= kSafetensorsLengthBytes ||
      bytes[kSafetensorsLengthBytes] != '{') {
    refuse_content(bytes, path);
  }
  Safetensors content = read_safetensors(file, path);
  return {std::move(content.tensors), content.metadata["config"]};
}

}  // namespace sam2
