// Host memory for tensors: large blocks come back from the cache, small ones
// and those beyond its limit go to the system.
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>

#include <cstdint>
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

void start_empty() {
  install_cpu_allocator();
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
  bool is_refused = false;
  try {
    bytes(int64_t{1} << 60);
  } catch (const c10::OutOfMemoryError &) {
    is_refused = true;
  }
  ck_assert(is_refused);
  ck_assert_uint_eq(cpu_memory().used_bytes, before);
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
  return run_case("gpu", tests);
}
