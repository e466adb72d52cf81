// Telling a scenario and comparing it with what is expected. Include it after
// every C++ header: Check's macros get in their way.
#pragma once

#include <check.h>

#include "track/lifecycle_text.h"

namespace sam2::test {

inline void check_story(const Scenario &scenario) {
  const std::string found = story(scenario);
  const std::string expected = expected_story(scenario);
  ck_assert_msg(found == expected, "%s\n%sinstead of\n%s", scenario.name,
                found.c_str(), expected.c_str());
}

}  // namespace sam2::test
