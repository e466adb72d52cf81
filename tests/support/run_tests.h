// A test executable's main().
#pragma once

#include <check.h>

namespace sam2::test {

// Runs the case and returns main()'s exit status. All tests run in this
// process: LibTorch's threads do not survive a fork, and a model made once
// serves every test. meson's timeout covers the whole executable.
inline int run_case(const char *suite_name, TCase *tests) {
  Suite *suite = suite_create(suite_name);
  suite_add_tcase(suite, tests);
  SRunner *runner = srunner_create(suite);
  srunner_set_fork_status(runner, CK_NOFORK);
  srunner_run_all(runner, CK_ENV);
  const int failures = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failures == 0 ? 0 : 1;
}

}  // namespace sam2::test
