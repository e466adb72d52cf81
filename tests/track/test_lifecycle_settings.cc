// The range of each setting, at its ends and beyond.
#include <cmath>

#include "track/lifecycle_settings.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

using S = LifecycleSettings;

const struct Case {
  const char *name;
  void (*set)(S &settings, double value);
  double low;
  double high;
  double step;  // to the next value that is out
  const char *range;
} kCases[] = {
    {"prompt-interval", [](S &s, double v) { s.prompt_interval = int(v); }, 1,
     1000000, 1, "1...1000000"},
    {"min-confidence", [](S &s, double v) { s.min_confidence = float(v); }, 0,
     1, 0.001, "0...1"},
    {"min-box", [](S &s, double v) { s.min_box_px = float(v); }, 1, 65536, 0.01,
     "1...65536"},
    {"duplicate-iou", [](S &s, double v) { s.duplicate_iou = v; }, 0, 1, 0.001,
     "0...1"},
    {"mask-weight", [](S &s, double v) { s.mask_weight = v; }, 0, 1, 0.001,
     "0...1"},
    {"min-match-score", [](S &s, double v) { s.min_match_score = v; }, 0.01, 1,
     0.001, "0.01...1"},
    {"min-iou-new-object", [](S &s, double v) { s.min_iou_new_object = v; },
     0.01, 1, 0.001, "0.01...1"},
    {"correct-iou", [](S &s, double v) { s.correct_iou = v; }, 0, 1, 0.001,
     "0...1"},
    {"correct-after", [](S &s, double v) { s.correct_after = int(v); }, 0, 1000,
     1, "0...1000"},
    {"probation-age", [](S &s, double v) { s.probation_age = int(v); }, 1, 1000,
     1, "1...1000"},
    {"probation-hits", [](S &s, double v) { s.probation_hits = int(v); }, 1, 7,
     1, "1...7"},
    {"confirm-confidence",
     [](S &s, double v) { s.confirm_confidence = float(v); }, 0, 1, 0.001,
     "0...1"},
    {"min-object-score", [](S &s, double v) { s.min_object_score = float(v); },
     -100, 100, 0.01, "-100...100"},
    {"min-predicted-iou",
     [](S &s, double v) { s.min_predicted_iou = float(v); }, 0, 1, 0.001,
     "0...1"},
    {"min-mask-area", [](S &s, double v) { s.min_mask_area_px = v; }, 1, 1e9, 1,
     "1...1e+09"},
    {"max-unmatched", [](S &s, double v) { s.max_unmatched = int(v); }, 0,
     1000000, 1, "0...1000000"},
    {"max-lost-age", [](S &s, double v) { s.max_lost_age = int(v); }, 0,
     1000000, 1, "0...1000000"},
    {"reacquire-window", [](S &s, double v) { s.reacquire_window = int(v); }, 0,
     1000000, 1, "0...1000000"},
    {"min-reacquire-iou", [](S &s, double v) { s.min_reacquire_iou = v; }, 0.01,
     1, 0.001, "0.01...1"},
    {"max-objects", [](S &s, double v) { s.max_objects = int(v); }, 1, 10000, 1,
     "1...10000"},
};
constexpr int kCaseCount = sizeof(kCases) / sizeof(kCases[0]);

S with(const Case &c, double value) {
  S settings;
  settings.probation_hits = 1;
  if (std::string(c.name) == "probation-hits") settings.probation_age = 7;
  c.set(settings, value);
  return settings;
}

std::string refusal_of_value(const Case &c, double value) {
  return refusal_of([&] { validate(with(c, value)); });
}

START_TEST(test_ends_of_the_range_are_allowed) {
  validate(with(kCases[_i], kCases[_i].low));
  validate(with(kCases[_i], kCases[_i].high));
}
END_TEST

START_TEST(test_value_out_of_range_is_refused_by_name) {
  const Case &c = kCases[_i];
  for (const double value : {c.low - c.step, c.high + c.step}) {
    const std::string text = refusal_of_value(c, value);
    const std::string range = std::string(". Set it to ") + c.range + ".";
    ck_assert_msg(text.find("2: " + std::string(c.name) + " is ") == 0, "%s",
                  text.c_str());
    ck_assert_msg(text.size() > range.size() &&
                      text.substr(text.size() - range.size()) == range,
                  "%s", text.c_str());
  }
}
END_TEST

START_TEST(test_text_has_the_value_as_it_was_given) {
  S settings;
  settings.min_confidence = 1.35F;
  assert_refused(validate(settings), ErrorCode::kSetting,
                 "min-confidence is 1.35. Set it to 0...1.");
  settings = {};
  settings.min_confidence = -0.35F;
  assert_refused(validate(settings), ErrorCode::kSetting,
                 "min-confidence is -0.35. Set it to 0...1.");
  settings = {};
  settings.prompt_interval = 1000001;
  assert_refused(validate(settings), ErrorCode::kSetting,
                 "prompt-interval is 1000001. Set it to 1...1000000.");
  settings = {};
  settings.probation_hits = 5;
  assert_refused(validate(settings), ErrorCode::kSetting,
                 "probation-hits is 5. Set it to 1...4.");
}
END_TEST

START_TEST(test_value_that_is_not_a_number_is_refused) {
  S settings;
  settings.correct_iou = std::nan("");
  assert_refused(validate(settings), ErrorCode::kSetting,
                 "correct-iou is nan. Set it to 0...1.");
}
END_TEST

START_TEST(test_defaults_are_allowed_and_those_of_the_documentation) {
  const S s;
  validate(s);
  ck_assert(s.prompt_mode == PromptMode::kEveryFrame);
  ck_assert_int_eq(s.prompt_interval, 30);
  ck_assert(s.object_classes.empty());
  ck_assert_float_eq(s.min_confidence, 0.35F);
  ck_assert_float_eq(s.min_box_px, 4);
  ck_assert_double_eq(s.duplicate_iou, 0.7);
  ck_assert_double_eq(s.mask_weight, 0.5);
  ck_assert_double_eq(s.min_match_score, 0.3);
  ck_assert_double_eq(s.min_iou_new_object, 0.7);
  ck_assert_double_eq(s.correct_iou, 0.5);
  ck_assert_int_eq(s.correct_after, 3);
  ck_assert_int_eq(s.probation_age, 4);
  ck_assert_int_eq(s.probation_hits, 3);
  ck_assert_float_eq(s.confirm_confidence, 0.9F);
  ck_assert_float_eq(s.min_object_score, 0);
  ck_assert_float_eq(s.min_predicted_iou, 0);
  ck_assert_double_eq(s.min_mask_area_px, 1);
  ck_assert_int_eq(s.max_unmatched, 0);
  ck_assert_int_eq(s.max_lost_age, 84);
  ck_assert_int_eq(s.reacquire_window, 45);
  ck_assert_double_eq(s.min_reacquire_iou, 0.2);
  ck_assert_int_eq(s.max_objects, 16);
  ck_assert(!s.reuse_ids);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("lifecycle_settings");
  tcase_add_loop_test(tests, test_ends_of_the_range_are_allowed, 0, kCaseCount);
  tcase_add_loop_test(tests, test_value_out_of_range_is_refused_by_name, 0,
                      kCaseCount);
  tcase_add_test(tests, test_text_has_the_value_as_it_was_given);
  tcase_add_test(tests, test_value_that_is_not_a_number_is_refused);
  tcase_add_test(tests,
                 test_defaults_are_allowed_and_those_of_the_documentation);
  return run_case("track", tests);
}
