// What a bank keeps, what it forgets, and how large it is.
#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>

#include "tensor_compare.h"
#include "track/memory_bank.h"
#include "track/selection_text.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

constexpr int64_t kTokens = 4;
constexpr int64_t kMemDim = 2;
constexpr int64_t kPointerDim = 8;
constexpr int64_t kMemoryBytes = kTokens * kMemDim * 2;  // in bfloat16
constexpr int64_t kPointerBytes = kPointerDim * 4;
constexpr int64_t kMaskBytes = 4 * 4 * 4;

MemoryBank bank_of(const BankLimits &limits,
                   at::ScalarType type = at::kBFloat16) {
  return MemoryBank(limits, kTokens, kMemDim, kPointerDim, type, at::kCPU);
}

// Everything in it is `value`.
BankEntry entry_of(double value) {
  return {at::full({1, 1, 4, 4}, value), at::full({1, kPointerDim}, value),
          at::full({1, 1}, value), at::full({1, 1}, value),
          at::full({1, kTokens, kMemDim}, value)};
}

// Tracks frames `first` to `last`; each frame's entry holds its number.
void store_range(MemoryBank &bank, int64_t first, int64_t last) {
  for (int64_t frame = first; frame <= last; ++frame)
    bank.store_tracked(frame, entry_of(static_cast<double>(frame)));
}

std::string text(const std::vector<FrameRecord> &records) {
  std::vector<int64_t> numbers;
  for (const FrameRecord &record : records) numbers.push_back(record.frame);
  std::sort(numbers.begin(), numbers.end());
  std::string out;
  for (int64_t number : numbers)
    out += (out.empty() ? "" : " ") + std::to_string(number);
  return out;
}

std::string conditioning_text(const MemoryBank &bank) {
  std::string out;
  for (const FrameRecord &record : bank.records().conditioning)
    out += (out.empty() ? "" : " ") + std::to_string(record.frame);
  return out;
}

void assert_all(const at::Tensor &tensor, double value) {
  assert_close(tensor, at::full(tensor.sizes(), value), kExact);
}

START_TEST(test_oldest_tracked_frame_is_forgotten_first) {
  MemoryBank bank = bank_of({});
  store_range(bank, 1, 19);
  assert_texts_equal(text(bank.records().memories), "13 14 15 16 17 18 19");
  assert_texts_equal(text(bank.records().pointers),
                     "4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19");
  ck_assert(!bank.is_tracked(3));
  ck_assert(bank.is_tracked(4));
  ck_assert(!bank.low_res_masks(18).defined());
  ck_assert(bank.low_res_masks(19).defined());
}
END_TEST

START_TEST(test_each_kept_frame_has_its_own_content) {
  MemoryBank bank = bank_of({});
  store_range(bank, 1, 40);
  for (const FrameRecord &record : bank.records().memories)
    assert_all(bank.memory({record.frame, false, 0}),
               static_cast<double>(record.frame));
  for (const FrameRecord &record : bank.records().pointers)
    assert_all(bank.pointer({record.frame, false, 0}),
               static_cast<double>(record.frame));
  assert_all(bank.low_res_masks(40), 40);
}
END_TEST

START_TEST(
    test_tracked_frames_from_one_on_are_forgotten_and_prompted_ones_stay) {
  BankLimits limits;
  limits.kept_memories = 2;
  MemoryBank bank = bank_of(limits);
  BankEntry kept = entry_of(1);
  kept.is_kept = true;
  for (int64_t frame = 1; frame < 8; ++frame) bank.store_tracked(frame, kept);
  bank.store_conditioning(6, entry_of(1));
  bank.forget_tracked_from(4);
  assert_texts_equal(text(bank.records().memories), "1 2 3");
  assert_texts_equal(text(bank.records().pointers), "1 2 3");
  assert_texts_equal(conditioning_text(bank), "6");
  ck_assert(!bank.low_res_masks(7).defined());
}
END_TEST

START_TEST(test_bank_never_grows) {
  MemoryBank bank = bank_of({});
  bank.store_conditioning(0, entry_of(0));
  store_range(bank, 1, 20);
  const int64_t bytes = bank.bytes();
  store_range(bank, 21, 1000);
  ck_assert_int_eq(bank.bytes(), bytes);
}
END_TEST

START_TEST(test_bank_never_grows_when_frames_are_prompted_again_and_again) {
  MemoryBank bank = bank_of({});
  int64_t bytes = 0;
  for (int64_t frame = 0; frame < 1000; ++frame) {
    if (frame % 5 == 0)
      bank.store_conditioning(frame, entry_of(1));
    else
      bank.store_tracked(frame, entry_of(2));
    if (frame <= 100) bytes = std::max(bytes, bank.bytes());
    if (frame > 100) ck_assert_int_le(bank.bytes(), bytes);
  }
}
END_TEST

START_TEST(test_bytes_count_every_tensor_kept) {
  MemoryBank bank = bank_of({});
  ck_assert_int_eq(bank.bytes(), 0);
  bank.store_tracked(1, entry_of(1));
  ck_assert_int_eq(bank.bytes(), kMemoryBytes + kPointerBytes + kMaskBytes);
  store_range(bank, 2, 30);
  const int64_t full = 7 * kMemoryBytes + 16 * kPointerBytes + kMaskBytes;
  ck_assert_int_eq(bank.bytes(), full);
  bank.store_conditioning(0, entry_of(0));
  ck_assert_int_eq(bank.bytes(),
                   full + kMemoryBytes + kPointerBytes + kMaskBytes);
}
END_TEST

START_TEST(test_first_prompt_stays_and_the_second_oldest_goes) {
  MemoryBank bank = bank_of({});
  for (int64_t frame : {3, 5, 9, 12})
    bank.store_conditioning(frame, entry_of(1));
  assert_texts_equal(conditioning_text(bank), "3 5 9 12");
  bank.store_conditioning(15, entry_of(1));
  assert_texts_equal(conditioning_text(bank), "3 9 12 15");
  bank.store_conditioning(16, entry_of(1));
  assert_texts_equal(conditioning_text(bank), "3 12 15 16");
  ck_assert(!bank.is_conditioning(5));
  ck_assert_ptr_null(bank.conditioning_entry(9));
}
END_TEST

START_TEST(test_first_prompt_goes_first_if_it_is_not_protected) {
  BankLimits limits;
  limits.keep_first_cond_frame = false;
  MemoryBank bank = bank_of(limits);
  for (int64_t frame : {3, 5, 9, 12, 15})
    bank.store_conditioning(frame, entry_of(1));
  assert_texts_equal(conditioning_text(bank), "5 9 12 15");
  ck_assert(!bank.is_conditioning(3));
}
END_TEST

START_TEST(test_limit_of_one_keeps_the_latest_prompt) {
  BankLimits limits;
  limits.max_cond_frames = 1;
  MemoryBank bank = bank_of(limits);
  for (int64_t frame : {3, 5, 9}) bank.store_conditioning(frame, entry_of(1));
  assert_texts_equal(conditioning_text(bank), "9");
}
END_TEST

START_TEST(test_limit_of_minus_one_keeps_every_prompt) {
  BankLimits limits;
  limits.max_cond_frames = -1;
  MemoryBank bank = bank_of(limits);
  for (int64_t frame = 0; frame < 12; ++frame)
    bank.store_conditioning(frame, entry_of(1));
  assert_texts_equal(conditioning_text(bank), "0 1 2 3 4 5 6 7 8 9 10 11");
}
END_TEST

START_TEST(test_frame_that_becomes_conditioning_loses_its_tracked_entry) {
  MemoryBank bank = bank_of({});
  store_range(bank, 1, 5);
  bank.store_conditioning(5, entry_of(50));
  ck_assert(!bank.is_tracked(5));
  ck_assert(bank.is_conditioning(5));
  assert_texts_equal(text(bank.records().memories), "1 2 3 4");
  assert_texts_equal(text(bank.records().pointers), "1 2 3 4");
  assert_all(bank.low_res_masks(5), 50);
  assert_all(bank.memory({5, true, 6}), 50);
  assert_all(bank.pointer({5, true, 0}), 50);
}
END_TEST

START_TEST(test_frame_prompted_again_keeps_its_place_with_new_content) {
  MemoryBank bank = bank_of({});
  for (int64_t frame : {2, 4, 6}) bank.store_conditioning(frame, entry_of(1));
  bank.store_conditioning(4, entry_of(7));
  assert_texts_equal(conditioning_text(bank), "2 4 6");
  assert_all(bank.memory({4, true, 6}), 7);
}
END_TEST

START_TEST(test_memories_are_rounded_to_the_stored_type) {
  const double third = 1.0 / 3;
  for (at::ScalarType type : {at::kBFloat16, at::kHalf, at::kFloat}) {
    MemoryBank bank = bank_of({}, type);
    bank.store_tracked(1, entry_of(third));
    bank.store_conditioning(0, entry_of(third));
    const at::Tensor rounded = at::full({kTokens, kMemDim}, third).to(type);
    for (bool is_conditioning : {false, true}) {
      const at::Tensor memory =
          bank.memory({is_conditioning ? 0 : 1, is_conditioning, 0});
      ck_assert(memory.scalar_type() == type);
      assert_close(memory, rounded, kExact);
    }
    ck_assert(bank.pointer({1, false, 1}).scalar_type() == at::kFloat);
  }
}
END_TEST

START_TEST(test_tracked_memories_are_copies) {
  MemoryBank bank = bank_of({}, at::kFloat);
  const BankEntry entry = entry_of(1);
  bank.store_tracked(1, entry);
  entry.memory.fill_(2);
  entry.obj_ptr.fill_(2);
  assert_all(bank.memory({1, false, 0}), 1);
  assert_all(bank.pointer({1, false, 1}), 1);
}
END_TEST

START_TEST(test_copy_of_a_bank_stays_as_it_is) {
  MemoryBank bank = bank_of({});
  bank.store_conditioning(0, entry_of(0.5));
  store_range(bank, 1, 20);
  const MemoryBank copy = bank;
  bank.store_conditioning(20, entry_of(77));
  store_range(bank, 21, 60);
  assert_texts_equal(text(copy.records().memories), "14 15 16 17 18 19 20");
  assert_texts_equal(conditioning_text(copy), "0");
  assert_all(copy.memory({14, false, 0}), 14);
  assert_all(copy.pointer({5, false, 0}), 5);
  assert_all(copy.low_res_masks(20), 20);
}
END_TEST

START_TEST(test_smaller_bank_keeps_the_latest_frames_and_frees_the_others) {
  MemoryBank bank = bank_of({});
  store_range(bank, 1, 20);
  bank.store_conditioning(18, entry_of(18));
  const int64_t bytes = bank.bytes();
  BankLimits limits;
  limits.num_maskmem = 3;
  bank.resize(limits);
  assert_texts_equal(text(bank.records().memories), "15 19 20");
  assert_texts_equal(conditioning_text(bank), "18");
  assert_texts_equal(text(bank.records().pointers),
                     "5 6 7 8 9 10 11 12 13 14 15 16 17 19 20");
  for (int64_t frame : {15, 19, 20})
    assert_all(bank.memory({frame, false, 0}), static_cast<double>(frame));
  // Six tracked frames had a memory beside the conditioning one.
  ck_assert_int_eq(bank.bytes(), bytes - 3 * kMemoryBytes);
}
END_TEST

START_TEST(test_bank_that_grows_back_fills_up_again) {
  MemoryBank bank = bank_of({});
  store_range(bank, 1, 20);
  BankLimits limits;
  limits.num_maskmem = 1;
  bank.resize(limits);
  assert_texts_equal(text(bank.records().memories), "20");
  bank.resize({});
  assert_texts_equal(text(bank.records().memories), "20");
  store_range(bank, 21, 23);
  assert_texts_equal(text(bank.records().memories), "20 21 22 23");
  store_range(bank, 24, 40);
  assert_texts_equal(text(bank.records().memories), "34 35 36 37 38 39 40");
  for (const FrameRecord &record : bank.records().memories)
    assert_all(bank.memory({record.frame, false, 0}),
               static_cast<double>(record.frame));
}
END_TEST

START_TEST(test_smaller_bank_keeps_what_was_kept_last) {
  BankLimits limits;
  limits.recent_memories = 1;
  limits.kept_memories = 3;
  MemoryBank bank = bank_of(limits);
  // 7 is kept last, though it is not the latest.
  for (int64_t frame : {2, 9, 7, 10}) {
    BankEntry entry = entry_of(static_cast<double>(frame));
    entry.is_kept = frame != 10;
    bank.store_tracked(frame, entry);
  }
  limits.kept_memories = 1;
  bank.resize(limits);
  assert_texts_equal(text(bank.records().memories), "7 10");
  assert_all(bank.memory({7, false, 0}), 7);
  limits.kept_memories = 0;
  bank.resize(limits);
  assert_texts_equal(text(bank.records().memories), "10");
}
END_TEST

START_TEST(test_extra_history_keeps_so_many_frames_more) {
  BankLimits limits;
  limits.extra_history = 3;
  MemoryBank bank = bank_of(limits);
  store_range(bank, 1, 30);
  ck_assert_uint_eq(bank.records().memories.size(), 7 + 3);
  ck_assert_uint_eq(bank.records().pointers.size(), 16 + 3);
  for (int64_t frame = 27; frame <= 30; ++frame)
    assert_all(bank.low_res_masks(frame), static_cast<double>(frame));
  ck_assert(!bank.low_res_masks(26).defined());
}
END_TEST

START_TEST(test_kept_memories_outlive_the_latest) {
  BankLimits limits;
  limits.recent_memories = 1;
  limits.kept_memories = 2;
  MemoryBank bank = bank_of(limits);
  for (int64_t frame = 1; frame < 20; ++frame) {
    BankEntry entry = entry_of(static_cast<double>(frame));
    entry.is_kept = frame % 5 == 0;
    entry.scores.predicted_iou = static_cast<double>(frame) / 20;
    bank.store_tracked(frame, entry);
  }
  assert_texts_equal(text(bank.records().memories), "10 15 19");
  ck_assert_int_eq(bank.bytes(),
                   3 * kMemoryBytes + 16 * kPointerBytes + kMaskBytes);
  for (const FrameRecord &record : bank.records().memories) {
    assert_all(bank.memory({record.frame, false, 0}),
               static_cast<double>(record.frame));
    ck_assert_double_eq(record.scores.predicted_iou,
                        static_cast<double>(record.frame) / 20);
  }
  bank.store_conditioning(15, entry_of(1));
  assert_texts_equal(text(bank.records().memories), "10 19");
}
END_TEST

START_TEST(test_latest_frame_that_is_kept_too_counts_once) {
  BankLimits limits;
  limits.recent_memories = 1;
  limits.kept_memories = 2;
  MemoryBank bank = bank_of(limits);
  BankEntry entry = entry_of(3);
  entry.is_kept = true;
  bank.store_tracked(3, entry);
  assert_texts_equal(text(bank.records().memories), "3");
  // Stored anew, and not good any more.
  bank.store_tracked(3, entry_of(4));
  store_range(bank, 4, 4);
  assert_texts_equal(text(bank.records().memories), "4");
}
END_TEST

// Against a bank that forgets nothing.
void check_nothing_is_missed(const BankLimits &limits) {
  MemoryBank bank = bank_of(limits);
  bank.store_conditioning(0, entry_of(0));
  BankRecords everything = {frames({0}), {}, {}};
  for (int64_t frame = 1; frame < 100; ++frame) {
    SelectionRequest request{frame};
    request.num_maskmem = limits.num_maskmem;
    request.max_obj_ptrs = limits.max_obj_ptrs;
    request.memory_stride = limits.memory_stride;
    const Selection found = select_recent(bank.records(), request);
    const Selection wanted = select_recent(everything, request);
    assert_texts_equal(memory_text(found), memory_text(wanted));
    assert_texts_equal(pointer_text(found), pointer_text(wanted));
    bank.store_tracked(frame, entry_of(1));
    everything.memories.push_back({frame});
    everything.pointers.push_back({frame});
  }
}

START_TEST(test_bank_holds_all_that_forward_tracking_attends_to) {
  for (int num_maskmem : {1, 2, 3, 7}) {
    for (int max_obj_ptrs : {1, 2, 16}) {
      BankLimits limits;
      limits.num_maskmem = num_maskmem;
      limits.max_obj_ptrs = max_obj_ptrs;
      limits.memory_stride = _i;
      check_nothing_is_missed(limits);
    }
  }
}
END_TEST

}  // namespace

int main() {
  constexpr int kMaxStride = 5;
  TCase *tests = tcase_create("memory_bank");
  tcase_add_test(tests, test_oldest_tracked_frame_is_forgotten_first);
  tcase_add_test(tests, test_each_kept_frame_has_its_own_content);
  tcase_add_test(
      tests,
      test_tracked_frames_from_one_on_are_forgotten_and_prompted_ones_stay);
  tcase_add_test(tests, test_bank_never_grows);
  tcase_add_test(
      tests, test_bank_never_grows_when_frames_are_prompted_again_and_again);
  tcase_add_test(tests, test_bytes_count_every_tensor_kept);
  tcase_add_test(tests, test_first_prompt_stays_and_the_second_oldest_goes);
  tcase_add_test(tests, test_first_prompt_goes_first_if_it_is_not_protected);
  tcase_add_test(tests, test_limit_of_one_keeps_the_latest_prompt);
  tcase_add_test(tests, test_limit_of_minus_one_keeps_every_prompt);
  tcase_add_test(tests,
                 test_frame_that_becomes_conditioning_loses_its_tracked_entry);
  tcase_add_test(tests,
                 test_frame_prompted_again_keeps_its_place_with_new_content);
  tcase_add_test(tests, test_memories_are_rounded_to_the_stored_type);
  tcase_add_test(tests, test_tracked_memories_are_copies);
  tcase_add_test(tests, test_copy_of_a_bank_stays_as_it_is);
  tcase_add_test(
      tests, test_smaller_bank_keeps_the_latest_frames_and_frees_the_others);
  tcase_add_test(tests, test_bank_that_grows_back_fills_up_again);
  tcase_add_test(tests, test_smaller_bank_keeps_what_was_kept_last);
  tcase_add_test(tests, test_extra_history_keeps_so_many_frames_more);
  tcase_add_test(tests, test_kept_memories_outlive_the_latest);
  tcase_add_test(tests, test_latest_frame_that_is_kept_too_counts_once);
  tcase_add_loop_test(tests,
                      test_bank_holds_all_that_forward_tracking_attends_to, 1,
                      kMaxStride + 1);
  return run_case("track", tests);
}
