// Users and detections draw from the same numbers.
#include <cstdint>
#include <limits>
#include <set>
#include <thread>

#include "track/object_ids.h"
// Last: Check's macros get in the way of C++ headers.
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

constexpr int64_t kHighest = std::numeric_limits<int64_t>::max();

bool nobody(int64_t) { return false; }

START_TEST(test_users_and_detections_count_on_together) {
  ObjectIds ids;
  ck_assert_int_eq(ids.take_next(), 1);
  ck_assert_int_eq(ids.take_new(), 2);
  ck_assert_int_eq(ids.take_next(), 3);
  ck_assert_int_eq(ids.take_lowest(nobody), 4);
  ck_assert_int_eq(ids.take_new(), 5);
}
END_TEST

START_TEST(test_named_id_and_those_below_are_given_to_nobody) {
  ObjectIds ids;
  ids.reserve(7);
  ids.reserve(3);
  ck_assert_int_eq(ids.take_lowest(nobody), 8);
  ck_assert_int_eq(ids.take_next(), 8);
  ck_assert_int_eq(ids.take_new(), 9);
}
END_TEST

START_TEST(test_lowest_id_is_one_that_is_not_taken) {
  ObjectIds ids;
  const auto is_taken = [](int64_t id) { return id == 1 || id == 2; };
  ck_assert_int_eq(ids.take_lowest(is_taken), 3);
  ck_assert_int_eq(ids.take_lowest(nobody), 1);
  // What an object has had, no user gets.
  ck_assert_int_eq(ids.take_new(), 4);
}
END_TEST

START_TEST(test_restart_is_for_detections_only) {
  ObjectIds ids;
  ids.reserve(5);
  ck_assert_int_eq(ids.take_next(), 6);
  ids.restart();
  ck_assert_int_eq(ids.take_next(), 1);
  ck_assert_int_eq(ids.take_new(), 7);
  ck_assert_int_eq(ids.take_next(), 8);
}
END_TEST

START_TEST(test_cleared_ids_count_from_1) {
  ObjectIds ids;
  ids.reserve(5);
  ids.clear();
  ck_assert_int_eq(ids.take_new(), 1);
}
END_TEST

START_TEST(test_highest_id_of_all_does_not_end_the_counting) {
  ObjectIds ids;
  ids.reserve(kHighest);
  ck_assert_int_eq(ids.take_next(), 1);
  ck_assert_int_eq(ids.take_new(), 2);
}
END_TEST

START_TEST(test_threads_never_get_the_same_id) {
  ObjectIds ids;
  std::set<int64_t> of_users, of_detections;
  std::thread user([&] {
    for (int i = 0; i < 10000; ++i) of_users.insert(ids.take_new());
  });
  for (int i = 0; i < 10000; ++i) of_detections.insert(ids.take_next());
  user.join();
  of_users.merge(of_detections);
  ck_assert_int_eq(of_users.size(), 20000);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("object_ids");
  tcase_add_test(tests, test_users_and_detections_count_on_together);
  tcase_add_test(tests, test_named_id_and_those_below_are_given_to_nobody);
  tcase_add_test(tests, test_lowest_id_is_one_that_is_not_taken);
  tcase_add_test(tests, test_restart_is_for_detections_only);
  tcase_add_test(tests, test_cleared_ids_count_from_1);
  tcase_add_test(tests, test_highest_id_of_all_does_not_end_the_counting);
  tcase_add_test(tests, test_threads_never_get_the_same_id);
  return run_case("track", tests);
}
