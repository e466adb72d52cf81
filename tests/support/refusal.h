// Asserting how something is refused. Include it after every C++ header:
// Check's macros get in their way.
#pragma once

#include <check.h>

#include <string>

#include "base/error.h"

namespace sam2::test {

// "3: Text." for the sam2::Error (code and user text) that `function` throws.
template <class Function>
std::string refusal_of(Function function) {
  try {
    function();
  } catch (const Error &error) {
    return std::to_string(static_cast<int>(error.code())) + ": " +
           error.user_text();
  }
  return "no refusal";
}

inline std::string refusal(ErrorCode code, const std::string &user_text) {
  return std::to_string(static_cast<int>(code)) + ": " + user_text;
}

}  // namespace sam2::test

// Compares two texts of any string type. Unlike ck_assert_str_eq it keeps
// temporaries alive.
#define assert_texts_equal(found, expected)                        \
  do {                                                             \
    const std::string found_text_ = (found);                       \
    const std::string expected_text_ = (expected);                 \
    ck_assert_str_eq(found_text_.c_str(), expected_text_.c_str()); \
  } while (false)

// `expression` throws a sam2::Error with exactly this code and user text.
#define assert_refused(expression, code, user_text)                         \
  assert_texts_equal(::sam2::test::refusal_of([&] { (void)(expression); }), \
                     ::sam2::test::refusal((code), (user_text)))
