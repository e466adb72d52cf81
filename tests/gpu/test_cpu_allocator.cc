// Host memory for tensors: large blocks come back from the cache, small ones
// and those beyond its limit go to the system.
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "gpu/cpu_allocator.h"
// Last: Check's macros get in the way of C++ headers.
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

constexpr int64_t kMiB = 1 << 20;
constexpr size_t kCacheLimitBytes = size_t{768} << 20;

at::Tensor bytes(int64_t count) { return at::empty({count}, at::kByte); }

// What the exception says; empty if there was none.
std::string refusal_of(int64_t count) {
  try {
    bytes(count);
  } catch (const c10::OutOfMemoryError &e) {
    return e.what_without_backtrace();
  }
  return {};
}

void start_empty() {
  install_cpu_allocator();
  set_cpu_memory_limit(0);
  inject_cpu_faults({});
  release_cached_cpu_memory();
}

START_TEST(test_large_block_serves_the_next_tensor_of_its_size) {
  start_empty();
  const void *first = bytes(4 * kMiB).const_data_ptr();
  ck_assert_uint_ge(cpu_memory().cached_bytes, size_t{4 * kMiB});
  const at::Tensor second = bytes(4 * kMiB);
  ck_assert_ptr_eq(second.const_data_ptr(), first);
  ck_assert_uint_eq(cpu_memory().cached_bytes, 0);
}
END_TEST

START_TEST(test_small_blocks_are_not_cached) {
  start_empty();
  bytes(1000);
  ck_assert_uint_eq(cpu_memory().cached_bytes, 0);
}
END_TEST

START_TEST(test_used_bytes_end_where_they_began) {
  start_empty();
  const size_t before = cpu_memory().used_bytes;
  {
    const at::Tensor large = bytes(3 * kMiB);
    const at::Tensor small = bytes(100);
    ck_assert_uint_ge(cpu_memory().used_bytes, before + 3 * kMiB + 100);
  }
  ck_assert_uint_eq(cpu_memory().used_bytes, before);
}
END_TEST

START_TEST(test_cache_stays_below_its_limit) {
  start_empty();
  {
    std::vector<at::Tensor> many;  // never written to, so never really there
    for (int i = 0; i < 20; ++i) many.push_back(bytes(64 * kMiB));
  }
  ck_assert_uint_gt(cpu_memory().cached_bytes, kCacheLimitBytes / 2);
  ck_assert_uint_le(cpu_memory().cached_bytes, kCacheLimitBytes);
  release_cached_cpu_memory();
  ck_assert_uint_eq(cpu_memory().cached_bytes, 0);
}
END_TEST

START_TEST(test_tensors_are_aligned_to_64_bytes) {
  start_empty();
  for (int64_t count : {int64_t{1}, int64_t{1000}, kMiB, 5 * kMiB})
    ck_assert_uint_eq(
        reinterpret_cast<uintptr_t>(bytes(count).const_data_ptr()) % 64, 0);
}
END_TEST

START_TEST(test_too_large_a_tensor_is_out_of_memory_and_counts_nothing) {
  start_empty();
  const size_t before = cpu_memory().used_bytes;
  for (const int64_t count :
       {int64_t{1} << 60, std::numeric_limits<int64_t>::max()})
    ck_assert(!refusal_of(count).empty());
  ck_assert_uint_eq(cpu_memory().used_bytes, before);
}
END_TEST

START_TEST(test_peak_is_the_most_in_use_since_the_reset) {
  start_empty();
  bytes(8 * kMiB);
  reset_cpu_memory_peak();
  const size_t before = cpu_memory().used_bytes;
  ck_assert_uint_eq(cpu_memory().peak_bytes, before);
  bytes(4 * kMiB);
  bytes(2 * kMiB);
  ck_assert_uint_ge(cpu_memory().peak_bytes, before + 4 * kMiB);
  ck_assert_uint_lt(cpu_memory().peak_bytes, before + 5 * kMiB);
}
END_TEST

START_TEST(test_tensor_above_the_limit_is_refused_and_counts_nothing) {
  start_empty();
  const at::Tensor held = bytes(4 * kMiB);
  const size_t used = cpu_memory().used_bytes;
  set_cpu_memory_limit(used + 2 * kMiB);
  ck_assert(refusal_of(3 * kMiB).find(std::to_string(used + 2 * kMiB)) !=
            std::string::npos);
  ck_assert_uint_eq(cpu_memory().used_bytes, used);
  ck_assert(refusal_of(kMiB).empty());
  set_cpu_memory_limit(0);
  ck_assert(refusal_of(3 * kMiB).empty());
}
END_TEST

START_TEST(test_cached_blocks_make_room_below_the_limit) {
  start_empty();
  const size_t limit = cpu_memory().used_bytes + 10 * kMiB;
  set_cpu_memory_limit(limit);
  bytes(4 * kMiB);
  bytes(2 * kMiB);
  const at::Tensor other = bytes(5 * kMiB);  // not 4 + 2 + 5
  const CpuMemory now = cpu_memory();
  ck_assert_uint_le(now.used_bytes + now.cached_bytes, limit);
  ck_assert_msg(now.cached_bytes >= size_t{2 * kMiB},
                "more of the cache went than had to");
}
END_TEST

START_TEST(test_lower_limit_frees_the_cache_and_leaves_tensors_alone) {
  start_empty();
  at::Tensor held = bytes(4 * kMiB);
  bytes(2 * kMiB);
  set_cpu_memory_limit(1);
  ck_assert_uint_eq(cpu_memory().cached_bytes, 0);
  ck_assert_uint_ge(cpu_memory().used_bytes, size_t{4 * kMiB});
  ck_assert(!refusal_of(1).empty());
  held = at::Tensor();  // not cached: nothing fits
  ck_assert_uint_eq(cpu_memory().cached_bytes, 0);
  set_cpu_memory_limit(0);
}
END_TEST

START_TEST(test_the_allocation_told_fails_and_no_other) {
  start_empty();
  const size_t before = cpu_memory().used_bytes;
  inject_cpu_faults({3});
  ck_assert(refusal_of(100).empty());
  ck_assert(refusal_of(kMiB).empty());
  ck_assert(!refusal_of(100).empty());
  ck_assert(refusal_of(100).empty());
  ck_assert_uint_eq(cpu_memory().used_bytes, before);
}
END_TEST

START_TEST(test_faults_that_go_on_end_when_told) {
  start_empty();
  inject_cpu_faults({2, true});
  ck_assert(refusal_of(100).empty());
  for (int i = 0; i < 3; ++i) ck_assert(!refusal_of(100).empty());
  inject_cpu_faults({});
  ck_assert(refusal_of(100).empty());
}
END_TEST

START_TEST(test_allocations_above_the_budget_fail) {
  start_empty();
  CpuFaults faults;
  faults.budget_bytes = cpu_memory().used_bytes + 2 * kMiB;
  inject_cpu_faults(faults);
  ck_assert(refusal_of(kMiB).empty());
  ck_assert(!refusal_of(3 * kMiB).empty());
  inject_cpu_faults({});
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("cpu_allocator");
  tcase_add_test(tests, test_large_block_serves_the_next_tensor_of_its_size);
  tcase_add_test(tests, test_small_blocks_are_not_cached);
  tcase_add_test(tests, test_used_bytes_end_where_they_began);
  tcase_add_test(tests, test_cache_stays_below_its_limit);
  tcase_add_test(tests, test_tensors_are_aligned_to_64_bytes);
  tcase_add_test(tests,
                 test_too_large_a_tensor_is_out_of_memory_and_counts_nothing);
  tcase_add_test(tests, test_peak_is_the_most_in_use_since_the_reset);
  tcase_add_test(tests,
                 test_tensor_above_the_limit_is_refused_and_counts_nothing);
  tcase_add_test(tests, test_cached_blocks_make_room_below_the_limit);
  tcase_add_test(tests,
                 test_lower_limit_frees_the_cache_and_leaves_tensors_alone);
  tcase_add_test(tests, test_the_allocation_told_fails_and_no_other);
  tcase_add_test(tests, test_faults_that_go_on_end_when_told);
  tcase_add_test(tests, test_allocations_above_the_budget_fail);
  return run_case("gpu", tests);
}
