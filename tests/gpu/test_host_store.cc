// Tensors that go to the host and come back in groups, on the CPU and, where
// there is one, on a GPU: only there copies have something to wait for.
#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>

#include "gpu/cpu_allocator.h"
#include "gpu/device.h"
#include "gpu/host_store.h"
#include "tensor_compare.h"
// Last: Check's macros get in the way of C++ headers.
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

constexpr int64_t kChannels = 4;

// The CPU, and the GPU that there may be.
std::vector<c10::Device> devices() {
  std::vector<c10::Device> all = {at::kCPU};
  const c10::Device fastest = find_device("auto");
  if (!fastest.is_cpu()) all.push_back(fastest);
  return all;
}

at::Tensor rows(int64_t count, double value, c10::Device device = at::kCPU) {
  return at::full({count, kChannels}, value,
                  at::TensorOptions(at::kBFloat16).device(device));
}

void assert_all(const at::Tensor &tensor, double value) {
  assert_close(tensor.to(at::kCPU), at::full(tensor.sizes(), value), kExact);
}

START_TEST(test_groups_come_in_turn_with_their_tensors_in_order) {
  const c10::Device device = devices()[_i];
  HostStore store(device);
  const auto put = [&](int64_t count, double value) {
    return store.put(rows(count, value, device));
  };
  Delivery delivery(
      &store, {{put(2, 1), put(1, 2)}, {put(1, 3)}, {put(3, 4), put(2, 5)}});
  const at::Tensor first = delivery.next();
  ck_assert_int_eq(first.size(0), 3);
  assert_all(first.narrow(0, 0, 2), 1);
  assert_all(first.narrow(0, 2, 1), 2);
  ck_assert_int_eq(first.size(1), kChannels);
  ck_assert(first.device() == device);
  ck_assert(first.scalar_type() == at::kBFloat16);
  const at::Tensor second = delivery.next();
  ck_assert_int_eq(second.size(0), 1);
  assert_all(second, 3);
  const at::Tensor third = delivery.next();
  ck_assert_int_eq(third.size(0), 5);
  assert_all(third.narrow(0, 0, 3), 4);
  assert_all(third.narrow(0, 3, 2), 5);
}
END_TEST

START_TEST(test_one_group_is_ahead_and_two_are_on_the_device_at_most) {
  install_cpu_allocator();
  constexpr int64_t kRows = 4096;
  const size_t kGroupBytes = cpu_block_bytes(kRows * kChannels * 2);
  HostStore store(at::kCPU);
  std::vector<Delivery::Group> groups;
  for (int i = 0; i < 6; ++i) groups.push_back({store.put(rows(kRows, i))});
  const size_t before = cpu_memory().used_bytes;
  reset_cpu_memory_peak();
  Delivery delivery(&store, groups);
  ck_assert_uint_eq(cpu_memory().used_bytes - before, kGroupBytes);
  at::Tensor former = delivery.next();
  ck_assert_uint_eq(cpu_memory().used_bytes - before, 2 * kGroupBytes);
  for (int i = 1; i < 6; ++i) {
    assert_all(former, i - 1);
    former = delivery.next();
  }
  assert_all(former, 5);
  former.reset();
  ck_assert_uint_eq(cpu_memory().used_bytes - before, 2 * kGroupBytes);
}
END_TEST

// A host far ahead of its device: nothing is overwritten before it was used,
// and nothing used before it is there.
START_TEST(test_groups_are_whole_however_late_they_are_used) {
  constexpr int64_t kRows = 1 << 16;
  constexpr int kGroups = 40;
  const c10::Device device = devices()[_i];
  HostStore store(device);
  std::vector<Delivery::Group> groups;
  for (int i = 0; i < kGroups; ++i) {
    at::Tensor late = rows(kRows, 0, device);
    for (int step = 0; step < 20; ++step) late = late + i % 4;
    groups.push_back({store.put(late)});
  }
  Delivery delivery(&store, groups);
  std::vector<at::Tensor> used;
  for (int i = 0; i < kGroups; ++i) {
    at::Tensor group = delivery.next();
    for (int step = 0; step < 20; ++step) group = group - i % 4;
    used.push_back(group);
  }
  for (const at::Tensor &group : used) assert_all(group.narrow(0, 0, 99), 0);
}
END_TEST

START_TEST(test_what_was_put_is_a_copy) {
  const c10::Device device = devices()[_i];
  HostStore store(device);
  const at::Tensor all = rows(6, 1, device);
  const at::Tensor kept = store.put(all.narrow(0, 2, 2));
  all.fill_(2);
  store.settle();
  ck_assert(kept.device().is_cpu());
  assert_all(kept, 1);
  ck_assert_int_eq(kept.size(0), 2);
  ck_assert_uint_eq(kept.storage().nbytes(), 2 * kChannels * 2);
}
END_TEST

START_TEST(test_tensors_of_the_device_come_without_a_store) {
  Delivery delivery(nullptr, {{rows(1, 1), rows(1, 2)}, {rows(2, 3)}});
  const at::Tensor first = delivery.next();
  assert_all(first.narrow(0, 0, 1), 1);
  assert_all(first.narrow(0, 1, 1), 2);
  assert_all(delivery.next(), 3);
}
END_TEST

START_TEST(test_the_cpu_has_no_other_place) {
  ck_assert(host_store_for(at::kCPU) == nullptr);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("host_store");
  const auto count = static_cast<int>(devices().size());
  tcase_add_loop_test(
      tests, test_groups_come_in_turn_with_their_tensors_in_order, 0, count);
  tcase_add_test(tests,
                 test_one_group_is_ahead_and_two_are_on_the_device_at_most);
  tcase_add_loop_test(tests, test_groups_are_whole_however_late_they_are_used,
                      0, count);
  tcase_add_loop_test(tests, test_what_was_put_is_a_copy, 0, count);
  tcase_add_test(tests, test_tensors_of_the_device_come_without_a_store);
  tcase_add_test(tests, test_the_cpu_has_no_other_place);
  return run_case("gpu", tests);
}
