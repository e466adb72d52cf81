// Sharing values: one at a time, and by many threads.
#include <atomic>
#include <functional>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "base/weak_cache.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

using Cache = WeakCache<std::string, const int>;

constexpr int kThreads = 20;

Cache::Pointer number(int value) { return std::make_shared<const int>(value); }

[[noreturn]] Cache::Pointer damaged() {
  throw Error(ErrorCode::kUnreadable, "The file is damaged.");
}

// What each of many threads gets, all of them at once.
template <class Result>
std::vector<Result> ask_at_once(const std::function<Result()> &ask) {
  std::vector<std::future<Result>> threads;
  for (int i = 0; i < kThreads; ++i)
    threads.push_back(std::async(std::launch::async, ask));
  std::vector<Result> results;
  for (auto &thread : threads) results.push_back(thread.get());
  return results;
}

// Returns when all threads but the calling one wait.
void let_the_others_wait(const Cache &cache) {
  while (cache.waiting() < kThreads - 1) std::this_thread::yield();
}

START_TEST(test_value_in_use_is_shared) {
  Cache cache;
  const auto first = cache.get("a", [] { return number(1); });
  const auto second = cache.get("a", [] { return number(2); });
  ck_assert_ptr_eq(first.get(), second.get());
  ck_assert_int_eq(*second, 1);
}
END_TEST

START_TEST(test_other_key_has_a_value_of_its_own) {
  Cache cache;
  const auto a = cache.get("a", [] { return number(1); });
  const auto b = cache.get("b", [] { return number(2); });
  ck_assert_int_eq(*a + *b, 3);
}
END_TEST

START_TEST(test_value_goes_with_its_last_user) {
  Cache cache;
  std::weak_ptr<const int> watch;
  {
    const auto first = cache.get("a", [] { return number(1); });
    const auto second = cache.get("a", [] { return number(1); });
    watch = first;
  }
  ck_assert(watch.expired());
  ck_assert_int_eq(*cache.get("a", [] { return number(2); }), 2);
}
END_TEST

START_TEST(test_forgotten_value_stays_with_its_users_and_is_made_anew) {
  Cache cache;
  const auto first = cache.get("a", [] { return number(1); });
  const auto other = cache.get("b", [] { return number(3); });
  cache.forget(first.get());
  const auto second = cache.get("a", [] { return number(2); });
  ck_assert_int_eq(*first, 1);
  ck_assert_int_eq(*second, 2);
  ck_assert_ptr_eq(cache.get("b", [] { return number(4); }).get(), other.get());
}
END_TEST

START_TEST(test_forgetting_twice_leaves_what_has_taken_the_place) {
  Cache cache;
  const auto first = cache.get("a", [] { return number(1); });
  cache.forget(first.get());
  const auto second = cache.get("a", [] { return number(2); });
  cache.forget(first.get());
  ck_assert_int_eq(*cache.get("a", [] { return number(3); }), 2);
}
END_TEST

START_TEST(test_threads_that_come_together_make_one_value) {
  Cache cache;
  std::atomic<int> made{0};
  const auto values = ask_at_once<Cache::Pointer>([&] {
    return cache.get("a", [&] {
      let_the_others_wait(cache);
      return number(++made);
    });
  });
  ck_assert_int_eq(made, 1);
  for (const auto &value : values)
    ck_assert_ptr_eq(value.get(), values[0].get());
  ck_assert_uint_eq(cache.waiting(), 0);
}
END_TEST

START_TEST(test_failure_is_told_to_all_who_waited) {
  Cache cache;
  std::atomic<int> tries{0};
  const auto texts = ask_at_once<std::string>([&] {
    return refusal_of([&] {
      cache.get("a", [&] {
        let_the_others_wait(cache);
        ++tries;
        return damaged();
      });
    });
  });
  ck_assert_int_eq(tries, 1);
  for (const std::string &text : texts)
    assert_texts_equal(text,
                       refusal(ErrorCode::kUnreadable, "The file is damaged."));
}
END_TEST

START_TEST(test_failure_is_not_remembered) {
  Cache cache;
  assert_refused(cache.get("a", damaged), ErrorCode::kUnreadable,
                 "The file is damaged.");
  ck_assert_int_eq(*cache.get("a", [] { return number(3); }), 3);
}
END_TEST

START_TEST(test_values_of_two_keys_are_made_side_by_side) {
  Cache cache;
  std::promise<void> is_b_there;
  auto a = std::async(std::launch::async, [&] {
    return cache.get("a", [&] {
      is_b_there.get_future().wait();
      return number(1);
    });
  });
  const auto b = cache.get("b", [] { return number(2); });
  is_b_there.set_value();
  ck_assert_int_eq(*a.get() + *b, 3);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("weak_cache");
  tcase_add_test(tests, test_value_in_use_is_shared);
  tcase_add_test(tests, test_other_key_has_a_value_of_its_own);
  tcase_add_test(tests, test_value_goes_with_its_last_user);
  tcase_add_test(tests,
                 test_forgotten_value_stays_with_its_users_and_is_made_anew);
  tcase_add_test(tests, test_forgetting_twice_leaves_what_has_taken_the_place);
  tcase_add_test(tests, test_threads_that_come_together_make_one_value);
  tcase_add_test(tests, test_failure_is_told_to_all_who_waited);
  tcase_add_test(tests, test_failure_is_not_remembered);
  tcase_add_test(tests, test_values_of_two_keys_are_made_side_by_side);
  return run_case("base", tests);
}
