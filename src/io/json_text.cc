#include "io/json_text.h"

namespace sam2 {

bool is_nested_deeper(std::string_view text, int levels) {
  int depth = 0;
  bool is_in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_in_string && c == '\\') {
      ++i;
    } else if (c == '"') {
      is_in_string = !is_in_string;
    } else if (!is_in_string && (c == '[' || c == '{')) {
      if (++depth > levels) return true;
    } else if (!is_in_string && (c == ']' || c == '}')) {
      --depth;
    }
  }
  return false;
}

}  // namespace sam2
