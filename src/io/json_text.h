// Checks on JSON text before a parser sees it.
#pragma once

#include <string_view>

namespace sam2 {

// True if arrays and objects in `text` are nested more than `levels` deep.
// Parsers recurse, some without limit, so hostile text could use up the stack.
// Text that is not JSON gives either answer. Reentrant.
bool is_nested_deeper(std::string_view text, int levels);

}  // namespace sam2
