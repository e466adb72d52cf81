// Memories that lie in a host store, here one of the CPU: what comes out is the
// same, and the device's books have less.
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "engine/eventful_stream.h"
#include "engine/memory_plan.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

std::shared_ptr<const FrameEncoder> encoder() {
  static const auto the_encoder =
      std::make_shared<const FrameEncoder>(small_model());
  return the_encoder;
}

StreamTrackerImpl tracker_of(const TrackerSettings &settings) {
  return {encoder(), settings, std::make_shared<HostStore>(at::kCPU)};
}

StreamTrackerImpl tracker_of(const std::string &policy, OffloadState state) {
  TrackerSettings settings = settings_of(policy);
  settings.offload_state = state;
  settings.objects_per_pass = 2;
  return tracker_of(settings);
}

void spill(StreamTracker &tracker, bool spills) {
  moved_memories(spills)(tracker);
}

// What the calls answer when memories lie where `is_spilled` says at the n-th.
template <class IsSpilled>
std::vector<std::string> answers(StreamTrackerImpl tracker,
                                 IsSpilled is_spilled) {
  std::vector<std::string> out;
  for (const Call &call : calls()) {
    spill(tracker, is_spilled(out.size()));
    out.push_back(call(tracker));
  }
  return out;
}

void check_equal(const std::vector<std::string> &found,
                 const std::vector<std::string> &wanted, int number) {
  ck_assert_uint_eq(found.size(), wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i)
    ck_assert_msg(found[i] == wanted[i], "run %d, call %zu: %s, not %s", number,
                  i, found[i].c_str(), wanted[i].c_str());
}

// From the start, from any call on, back from any call on, and in turn.
START_TEST(test_results_are_equal_to_the_bit_wherever_memories_lie) {
  const std::string policy = kPolicies[_i];
  const auto wanted = answers(tracker_of(policy, OffloadState::kNever),
                              [](size_t) { return false; });
  const auto always = tracker_of(policy, OffloadState::kAlways);
  const auto plain = tracker_of(policy, OffloadState::kAuto);
  check_equal(answers(always, [](size_t) { return true; }), wanted, -1);
  check_equal(answers(plain, [](size_t i) { return i % 2 == 0; }), wanted, -2);
  for (size_t n = 1; n < wanted.size(); ++n) {
    check_equal(answers(plain, [n](size_t i) { return i >= n; }), wanted,
                static_cast<int>(n));
    check_equal(answers(always, [n](size_t i) { return i < n; }), wanted,
                static_cast<int>(n));
  }
}
END_TEST

StreamTrackerImpl full_tracker(const std::string &policy, OffloadState state) {
  StreamTrackerImpl tracker = tracker_of(policy, state);
  for (const Call &call : calls()) call(tracker);
  return tracker;
}

START_TEST(test_device_books_have_less_by_the_memories) {
  StreamTrackerImpl tracker = full_tracker(kPolicies[_i], OffloadState::kAuto);
  const int64_t all = tracker.bank_bytes();
  ck_assert(!tracker.bank_occupancy().is_spilled);
  ck_assert_int_eq(tracker.bank_occupancy().spilled_bytes, 0);
  spill(tracker, true);
  const BankOccupancy bank = tracker.bank_occupancy();
  ck_assert(bank.is_spilled);
  const int memories = bank.held.memories + bank.held.conditioning_frames;
  ck_assert_int_eq(bank.spilled_bytes, memories * tracker.memory_bytes());
  ck_assert_int_eq(tracker.bank_bytes(), all - bank.spilled_bytes);
  spill(tracker, false);
  ck_assert_int_eq(tracker.bank_bytes(), all);
}
END_TEST

START_TEST(test_memories_of_new_objects_go_to_the_store_too) {
  StreamTrackerImpl tracker =
      full_tracker(kPolicies[_i], OffloadState::kAlways);
  const BankOccupancy bank = tracker.bank_occupancy();
  const int memories = bank.held.memories + bank.held.conditioning_frames;
  ck_assert_int_eq(bank.spilled_bytes, memories * tracker.memory_bytes());
  tracker.reset();
  ck_assert(tracker.effort().spills_bank);
  for (const Call &call : calls()) call(tracker);
  ck_assert_int_eq(tracker.bank_occupancy().spilled_bytes, bank.spilled_bytes);
}
END_TEST

std::string state_of(const StreamTracker &tracker) {
  const std::string path =
      std::string(TEST_OUTPUT_FOLDER) + "/spilled_bank.safetensors";
  tracker.save(path);
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

START_TEST(test_saved_states_do_not_say_where_memories_lay) {
  const StreamTrackerImpl plain =
      full_tracker(kPolicies[_i], OffloadState::kNever);
  const StreamTrackerImpl spilled =
      full_tracker(kPolicies[_i], OffloadState::kAlways);
  const std::string wanted = state_of(plain);
  ck_assert(state_of(spilled) == wanted);
  for (const OffloadState state :
       {OffloadState::kNever, OffloadState::kAlways}) {
    StreamTrackerImpl restored = tracker_of(kPolicies[_i], state);
    restored.load(std::string(TEST_OUTPUT_FOLDER) +
                  "/spilled_bank.safetensors");
    ck_assert(state_of(restored) == wanted);
    ck_assert_int_eq(restored.bank_occupancy().spilled_bytes > 0,
                     state == OffloadState::kAlways);
    StreamTrackerImpl same = plain;
    assert_texts_equal(tracked(7)(restored), tracked(7)(same));
  }
}
END_TEST

START_TEST(test_memories_stay_where_they_are_not_to_be_moved) {
  StreamTrackerImpl never = tracker_of("recent", OffloadState::kNever);
  TrackerSettings settings;
  settings.offload_state = OffloadState::kAlways;
  StreamTrackerImpl cpu(encoder(), settings);
  for (StreamTrackerImpl *tracker : {&never, &cpu}) {
    ck_assert(!tracker->can_spill_bank());
    spill(*tracker, true);
    ck_assert(!tracker->effort().spills_bank);
    ck_assert(!tracker->bank_occupancy().is_spilled);
  }
  ck_assert(tracker_of("recent", OffloadState::kAuto).can_spill_bank());
}
END_TEST

MemoryNeed need_of(OffloadState state) {
  MemoryDemand demand;
  demand.objects = 5;
  demand.tracker.objects_per_pass = 1;
  demand.tracker.offload_state = state;
  return memory_need(encoder(), demand, std::make_shared<HostStore>(at::kCPU));
}

// 7 recent memories and 4 prompted ones of each object. A pass attends to 10 of
// them; two passes are on their way.
START_TEST(test_plan_counts_no_memories_on_the_device_with_always) {
  const auto memory = static_cast<uint64_t>(
      tracker_of("recent", OffloadState::kAuto).memory_bytes());
  const MemoryNeed never = need_of(OffloadState::kNever);
  const MemoryNeed always = need_of(OffloadState::kAlways);
  ck_assert_uint_eq(never.banks - always.banks, 5 * (7 + 4) * memory);
  ck_assert_uint_ge(always.work, never.work);
  ck_assert_uint_le(always.work, never.work + 2 * 10 * memory);
  ck_assert_uint_eq(need_of(OffloadState::kAuto).sum(), never.sum());
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("spilled_bank");
  tcase_set_timeout(tests, 0);
  tcase_add_loop_test(tests,
                      test_results_are_equal_to_the_bit_wherever_memories_lie,
                      0, kPolicyCount);
  tcase_add_loop_test(tests, test_device_books_have_less_by_the_memories, 0,
                      kPolicyCount);
  tcase_add_loop_test(tests, test_memories_of_new_objects_go_to_the_store_too,
                      0, kPolicyCount);
  tcase_add_loop_test(tests, test_saved_states_do_not_say_where_memories_lay, 0,
                      kPolicyCount);
  tcase_add_test(tests, test_memories_stay_where_they_are_not_to_be_moved);
  tcase_add_test(tests, test_plan_counts_no_memories_on_the_device_with_always);
  return run_case("engine", tests);
}
