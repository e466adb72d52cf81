// A device's books: who holds what, and the limit that holds for all.
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>

#include <optional>

#include "gpu/cpu_allocator.h"
#include "gpu/memory_governor.h"
// Last: Check's macros get in the way of C++ headers.
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

constexpr int64_t kMiB = 1 << 20;
const c10::Device kCpu(c10::kCPU);

// A device of 1000 bytes.
class FakeSource : public DeviceMemorySource {
 public:
  TensorMemory tensors() const override { return {used, 700, 100}; }
  DeviceMemory device() const override { return {1000, 200, 800}; }
  void set_limit(uint64_t bytes) override { limit = bytes; }
  void release_cached() override {}

  uint64_t used = 600;
  uint64_t limit = 0;
};

START_TEST(test_smallest_limit_held_is_the_one_that_holds) {
  FakeSource source;
  MemoryGovernor governor(source);
  std::optional<MemoryLimit> loose, tight;
  loose.emplace(governor, 900);
  ck_assert_uint_eq(source.limit, 900);
  tight.emplace(governor, 500);
  ck_assert_uint_eq(source.limit, 500);
  const MemoryLimit same(governor, 500);
  const MemoryLimit none(governor, 0);
  tight.reset();
  ck_assert_uint_eq(governor.limit_bytes(), 500);
  loose.reset();
  ck_assert_uint_eq(source.limit, 500);
}
END_TEST

START_TEST(test_limit_ends_with_its_last_holder) {
  FakeSource source;
  MemoryGovernor governor(source);
  {
    const MemoryLimit limit(governor, 300);
  }
  ck_assert_uint_eq(source.limit, 0);
  ck_assert_double_eq(governor.share_in_use(), 0);
}
END_TEST

START_TEST(test_limit_in_bytes_goes_before_the_fraction) {
  FakeSource source;
  const MemoryGovernor governor(source);
  MemorySettings settings;
  settings.fraction = 0.5;
  ck_assert_uint_eq(governor.limit_bytes_for(settings), 500);
  settings.limit_bytes = 123;
  ck_assert_uint_eq(governor.limit_bytes_for(settings), 123);
}
END_TEST

START_TEST(test_memory_that_cannot_be_counted_has_no_limit) {
  class Unknown final : public FakeSource {
    bool is_known() const override { return false; }
  } source;
  const MemoryGovernor governor(source);
  MemorySettings settings;
  settings.limit_bytes = 123;
  ck_assert_uint_eq(governor.limit_bytes_for(settings), 0);
}
END_TEST

START_TEST(test_share_is_of_the_limit) {
  FakeSource source;
  MemoryGovernor governor(source);
  const MemoryLimit limit(governor, 800);
  ck_assert_double_eq(governor.share_in_use(), 0.75);
}
END_TEST

START_TEST(test_claims_count_for_their_owners_until_they_end) {
  install_cpu_allocator();
  MemoryGovernor &governor = MemoryGovernor::of(kCpu);
  const at::Tensor held = at::empty({8 * kMiB}, at::kByte);
  const MemoryReport before = governor.report();
  {
    MemoryClaim bank(kCpu, MemoryOwner::kBanks, kMiB);
    bank.set(2 * kMiB);
    const MemoryClaim moved(std::move(bank));
    const MemoryClaim frame(kCpu, MemoryOwner::kFrames, kMiB);
    const MemoryClaim weights(kCpu, MemoryOwner::kWeights, 3 * kMiB);
    const MemoryReport now = governor.report();
    ck_assert_uint_eq(now.bank_bytes, before.bank_bytes + 2 * kMiB);
    ck_assert_uint_eq(now.frame_bytes, before.frame_bytes + kMiB);
    ck_assert_uint_eq(now.weights_bytes, before.weights_bytes + 3 * kMiB);
    ck_assert_uint_eq(now.other_bytes, before.other_bytes - 6 * kMiB);
    ck_assert_uint_eq(now.in_use_bytes, before.in_use_bytes);
  }
  ck_assert_uint_eq(governor.report().other_bytes, before.other_bytes);
}
END_TEST

START_TEST(test_limit_on_the_cpu_refuses_tensors_above_it) {
  install_cpu_allocator();
  MemoryGovernor &governor = MemoryGovernor::of(kCpu);
  ck_assert_ptr_eq(&governor, &MemoryGovernor::of(kCpu));
  const MemoryLimit limit(governor, cpu_memory().used_bytes + 2 * kMiB);
  bool is_refused = false;
  try {
    at::empty({3 * kMiB}, at::kByte);
  } catch (const c10::OutOfMemoryError &) {
    is_refused = true;
  }
  ck_assert(is_refused);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("memory_governor");
  tcase_add_test(tests, test_smallest_limit_held_is_the_one_that_holds);
  tcase_add_test(tests, test_limit_ends_with_its_last_holder);
  tcase_add_test(tests, test_limit_in_bytes_goes_before_the_fraction);
  tcase_add_test(tests, test_memory_that_cannot_be_counted_has_no_limit);
  tcase_add_test(tests, test_share_is_of_the_limit);
  tcase_add_test(tests, test_claims_count_for_their_owners_until_they_end);
  tcase_add_test(tests, test_limit_on_the_cpu_refuses_tensors_above_it);
  return run_case("gpu", tests);
}
