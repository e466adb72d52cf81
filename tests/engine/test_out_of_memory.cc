// Memory runs out at any allocation of a run: the tracker stays as it was, and
// the same call made again gives what it would have given; so does one whose
// memories move to a host store and back. SAM2_FAULT_STRIDE=1 fails every
// allocation (an hour), else every 211th.
#include <c10/util/Exception.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "engine/eventful_stream.h"
#include "engine/stream_tracker.h"
#include "gpu/cpu_allocator.h"
// Last: Check's macros get in the way of C++ headers.
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

constexpr size_t kOften = 211;

size_t fault_stride() {
  const char *text = std::getenv("SAM2_FAULT_STRIDE");
  return text ? std::max(1, std::atoi(text)) : kOften;
}

// A failed call is made again; `first_fault` is forgotten by then.
std::string made(const Call &call, StreamTracker &tracker, bool &has_failed) {
  try {
    return call(tracker);
  } catch (const c10::OutOfMemoryError &) {
    has_failed = true;
  }
  // Whatever comes after the first failure fails too.
  try {
    const std::string answer = call(tracker);
    return answer;
  } catch (const c10::OutOfMemoryError &) {
    inject_cpu_faults({});
  }
  return call(tracker);
}

struct Run {
  std::vector<std::string> answers;
  bool has_failed = false;
};

// With a store, memories move there and back between the calls, and passes of
// two bring them, one pass ahead of the other.
Run run(const std::string &policy, const CpuFaults &faults,
        const std::shared_ptr<HostStore> &store = nullptr) {
  const auto encoder = std::make_shared<const FrameEncoder>(small_model());
  StreamTrackerImpl tracker(encoder, settings_of(policy), store);
  Run run;
  inject_cpu_faults(faults);
  int index = 0;
  for (const Call &call : calls()) {
    if (store) made(moved_memories(++index % 3 != 0), tracker, run.has_failed);
    run.answers.push_back(made(call, tracker, run.has_failed));
  }
  inject_cpu_faults({});
  return run;
}

void check(const std::string &policy, const CpuFaults &faults, const Run &found,
           const Run &wanted) {
  for (size_t i = 0; i < wanted.answers.size(); ++i)
    ck_assert_msg(found.answers[i] == wanted.answers[i],
                  "%s, allocation %zu%s, call %zu: %s, not %s", policy.c_str(),
                  faults.first_failing, faults.goes_on ? " and on" : "", i,
                  found.answers[i].c_str(), wanted.answers[i].c_str());
}

void check_faults(const std::string &policy,
                  const std::shared_ptr<HostStore> &store) {
  install_cpu_allocator();
  const Run wanted = run(policy, {});
  const size_t held_bytes = cpu_memory().used_bytes;
  size_t runs = 0;
  bool has_failed = true;
  for (size_t n = 1; has_failed; n += fault_stride()) {
    // Once, or until somebody has given up.
    const CpuFaults faults = {n, ++runs % 2 == 0, 0};
    const Run found = run(policy, faults, store);
    has_failed = found.has_failed;
    check(policy, faults, found, wanted);
    ck_assert_uint_eq(cpu_memory().used_bytes, held_bytes);
  }
  std::printf("%s: %zu runs\n", policy.c_str(), runs);
  ck_assert_uint_gt(runs, 2);
}

START_TEST(test_run_goes_on_to_the_bit_after_any_allocation_has_failed) {
  check_faults(kPolicies[_i], nullptr);
}
END_TEST

START_TEST(test_memories_that_move_do_not_change_that) {
  check_faults(kPolicies[_i], std::make_shared<HostStore>(at::kCPU));
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("out_of_memory");
  tcase_set_timeout(tests, 0);
  tcase_add_loop_test(
      tests, test_run_goes_on_to_the_bit_after_any_allocation_has_failed, 0,
      kPolicyCount);
  tcase_add_loop_test(tests, test_memories_that_move_do_not_change_that, 0,
                      kPolicyCount);
  return run_case("engine", tests);
}
