// Levels of pressure: reached at a threshold, left below it.
#include "base/pressure_gauge.h"
// Last: Check's macros get in the way of C++ headers.
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

void assert_level(PressureGauge &gauge, double share, PressureLevel level) {
  const PressureLevel found = gauge.update(share);
  ck_assert_msg(found == level, "%s at %.3f, not %s", pressure_name(found),
                share, pressure_name(level));
}

START_TEST(test_levels_are_reached_at_their_thresholds) {
  PressureGauge gauge(0.8, 0.95);
  assert_level(gauge, 0.799, PressureLevel::kNormal);
  assert_level(gauge, 0.8, PressureLevel::kWarning);
  assert_level(gauge, 0.949, PressureLevel::kWarning);
  assert_level(gauge, 0.95, PressureLevel::kCritical);
}
END_TEST

START_TEST(test_level_is_left_a_twentieth_below_its_threshold) {
  PressureGauge gauge(0.75, 0.9375);
  assert_level(gauge, 1, PressureLevel::kCritical);
  assert_level(gauge, 0.89, PressureLevel::kCritical);
  assert_level(gauge, 0.88, PressureLevel::kWarning);
  assert_level(gauge, 0.93, PressureLevel::kWarning);
  assert_level(gauge, 0.71, PressureLevel::kWarning);
  assert_level(gauge, 0.69, PressureLevel::kNormal);
  assert_level(gauge, 0.74, PressureLevel::kNormal);
}
END_TEST

START_TEST(test_a_fall_may_pass_a_level) {
  PressureGauge gauge(0.8, 0.95);
  assert_level(gauge, 1, PressureLevel::kCritical);
  assert_level(gauge, 0.1, PressureLevel::kNormal);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("pressure_gauge");
  tcase_add_test(tests, test_levels_are_reached_at_their_thresholds);
  tcase_add_test(tests, test_level_is_left_a_twentieth_below_its_threshold);
  tcase_add_test(tests, test_a_fall_may_pass_a_level);
  return run_case("base", tests);
}
