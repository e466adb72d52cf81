#include "io/json_text.h"

#include <vector>

namespace sam2 {
namespace {

// Calls `visit` with each character of `text` that is not within a string.
template <typename Visit>
void for_each_outside_strings(std::string_view text, Visit visit) {
  bool is_in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_in_string && c == '\\') {
      ++i;
    } else if (c == '"') {
      is_in_string = !is_in_string;
    } else if (!is_in_string && !visit(c)) {
      return;
    }
  }
}

class JsonCounter {
 public:
  explicit JsonCounter(const JsonLimits &limits) : limits_(limits) {}

  // False once there is too much.
  bool count(char c) {
    if (c == '[' || c == '{') {
      members_.push_back(0);
      ++containers_;
    } else if ((c == ']' || c == '}') && members_.size() > 1) {
      members_.pop_back();
    } else if (c == ':') {
      ++members_.back();
    } else if (c == ',') {
      ++commas_;
    }
    return excess().empty();
  }

  std::string_view excess() const {
    if (static_cast<int>(members_.size()) - 1 > limits_.levels)
      return "it is nested too deeply";
    if (members_.back() >
        (members_.size() == 2 ? limits_.outer_members : limits_.members))
      return "an object has too many members";
    if (containers_ > limits_.containers)
      return "it has too many arrays and objects";
    if (commas_ >= limits_.values) return "it has too many values";
    return {};
  }

 private:
  const JsonLimits &limits_;
  std::vector<int> members_{0};  // of the open containers, outermost first
  int containers_ = 0;
  int commas_ = 0;
};

}  // namespace

bool is_nested_deeper(std::string_view text, int levels) {
  int depth = 0;
  bool is_deeper = false;
  for_each_outside_strings(text, [&](char c) {
    if (c == '[' || c == '{') is_deeper = ++depth > levels;
    if (c == ']' || c == '}') --depth;
    return !is_deeper;
  });
  return is_deeper;
}

std::string excess_of_json(std::string_view text, const JsonLimits &limits) {
  JsonCounter counter(limits);
  for_each_outside_strings(text, [&](char c) { return counter.count(c); });
  return std::string(counter.excess());
}

}  // namespace sam2
