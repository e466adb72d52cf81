// What the readers of checkpoint files say when they refuse one.
#pragma once

#include <string>
#include <string_view>

namespace sam2 {

// Throws sam2::Error (kUnreadable): Could not read the checkpoint "`path`":
// `reason`. Set model-file to a SAM 2 .pt or .safetensors file.
[[noreturn]] void refuse_file(const std::string &path,
                              const std::string &reason,
                              const std::string &detail = {});

// `text` from a file, in double quotes, cut to a few dozen characters and
// with "?" for every byte that is not printable ASCII: it may be hostile.
std::string quoted_from_file(std::string_view text);

}  // namespace sam2
