// Which frames a ring keeps, and where.
#include "track/frame_ring.h"
#include "track/selection_text.h"
// Last: Check's macros get in the way of C++ headers.
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

START_TEST(test_new_ring_holds_no_frame) {
  const FrameRing ring(3);
  ck_assert(ring.records().empty());
  ck_assert_int_eq(ring.capacity(), 3);
  for (int64_t frame : {-1, 0, 1, 2, 3}) ck_assert_int_eq(ring.find(frame), -1);
}
END_TEST

START_TEST(test_latest_frames_are_kept_and_older_ones_forgotten) {
  FrameRing ring(3);
  for (int64_t frame = 0; frame < 1000; ++frame) {
    const int64_t slot = ring.claim(frame);
    ck_assert_int_ge(slot, 0);
    ck_assert_int_lt(slot, 3);
    for (int64_t back = 0; back < 3 && back <= frame; ++back)
      ck_assert_int_ge(ring.find(frame - back), 0);
    ck_assert_int_eq(ring.find(frame - 3), -1);
    ck_assert_uint_le(ring.records().size(), 3);
  }
}
END_TEST

START_TEST(test_frames_held_together_lie_in_different_slots) {
  FrameRing ring(4);
  bool is_taken[4] = {};
  for (int64_t frame = 17; frame < 21; ++frame) ring.claim(frame);
  for (int64_t frame = 17; frame < 21; ++frame) {
    ck_assert(!is_taken[ring.find(frame)]);
    is_taken[ring.find(frame)] = true;
  }
}
END_TEST

START_TEST(test_frame_claimed_again_keeps_its_slot) {
  FrameRing ring(4);
  const int64_t slot = ring.claim(9);
  ck_assert_int_eq(ring.claim(9), slot);
  ck_assert_uint_eq(ring.records().size(), 1);
}
END_TEST

START_TEST(test_forgotten_frame_is_gone_and_the_others_stay) {
  FrameRing ring(3);
  for (int64_t frame = 4; frame < 7; ++frame) ring.claim(frame);
  ring.forget(5);
  ck_assert_int_eq(ring.find(5), -1);
  ck_assert_int_ge(ring.find(4), 0);
  ck_assert_int_ge(ring.find(6), 0);
}
END_TEST

START_TEST(test_forgetting_an_evicted_frame_leaves_its_successor) {
  FrameRing ring(3);
  ring.claim(1);
  ring.claim(4);  // the same slot
  ring.forget(1);
  ck_assert_int_ge(ring.find(4), 0);
}
END_TEST

START_TEST(test_frames_from_one_on_are_forgotten_and_earlier_ones_stay) {
  FrameRing ring(4);
  KeptFrames kept(4);
  for (int64_t frame : {3, 4, 5, 6}) {
    ring.claim(frame);
    kept.claim(frame);
  }
  ring.forget_from(5);
  kept.forget_from(5);
  for (int64_t frame : {3, 4, 5, 6}) {
    ck_assert((ring.find(frame) >= 0) == (frame < 5));
    ck_assert((kept.find(frame) >= 0) == (frame < 5));
  }
}
END_TEST

START_TEST(test_scores_stay_with_their_frame) {
  FrameRing ring(3);
  KeptFrames kept(3);
  for (int64_t frame = 1; frame < 6; ++frame) {
    const FrameScores scores = {frame * 0.1, frame * 1.0, frame * 0.01};
    ring.claim(frame, scores);
    kept.claim(frame, scores);
  }
  for (const auto &records : {ring.records(), kept.records()}) {
    ck_assert_uint_eq(records.size(), 3);
    for (const FrameRecord &record : records) {
      ck_assert_double_eq(record.scores.predicted_iou, record.frame * 0.1);
      ck_assert_double_eq(record.scores.object_score, record.frame * 1.0);
      ck_assert_double_eq(*record.scores.kf_score, record.frame * 0.01);
    }
  }
}
END_TEST

START_TEST(test_frames_far_apart_are_kept_until_as_many_have_come) {
  KeptFrames kept(3);
  for (int64_t frame : {5, 8, 1000}) kept.claim(frame);
  for (int64_t frame : {5, 8, 1000}) ck_assert_int_ge(kept.find(frame), 0);
  const int64_t freed = kept.find(5);
  ck_assert_int_eq(kept.claim(1001), freed);
  ck_assert_int_eq(kept.find(5), -1);
  ck_assert_uint_eq(kept.records().size(), 3);
}
END_TEST

START_TEST(test_forgotten_kept_frame_makes_room) {
  KeptFrames kept(3);
  for (int64_t frame : {5, 8, 9}) kept.claim(frame);
  kept.forget(8);
  kept.forget(77);
  ck_assert_int_eq(kept.find(8), -1);
  kept.claim(12);
  for (int64_t frame : {5, 9, 12}) ck_assert_int_ge(kept.find(frame), 0);
}
END_TEST

START_TEST(test_frame_kept_again_is_kept_once_and_as_the_latest) {
  KeptFrames kept(2);
  for (int64_t frame : {5, 8, 5, 9}) kept.claim(frame);
  ck_assert_uint_eq(kept.records().size(), 2);
  ck_assert_int_eq(kept.find(8), -1);
  ck_assert_int_ge(kept.find(5), 0);
}
END_TEST

START_TEST(test_no_slots_keep_nothing) {
  KeptFrames kept(0);
  ck_assert_int_eq(kept.claim(3), -1);
  ck_assert_int_eq(kept.find(3), -1);
  ck_assert(kept.records().empty());
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("frame_ring");
  tcase_add_test(tests, test_new_ring_holds_no_frame);
  tcase_add_test(tests, test_latest_frames_are_kept_and_older_ones_forgotten);
  tcase_add_test(tests, test_frames_held_together_lie_in_different_slots);
  tcase_add_test(tests, test_frame_claimed_again_keeps_its_slot);
  tcase_add_test(tests, test_forgotten_frame_is_gone_and_the_others_stay);
  tcase_add_test(tests, test_forgetting_an_evicted_frame_leaves_its_successor);
  tcase_add_test(tests,
                 test_frames_from_one_on_are_forgotten_and_earlier_ones_stay);
  tcase_add_test(tests, test_scores_stay_with_their_frame);
  tcase_add_test(tests, test_frames_far_apart_are_kept_until_as_many_have_come);
  tcase_add_test(tests, test_forgotten_kept_frame_makes_room);
  tcase_add_test(tests, test_frame_kept_again_is_kept_once_and_as_the_latest);
  tcase_add_test(tests, test_no_slots_keep_nothing);
  return run_case("track", tests);
}
