// Objects on skipped frames: where they are, and when they are gone.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "track/coasted.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

constexpr SkippedFrames kHold = SkippedFrames::kHold;
constexpr SkippedFrames kMotion = SkippedFrames::kMotion;
constexpr SkippedFrames kNone = SkippedFrames::kNone;
// The filter has not quite the object's speed yet, and pixels are whole.
constexpr float kPlaceTolerancePx = 1.5f;
constexpr float kSamePx = 0.01f;  // boxes are of whole pixels

Coaster coaster(SkippedFrames skipped_frames, int max_coast_frames = 30) {
  return Coaster({skipped_frames, max_coast_frames, false});
}

BoxPx moving_box(int frame) { return {10.0f + 4 * frame, 20, 30, 40}; }

// Tracks every `interval`th of the frames up to `last`, coasts the others.
void follow_moving_box(Coaster &coaster, int last, int interval = 1) {
  for (int frame = 0; frame <= last; ++frame) {
    if (frame % interval == 0)
      coaster.track(frame_of({object(1, moving_box(frame))}), kStill);
    else
      coaster.coast(kFrame, kStill);
  }
}

void assert_at(const FrameResult &result, const BoxPx &box, float tolerance) {
  ck_assert_uint_eq(result.objects.size(), 1);
  const BoxPx &found = result.objects[0].box;
  ck_assert_float_eq_tol(found.x, box.x, tolerance);
  ck_assert_float_eq_tol(found.y, box.y, tolerance);
  ck_assert_float_eq_tol(found.width, box.width, tolerance);
  ck_assert_float_eq_tol(found.height, box.height, tolerance);
  ck_assert_int_eq(result.objects[0].mask.width, static_cast<int>(found.width));
}

START_TEST(test_hold_repeats_the_last_tracked_frame) {
  Coaster hold = coaster(kHold);
  follow_moving_box(hold, 12);
  for (int i = 1; i <= 3; ++i) {
    FrameResult wanted = frame_of({object(1, moving_box(12))});
    wanted.objects[0].is_coasted = true;
    wanted.coasted_frames = i;
    ck_assert(is_same(hold.coast(kFrame, kStill), wanted));
  }
}
END_TEST

START_TEST(test_motion_goes_on_at_the_same_speed) {
  for (const int interval : {1, 3, 5}) {
    Coaster motion = coaster(kMotion);
    follow_moving_box(motion, 30, interval);
    for (int i = 31; i < 35; ++i) {
      const FrameResult result = motion.coast(kFrame, kStill);
      assert_at(result, moving_box(i), kPlaceTolerancePx);
      ck_assert(result.objects[0].is_coasted);
    }
  }
}
END_TEST

START_TEST(test_growing_object_goes_on_growing) {
  Coaster motion = coaster(kMotion);
  const auto grown = [](int frame) {
    const float side = 20.0f + 2 * frame;
    return BoxPx{100 - side / 2, 60 - side / 2, side, side};
  };
  for (int frame = 0; frame <= 20; ++frame)
    motion.track(frame_of({object(1, grown(frame))}), kStill);
  for (int frame = 21; frame <= 24; ++frame)
    assert_at(motion.coast(kFrame, kStill), grown(frame), 3);
}
END_TEST

START_TEST(test_object_at_rest_is_held_to_the_pixel) {
  Coaster motion = coaster(kMotion);
  Coaster hold = coaster(kHold);
  for (Coaster *each : {&motion, &hold})
    for (int frame = 0; frame < 9; ++frame)
      each->track(frame_of({object(1, {50, 40, 31, 17})}), kStill);
  for (int i = 0; i < 9; ++i)
    ck_assert(
        is_same(motion.coast(kFrame, kStill), hold.coast(kFrame, kStill)));
}
END_TEST

START_TEST(test_none_has_no_objects_and_counts_the_frames) {
  Coaster none = coaster(kNone);
  follow_moving_box(none, 3);
  for (int i = 1; i <= 3; ++i) {
    const FrameResult result = none.coast(kFrame, kStill);
    ck_assert(result.objects.empty());
    ck_assert(result.frame_size == kFrame);
    ck_assert_int_eq(result.coasted_frames, i);
  }
}
END_TEST

START_TEST(test_objects_end_after_the_most_frames_in_a_row) {
  for (const SkippedFrames way : {kHold, kMotion}) {
    Coaster two = coaster(way, 2);
    for (int round = 0; round < 2; ++round) {
      two.track(frame_of({object(1, {50, 40, 30, 20})}), kStill);
      for (const size_t count : {1, 1, 0, 0})
        ck_assert_uint_eq(two.coast(kFrame, kStill).objects.size(), count);
    }
  }
}
END_TEST

START_TEST(test_zero_is_no_limit_and_numbers_stay_finite) {
  Coaster endless = coaster(kMotion, 0);
  // Shrinks, so that its predicted height would become negative.
  for (int frame = 0; frame < 20; ++frame)
    endless.track(
        frame_of({object(1, {80, 40, 60.0f - 2 * frame, 60.0f - 2 * frame})}),
        kStill);
  for (int i = 0; i < 2000; ++i) {
    const FrameResult result = endless.coast(kFrame, kStill);
    ck_assert_uint_eq(result.objects.size(), 1);
    ck_assert(std::isfinite(result.objects[0].box.x));
  }
  endless.track(frame_of({object(1, {10, 10, 20, 20})}), kStill);
  assert_at(endless.coast(kFrame, kStill), {10, 10, 20, 20}, kSamePx);
}
END_TEST

START_TEST(test_prediction_ends_where_the_object_was_seen_too_long_ago) {
  Coaster endless = coaster(kMotion, 0);
  for (int frame = 0; frame <= 40; ++frame)
    endless.track(frame_of({object(1, {std::floor(frame / 4.0f), 9, 60, 60})}),
                  kStill);
  std::vector<float> x_px;
  for (int i = 1; i <= 500; ++i) {
    const FrameResult result = endless.coast(kFrame, kStill);
    if (i % 100 == 0) x_px.push_back(result.objects[0].box.x);
  }
  ck_assert_float_gt(x_px[0], 20);
  ck_assert_float_gt(x_px[2], x_px[1]);
  ck_assert_float_eq(x_px[3], x_px[2]);
  ck_assert_float_eq(x_px[4], x_px[2]);
}
END_TEST

START_TEST(test_nothing_is_coasted_before_a_frame_is_tracked) {
  Coaster motion = coaster(kMotion);
  ck_assert(motion.coast(kFrame, kStill).objects.empty());
  motion.track(frame_of({}), kStill);
  ck_assert(motion.coast(kFrame, kStill).objects.empty());
}
END_TEST

START_TEST(test_lost_object_stays_lost_and_starts_at_rest_when_found) {
  Coaster motion = coaster(kMotion);
  follow_moving_box(motion, 10);
  motion.track(frame_of({object(1, {}, -2)}), kStill);
  const FrameResult lost = motion.coast(kFrame, kStill);
  ck_assert_uint_eq(lost.objects.size(), 1);
  ck_assert(lost.objects[0].is_lost && lost.objects[0].is_coasted);
  ck_assert(lost.objects[0].mask.is_empty());
  ck_assert(lost.objects[0].box.is_empty());
  motion.track(frame_of({object(1, moving_box(12))}), kStill);
  assert_at(motion.coast(kFrame, kStill), moving_box(12), kSamePx);
}
END_TEST

START_TEST(test_object_that_leaves_the_picture_is_lost) {
  Coaster motion = coaster(kMotion, 0);
  follow_moving_box(motion, 39);
  motion.coast(kFrame, kStill);
  const FrameResult cut = motion.coast(kFrame, kStill);
  ck_assert_float_eq(cut.objects[0].box.x + cut.objects[0].box.width,
                     kFrame.width);
  FrameResult result;
  for (int i = 0; i < 20; ++i) result = motion.coast(kFrame, kStill);
  ck_assert(result.objects[0].is_lost);
  ck_assert(result.objects[0].box.is_empty());
  ck_assert_int_eq(result.objects[0].last_seen, 8);
}
END_TEST

START_TEST(test_prompt_elsewhere_starts_the_motion_again) {
  Coaster motion = coaster(kMotion);
  follow_moving_box(motion, 20);
  const BoxPx elsewhere = {20, 80, 30, 30};
  motion.prompt(1);
  motion.prompt(7);  // an object that is not there
  motion.track(frame_of({object(1, elsewhere)}), kStill);
  assert_at(motion.coast(kFrame, kStill), elsewhere, kSamePx);
}
END_TEST

START_TEST(test_prompt_where_the_object_goes_keeps_its_motion) {
  Coaster prompted = coaster(kMotion);
  Coaster alone = coaster(kMotion);
  follow_moving_box(prompted, 20);
  follow_moving_box(alone, 20);
  prompted.prompt(1);
  for (Coaster *each : {&prompted, &alone})
    each->track(frame_of({object(1, moving_box(21))}), kStill);
  ck_assert(
      is_same(prompted.coast(kFrame, kStill), alone.coast(kFrame, kStill)));
}
END_TEST

// It moves by more than its own length between tracked frames.
START_TEST(test_fast_small_object_is_followed_without_prompts) {
  Coaster motion = coaster(kMotion);
  for (int frame = 0; frame <= 15; ++frame) {
    const BoxPx box = {10.0f + 10 * frame, 50, 8, 8};
    if (frame % 3 == 0)
      motion.track(frame_of({object(1, box)}), kStill);
    else
      motion.coast(kFrame, kStill);
  }
  assert_at(motion.coast(kFrame, kStill), {170, 50, 8, 8}, 2.5f);
}
END_TEST

START_TEST(test_object_removed_or_absent_is_forgotten) {
  Coaster hold = coaster(kHold);
  const ObjectResult a = object(1, {10, 10, 20, 20});
  const ObjectResult b = object(2, {60, 10, 20, 20});
  hold.track(frame_of({a, b}), kStill);
  hold.remove_object(1);
  hold.remove_object(9);
  const FrameResult one = hold.coast(kFrame, kStill);
  ck_assert_uint_eq(one.objects.size(), 1);
  ck_assert_int_eq(one.objects[0].object_id, 2);
  hold.track(frame_of({a}), kStill);
  ck_assert_int_eq(hold.coast(kFrame, kStill).objects[0].object_id, 1);
  hold.reset();
  const FrameResult none = hold.coast(kFrame, kStill);
  ck_assert(none.objects.empty());
  ck_assert_int_eq(none.coasted_frames, 1);
}
END_TEST

START_TEST(test_corrected_mask_keeps_its_motion_where_the_object_was) {
  Coaster motion = coaster(kMotion);
  follow_moving_box(motion, 20);
  motion.coast(kFrame, kStill);
  BoxPx wanted = moving_box(20);
  wanted.height -= 15;
  motion.correct(object(1, wanted, 7));
  const FrameResult result = motion.coast(kFrame, kStill);
  wanted.x += 8;
  assert_at(result, wanted, kPlaceTolerancePx);
  ck_assert_float_eq(result.objects[0].object_score, 7);
}
END_TEST

START_TEST(test_object_corrected_to_elsewhere_or_new_is_at_rest) {
  Coaster motion = coaster(kMotion);
  follow_moving_box(motion, 20);
  const SizePx half = {100, 60};
  motion.coast(half, kStill);
  motion.correct(object(1, {20, 80, 30, 30}));
  motion.correct(object(2, {150, 10, 20, 20}));
  motion.correct(object(3, {}));
  const FrameResult result = motion.coast(half, kStill);
  ck_assert_uint_eq(result.objects.size(), 3);
  assert_at(frame_of({result.objects[0]}, half), {10, 40, 15, 15}, kSamePx);
  assert_at(frame_of({result.objects[1]}, half), {75, 5, 10, 10}, kSamePx);
  ck_assert(result.objects[2].is_lost);
  // Lost by its correction.
  motion.correct(object(1, {}));
  ck_assert(motion.coast(half, kStill).objects[0].is_lost);
}
END_TEST

START_TEST(test_motion_is_each_object_s_own) {
  Coaster both = coaster(kMotion);
  Coaster alone = coaster(kMotion);
  for (int frame = 0; frame < 15; ++frame) {
    const ObjectResult mover = object(1, moving_box(frame));
    // The order changes, and a new one comes.
    const ObjectResult other = object(2, {150, 80.0f - 3 * frame, 20, 30});
    if (frame < 5)
      both.track(frame_of({mover}), kStill);
    else
      both.track(
          frame % 2 ? frame_of({other, mover}) : frame_of({mover, other}),
          kStill);
    alone.track(frame_of({mover}), kStill);
  }
  const FrameResult found = both.coast(kFrame, kStill);
  ck_assert_uint_eq(found.objects.size(), 2);
  FrameResult first = found;
  first.objects.pop_back();
  ck_assert(is_same(first, alone.coast(kFrame, kStill)));
  ck_assert_float_eq_tol(found.objects[1].box.y, 80 - 3 * 15, 2);
}
END_TEST

START_TEST(test_masks_and_motion_follow_the_frame_size) {
  const SizePx half = {100, 60};
  for (const SkippedFrames way : {kHold, kMotion}) {
    Coaster small = coaster(way);
    follow_moving_box(small, 20);
    for (int frame = 21; frame < 24; ++frame) {
      const BoxPx b = moving_box(way == kHold ? 20 : frame);
      const FrameResult result = small.coast(half, kStill);
      ck_assert(result.frame_size == half);
      assert_at(result, {b.x / 2, b.y / 2, b.width / 2, b.height / 2}, 1);
    }
    // Back again, tracked: the same motion.
    small.track(frame_of({object(1, moving_box(24))}), kStill);
    assert_at(small.coast(kFrame, kStill), moving_box(way == kHold ? 24 : 25),
              kPlaceTolerancePx);
  }
}
END_TEST

// Every third frame is tracked; the picture moves by 6 px a frame.
START_TEST(test_object_at_rest_under_a_panning_camera_stays_on_its_place) {
  const auto worst = [](const PlaneMap &camera) {
    Coaster motion = coaster(kMotion);
    float worst = 0;
    for (int frame = 0; frame < 12; ++frame) {
      // Starts to pan at frame 6.
      const float pan = 6.0f * std::max(0, frame - 5);
      const BoxPx where = {60 + pan, 40, 30, 30};
      const PlaneMap map = frame >= 6 ? camera : kStill;
      if (frame % 3 == 0) {
        motion.track(frame_of({object(1, where)}), map);
        continue;
      }
      const FrameResult result = motion.coast(kFrame, map);
      worst = std::max(worst, std::abs(result.objects[0].box.x - where.x));
    }
    return worst;
  };
  ck_assert_float_eq(worst(shift(6, 0)), 0);
  ck_assert_float_gt(worst(kStill), 6);
}
END_TEST

START_TEST(test_camera_counts_beside_the_object_s_own_motion) {
  Coaster panned = coaster(kMotion);
  follow_moving_box(panned, 20);
  BoxPx wanted = moving_box(21);
  wanted.x -= 30;
  wanted.y += 7;
  assert_at(panned.coast(kFrame, shift(-30, 7)), wanted, kPlaceTolerancePx);
  // The velocity is the object's alone.
  wanted.x += 4;
  assert_at(panned.coast(kFrame, kStill), wanted, kPlaceTolerancePx);
}
END_TEST

START_TEST(test_mask_turns_with_the_camera) {
  Coaster motion = coaster(kMotion);
  motion.track(frame_of({object(1, {90, 20, 20, 80})}), kStill);
  // A quarter turn about the middle of the frame.
  const FrameResult turned = motion.coast(kFrame, {0, -1, 160, 1, 0, -40});
  assert_at(turned, {60, 50, 80, 20}, kSamePx);
  // Held masks stay.
  Coaster hold = coaster(kHold);
  hold.track(frame_of({object(1, {90, 20, 20, 80})}), kStill);
  assert_at(hold.coast(kFrame, {0, -1, 160, 1, 0, -40}), {90, 20, 20, 80},
            kSamePx);
}
END_TEST

int pixels_in(const ObjectResult &object) {
  return static_cast<int>(
      std::count(object.mask.pixels.begin(), object.mask.pixels.end(), 255));
}

START_TEST(test_masks_that_move_into_each_other_are_parted_if_asked_to) {
  for (const bool is_non_overlap : {false, true}) {
    Coaster motion({kMotion, 30, is_non_overlap});
    const BoxPx wall = {100, 10, 40, 60};
    for (int frame = 0; frame <= 15; ++frame)
      motion.track(
          frame_of({object(1, moving_box(frame), 2), object(2, wall, 5)}),
          kStill);
    const FrameResult result = motion.coast(kFrame, kStill);
    ck_assert_int_eq(pixels_in(result.objects[1]), 40 * 60);
    const BoxPx &mover = result.objects[0].box;
    if (is_non_overlap)
      ck_assert_float_eq(mover.x + mover.width, 100);
    else
      ck_assert_float_gt(mover.x + mover.width, 101);
  }
}
END_TEST

TCase *motion_tests() {
  TCase *tests = tcase_create("coaster");
  tcase_add_test(tests, test_hold_repeats_the_last_tracked_frame);
  tcase_add_test(tests, test_motion_goes_on_at_the_same_speed);
  tcase_add_test(tests, test_growing_object_goes_on_growing);
  tcase_add_test(tests, test_object_at_rest_is_held_to_the_pixel);
  tcase_add_test(tests, test_none_has_no_objects_and_counts_the_frames);
  tcase_add_test(tests, test_objects_end_after_the_most_frames_in_a_row);
  tcase_add_test(tests, test_zero_is_no_limit_and_numbers_stay_finite);
  tcase_add_test(tests,
                 test_prediction_ends_where_the_object_was_seen_too_long_ago);
  tcase_add_test(tests, test_nothing_is_coasted_before_a_frame_is_tracked);
  tcase_add_test(tests, test_masks_and_motion_follow_the_frame_size);
  tcase_add_test(tests,
                 test_object_at_rest_under_a_panning_camera_stays_on_its_place);
  tcase_add_test(tests, test_camera_counts_beside_the_object_s_own_motion);
  tcase_add_test(tests, test_mask_turns_with_the_camera);
  tcase_add_test(tests,
                 test_masks_that_move_into_each_other_are_parted_if_asked_to);
  return tests;
}

void add_object_tests(TCase *tests) {
  tcase_add_test(tests,
                 test_lost_object_stays_lost_and_starts_at_rest_when_found);
  tcase_add_test(tests, test_object_that_leaves_the_picture_is_lost);
  tcase_add_test(tests, test_prompt_elsewhere_starts_the_motion_again);
  tcase_add_test(tests, test_prompt_where_the_object_goes_keeps_its_motion);
  tcase_add_test(tests, test_fast_small_object_is_followed_without_prompts);
  tcase_add_test(tests, test_object_removed_or_absent_is_forgotten);
  tcase_add_test(tests,
                 test_corrected_mask_keeps_its_motion_where_the_object_was);
  tcase_add_test(tests, test_object_corrected_to_elsewhere_or_new_is_at_rest);
  tcase_add_test(tests, test_motion_is_each_object_s_own);
}

}  // namespace

int main() {
  TCase *tests = motion_tests();
  add_object_tests(tests);
  return run_case("track", tests);
}
