// Limits and thresholds of memory: their ranges, and the environment's say.
#include <glib.h>

#include <string>

#include "base/memory_settings.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

EnvironmentMemory with(const char *variable, const char *text) {
  g_setenv(variable, text, TRUE);
  EnvironmentMemory read = memory_settings_from_environment();
  g_unsetenv(variable);
  return read;
}

START_TEST(test_variables_change_the_defaults) {
  ck_assert_double_eq(with("SAM_GPU_MEMORY_FRACTION", "0.5").settings.fraction,
                      0.5);
  ck_assert_double_eq(
      with("SAM_MEMORY_WARNING_THRESHOLD", "0.25").settings.warning, 0.25);
  ck_assert_double_eq(
      with("SAM_MEMORY_CRITICAL_THRESHOLD", "1").settings.critical, 1);
  ck_assert(!with("SAM_ENABLE_MEMORY_GROWTH", "False").settings.growth);
  ck_assert(with("SAM_ENABLE_MEMORY_GROWTH", "1").settings.growth);
}
END_TEST

START_TEST(test_without_variables_the_defaults_are_the_documented_ones) {
  const EnvironmentMemory read = memory_settings_from_environment();
  ck_assert_uint_eq(read.settings.limit_bytes, 0);
  ck_assert_double_eq(read.settings.fraction, 0.9);
  ck_assert_double_eq(read.settings.warning, 0.8);
  ck_assert_double_eq(read.settings.critical, 0.95);
  ck_assert(read.settings.growth);
  ck_assert_uint_eq(read.warnings.size(), 0);
}
END_TEST

const struct {
  const char *variable;
  const char *text;
} kUnusable[] = {
    {"SAM_GPU_MEMORY_FRACTION", ""},
    {"SAM_GPU_MEMORY_FRACTION", "0"},
    {"SAM_GPU_MEMORY_FRACTION", "1.01"},
    {"SAM_GPU_MEMORY_FRACTION", "0.5x"},
    {"SAM_MEMORY_WARNING_THRESHOLD", "nan"},
    {"SAM_MEMORY_CRITICAL_THRESHOLD", "0,9"},
    {"SAM_ENABLE_MEMORY_GROWTH", "maybe"},
};

START_TEST(test_unusable_variable_is_named_and_changes_nothing) {
  const auto &row = kUnusable[_i];
  const EnvironmentMemory read = with(row.variable, row.text);
  ck_assert_uint_eq(read.warnings.size(), 1);
  ck_assert(read.warnings[0].find(row.variable) != std::string::npos);
  ck_assert(read.warnings[0].find("\"" + std::string(row.text) + "\"") !=
            std::string::npos);
  ck_assert_double_eq(read.settings.fraction, 0.9);
  ck_assert_double_eq(read.settings.warning, 0.8);
  ck_assert_double_eq(read.settings.critical, 0.95);
  ck_assert(read.settings.growth);
}
END_TEST

START_TEST(test_settings_out_of_range_are_refused_by_name) {
  MemorySettings settings;
  settings.fraction = 0;
  assert_refused(check_memory_settings(settings), ErrorCode::kSetting,
                 "memory-fraction is 0. Set it to a number above 0, up to 1.");
}
END_TEST

START_TEST(test_warning_above_critical_is_refused) {
  MemorySettings settings;
  settings.warning = 0.96;
  assert_refused(check_memory_settings(settings), ErrorCode::kSetting,
                 "memory-warning-threshold is 0.96, above "
                 "memory-critical-threshold, which is 0.95. Set it to 0.95 or "
                 "less.");
  settings.critical = 0.96;
  check_memory_settings(settings);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("memory_settings");
  tcase_add_test(tests, test_variables_change_the_defaults);
  tcase_add_test(tests,
                 test_without_variables_the_defaults_are_the_documented_ones);
  tcase_add_loop_test(tests,
                      test_unusable_variable_is_named_and_changes_nothing, 0,
                      sizeof kUnusable / sizeof *kUnusable);
  tcase_add_test(tests, test_settings_out_of_range_are_refused_by_name);
  tcase_add_test(tests, test_warning_above_critical_is_refused);
  return run_case("base", tests);
}
