#include "io/file_error.h"

#include <glib.h>

#include "base/error.h"

namespace sam2 {

void refuse_file(const std::string &path, const std::string &reason,
                 const std::string &detail) {
  throw Error(ErrorCode::kUnreadable,
              "Could not read the checkpoint \"" + path + "\": " + reason +
                  ". Set model-file to a SAM 2 .pt or .safetensors file.",
              detail);
}

std::string quoted_from_file(std::string_view text) {
  constexpr size_t kMaxBytes = 60;
  std::string result = "\"";
  for (const char c : text.substr(0, kMaxBytes)) {
    result += g_ascii_isprint(c) ? c : '?';
  }
  if (text.size() > kMaxBytes) result += "...";
  return result + "\"";
}

}  // namespace sam2
