// What the tests of src/io share. Include it after every C++ header: Check's
// macros get in their way.
#pragma once

#include <check.h>

#include <string>

#include "base/error.h"

// Compares two texts of any string type. Unlike ck_assert_str_eq it keeps
// temporaries alive.
#define assert_text_eq(found, expected)                          \
  do {                                                           \
    const std::string found_text = (found);                      \
    const std::string expected_text = (expected);                \
    ck_assert_str_eq(found_text.c_str(), expected_text.c_str()); \
  } while (false)

namespace sam2::test {

// The user text of the sam2::Error that `function` throws.
template <typename Function>
std::string error_of(Function function) {
  try {
    function();
  } catch (const Error &error) {
    return error.user_text();
  }
  return "no error";
}

// Runs the test case `tests` and returns main()'s exit status.
inline int run(const char *name, TCase *tests) {
  Suite *suite = suite_create(name);
  suite_add_tcase(suite, tests);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  const int failures = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failures == 0 ? 0 : 1;
}

}  // namespace sam2::test
