// sam2track when the device of the real tracker library fails for good. Every
// test is a process of its own (Check forks).
#include "real_run.h"

namespace {

using sam2::inject;
using sam2::RealRun;
using sam2::SeenObjects;

// Which of the process' sets of weights an element that starts now gets.
int64_t load_number() {
  return sam2::engine_api().open(sam2::real_model())->info().load_number;
}

SeenObjects lose_device_of(RealRun &run) {
  inject({1, false, 0, true});
  const SeenObjects objects = run.push_and_pull();
  inject({});
  return objects;
}

void assert_objects(const SeenObjects &objects, bool are_coasted) {
  fail_unless_equals_int(objects.size(), 2);
  for (const auto &object : objects)
    fail_unless(object.is_coasted == are_coasted);
}

GST_START_TEST(test_frame_coasts_and_weights_are_loaded_anew) {
  RealRun run("");
  const int64_t before = load_number();
  run.add_objects(1, 2);
  // The generated model loses them on the next one.
  assert_objects(run.push_and_pull(), false);
  assert_objects(lose_device_of(run), true);
  assert_objects(run.push_and_pull(), false);
  fail_unless_equals_int64(load_number(), before + 1);
  const auto warning = sam2::pop_message(run.bus(), GST_MESSAGE_WARNING);
  fail_unless(warning != nullptr);
  fail_unless(sam2::posted_errors(run.bus()).empty());
}
GST_END_TEST

GST_START_TEST(test_who_shares_the_weights_goes_on_until_it_fails_itself) {
  RealRun alone("", 1);
  alone.add_objects(1, 2);
  const auto wanted = alone.push_and_pull(4);
  RealRun one(""), other("", 1);
  one.add_objects(1, 2);
  other.add_objects(1, 2);
  one.push_and_pull();
  fail_unless(other.push_and_pull() == wanted[0]);
  lose_device_of(one);
  const int64_t anew = load_number();
  for (int i = 1; i < 4; ++i) fail_unless(other.push_and_pull() == wanted[i]);
  lose_device_of(other);
  other.add_objects(3, 4);
  assert_objects(other.push_and_pull(), false);
  fail_unless_equals_int64(load_number(), anew);
}
GST_END_TEST

Suite *real_device_lost_suite() {
  Suite *suite = suite_create("real_device_lost");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_frame_coasts_and_weights_are_loaded_anew);
  tcase_add_test(cases,
                 test_who_shares_the_weights_goes_on_until_it_fails_itself);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(real_device_lost)
