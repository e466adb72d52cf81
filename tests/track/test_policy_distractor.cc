// Which frames are kept because of a look-alike, and what is attended to.
#include <algorithm>

#include "track/frame_ring.h"
#include "track/selection_policy.h"
#include "track/selection_text.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

FrameRecord seen(int64_t frame, double area_px = 100) {
  FrameRecord record = {frame};
  record.scores.predicted_iou = 0.9;
  record.scores.area_px = area_px;
  record.scores.rival_iou = 0.1;
  return record;
}

FrameRecord kept(int64_t frame) {
  FrameRecord record = seen(frame);
  record.is_kept = true;
  return record;
}

std::vector<FrameRecord> seen_range(int64_t first, int64_t last) {
  std::vector<FrameRecord> records;
  for (int64_t frame = first; frame <= last; ++frame)
    records.push_back(seen(frame));
  return records;
}

// Frames 1 to 30 seen, each of 100 pixels.
BankRecords usual_bank() {
  return {frames({0}), seen_range(1, 30), seen_range(15, 30)};
}

bool keeps(const FrameRecord &record, const BankRecords &records) {
  return keeps_distractor(records, record, {record.frame});
}
bool keeps(const FrameRecord &record) { return keeps(record, usual_bank()); }

START_TEST(test_good_frame_with_a_rival_is_kept) { ck_assert(keeps(seen(31))); }
END_TEST

START_TEST(test_predicted_iou_must_be_above_its_threshold) {
  FrameRecord record = seen(31);
  record.scores.predicted_iou = 0.8;
  ck_assert(!keeps(record));
  record.scores.predicted_iou = 0.8001;
  ck_assert(keeps(record));
}
END_TEST

START_TEST(test_rival_must_be_apart) {
  FrameRecord record = seen(31);
  record.scores.rival_iou = 0.7;
  ck_assert(keeps(record));
  record.scores.rival_iou = 0.7001;
  ck_assert(!keeps(record));
}
END_TEST

START_TEST(test_area_must_be_near_the_median) {
  for (const double area : {80.0, 100.0, 120.0})
    ck_assert(keeps(seen(31, area)));
  for (const double area : {0.0, 79.0, 121.0})
    ck_assert(!keeps(seen(31, area)));
}
END_TEST

START_TEST(test_median_is_of_the_last_ten_frames_with_the_object) {
  BankRecords records = usual_bank();
  for (FrameRecord &record : records.pointers) {
    if (record.frame > 26) record.scores.area_px = 0;
    if (record.frame < 17) record.scores.area_px = 1000;
  }
  // Frames 17 to 26: ten of 100 pixels.
  ck_assert(keeps(seen(31), records));
  for (FrameRecord &record : records.pointers)
    if (record.frame > 20 && record.scores.area_px > 0)
      record.scores.area_px = 1000;
  ck_assert(!keeps(seen(31), records));
  // Four of 100 and six of 1000.
  ck_assert(keeps(seen(31, 1000), records));
}
END_TEST

START_TEST(test_median_is_of_exactly_ten_frames) {
  BankRecords records = usual_bank();
  for (FrameRecord &record : records.pointers)
    if (record.frame > 25) record.scores.area_px = 200;
  // Five of 200 and five of 100: 150. Of nine it is 200, of eleven 100.
  ck_assert(keeps(seen(31, 150), records));
}
END_TEST

START_TEST(test_prompted_frames_count_for_the_median) {
  BankRecords records = {{seen(0)}, {}, {}};
  ck_assert(keeps(seen(1), records));
  ck_assert(!keeps(seen(1, 200), records));
  // The mean of 100 and 300.
  records.pointers = {seen(1, 300)};
  ck_assert(keeps(seen(2, 200), records));
}
END_TEST

START_TEST(test_pointers_that_are_not_attended_to_do_not_count_for_the_median) {
  BankRecords records = {{}, {}, {seen(14, 1000), seen(15)}};
  ck_assert(keeps(seen(31), records));
  records.pointers[0].frame = 16;
  ck_assert(!keeps(seen(31), records));
}
END_TEST

START_TEST(test_kept_frames_are_more_than_five_apart) {
  BankRecords records = usual_bank();
  records.memories.push_back(kept(31));
  for (int64_t frame : {32, 36}) ck_assert(!keeps(seen(frame), records));
  ck_assert(keeps(seen(37), records));
}
END_TEST

START_TEST(test_first_frame_without_anything_to_compare_is_not_kept) {
  ck_assert(!keeps(seen(1), {frames({0}), {}, {}}));
}
END_TEST

START_TEST(test_every_fifth_frame_the_neighbour_and_kept_ones_are_attended_to) {
  BankRecords records = usual_bank();
  for (FrameRecord &record : records.memories)
    record.is_kept = record.frame == 7 || record.frame == 13;
  assert_texts_equal(memory_text(select_distractor(records, {31})),
                     "c0:6 t7:6 t13:6 t5:5 t10:4 t15:3 t20:2 t25:1 t30:0");
}
END_TEST

START_TEST(test_kept_frame_in_the_window_is_attended_to_once) {
  BankRecords records = usual_bank();
  for (FrameRecord &record : records.memories)
    record.is_kept = record.frame == 15;
  assert_texts_equal(memory_text(select_distractor(records, {31})),
                     "c0:6 t5:5 t10:4 t15:3 t20:2 t25:1 t30:0");
}
END_TEST

START_TEST(test_frames_without_the_object_are_passed_over) {
  BankRecords records = usual_bank();
  for (FrameRecord &record : records.memories)
    if (record.frame == 30 || record.frame == 20) record.scores.area_px = 0;
  assert_texts_equal(memory_text(select_distractor(records, {31})),
                     "c0:6 t5:5 t10:4 t15:3 t25:1");
}
END_TEST

START_TEST(test_pointers_are_those_of_recent) {
  assert_texts_equal(pointer_text(select_distractor(usual_bank(), {31})),
                     pointer_text(select_recent(usual_bank(), {31})));
}
END_TEST

START_TEST(test_slots_needed_hold_the_window) {
  for (int num_maskmem : {1, 2, 7}) {
    FrameRing ring(distractor_needs(num_maskmem).recent);
    BankRecords everything = {frames({0}), {}, {}};
    for (int64_t frame = 1; frame < 100; ++frame) {
      SelectionRequest request{frame};
      request.num_maskmem = num_maskmem;
      assert_texts_equal(memory_text(select_distractor(
                             {frames({0}), ring.records(), {}}, request)),
                         memory_text(select_distractor(everything, request)));
      ring.claim(frame, seen(frame).scores);
      everything.memories.push_back(seen(frame));
    }
  }
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("policy_distractor");
  tcase_add_test(tests, test_good_frame_with_a_rival_is_kept);
  tcase_add_test(tests, test_predicted_iou_must_be_above_its_threshold);
  tcase_add_test(tests, test_rival_must_be_apart);
  tcase_add_test(tests, test_area_must_be_near_the_median);
  tcase_add_test(tests, test_median_is_of_the_last_ten_frames_with_the_object);
  tcase_add_test(tests, test_median_is_of_exactly_ten_frames);
  tcase_add_test(tests, test_prompted_frames_count_for_the_median);
  tcase_add_test(
      tests,
      test_pointers_that_are_not_attended_to_do_not_count_for_the_median);
  tcase_add_test(tests, test_kept_frames_are_more_than_five_apart);
  tcase_add_test(tests,
                 test_first_frame_without_anything_to_compare_is_not_kept);
  tcase_add_test(
      tests,
      test_every_fifth_frame_the_neighbour_and_kept_ones_are_attended_to);
  tcase_add_test(tests, test_kept_frame_in_the_window_is_attended_to_once);
  tcase_add_test(tests, test_frames_without_the_object_are_passed_over);
  tcase_add_test(tests, test_pointers_are_those_of_recent);
  tcase_add_test(tests, test_slots_needed_hold_the_window);
  return run_case("track", tests);
}
