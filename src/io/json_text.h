// Checks on JSON text before a parser sees it.
#pragma once

#include <string>
#include <string_view>

namespace sam2 {

// True if arrays and objects in `text` are nested more than `levels` deep.
// Parsers recurse, some without limit, so hostile text could use up the stack.
// Text that is not JSON gives either answer. Reentrant.
bool is_nested_deeper(std::string_view text, int levels);

// How much JSON a text may hold. json-glib takes 40 bytes of memory for two
// bytes of text, and time by the square of an object's members.
struct JsonLimits {
  int levels = 32;
  int members = 1000;        // of one object
  int outer_members = 1000;  // of the outermost one
  int containers = 1 << 16;
  int values = 1 << 21;  // separated by commas
};

// What is too much in `text`, as the end of a sentence such as "it is nested
// too deeply"; empty if nothing is. Text that is not JSON gives any answer.
// Reentrant.
std::string excess_of_json(std::string_view text, const JsonLimits &limits);

}  // namespace sam2
