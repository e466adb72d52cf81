// The tracker with the smallest model: objects that do not disturb each other,
// corrections, memory that does not grow.
#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <map>

#include "track/micro_clip.h"
#include "track/selection_text.h"
#include "track/tracker.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

constexpr int64_t kFrames = 12;

// A positive click, pixels of the model input.
PromptTensors click(float x_px, float y_px) {
  PromptTensors prompt;
  prompt.points.coords = at::tensor({x_px, y_px}).view({1, 1, 2});
  prompt.points.labels = at::tensor({int{kPositive}}, at::kInt).view({1, 1});
  return prompt;
}

PromptTensors negative_click(float x_px, float y_px) {
  PromptTensors prompt = click(x_px, y_px);
  prompt.points.labels.fill_(int{kNegative});
  return prompt;
}

// Three objects in different places, all present on frame 0.
PromptTensors prompt_of(int64_t object_id) {
  constexpr float kPlaces[][2] = {{132, 60}, {252, 180}, {252, 132}};
  const auto &[x_px, y_px] = kPlaces[object_id - 1];
  return click(x_px, y_px);
}

// Mask logits of each object on each frame, and more.
using Outputs = std::map<int64_t, std::vector<ObjectOutput>>;

Tracker micro_tracker(const TrackerOptions &options = {}) {
  return Tracker(micro_model(), options);
}

void track_into(Tracker &tracker, int64_t frame, Outputs &outputs) {
  for (const ObjectOutput &output : tracker.track(frame, encoded_frame(frame)))
    outputs[output.object_id].push_back(output);
}

// Adds each object of `start_frames` (id to frame) and tracks it to the end.
Outputs tracked(const std::map<int64_t, int64_t> &start_frames) {
  Tracker tracker = micro_tracker();
  Outputs outputs;
  for (int64_t frame = 0; frame < kFrames; ++frame) {
    for (const auto &[id, start] : start_frames)
      if (start == frame)
        tracker.prompt(frame, encoded_frame(frame), id, prompt_of(id));
    track_into(tracker, frame, outputs);
  }
  return outputs;
}

void assert_equal_outputs(const std::vector<ObjectOutput> &found,
                          const std::vector<ObjectOutput> &wanted,
                          size_t count) {
  ck_assert_uint_ge(found.size(), count);
  ck_assert_uint_ge(wanted.size(), count);
  for (size_t i = 0; i < count; ++i) {
    const MaskOutput &a = found[i].masks;
    const MaskOutput &b = wanted[i].masks;
    ck_assert_msg(at::equal(a.low_res_masks, b.low_res_masks), "masks of %zu",
                  i);
    ck_assert_msg(at::equal(a.obj_ptr, b.obj_ptr), "pointer of %zu", i);
    ck_assert_msg(at::equal(a.object_score, b.object_score), "score of %zu", i);
  }
}

START_TEST(test_object_beside_others_is_equal_to_the_bit_to_it_alone) {
  const Outputs together = tracked({{1, 0}, {2, 0}, {3, 0}});
  for (int64_t id : {1, 2, 3})
    assert_equal_outputs(together.at(id), tracked({{id, 0}}).at(id), kFrames);
  // Else the test would prove nothing.
  for (size_t frame : {0, 3, 11})
    ck_assert(!at::equal(together.at(1)[frame].masks.low_res_masks,
                         together.at(2)[frame].masks.low_res_masks));
}
END_TEST

START_TEST(test_object_added_later_does_not_change_the_others) {
  const Outputs with_third = tracked({{1, 0}, {2, 0}, {3, 5}});
  const Outputs without = tracked({{1, 0}, {2, 0}});
  for (int64_t id : {1, 2})
    assert_equal_outputs(with_third.at(id), without.at(id), kFrames);
  ck_assert_uint_eq(with_third.at(3).size(), kFrames - 5);
}
END_TEST

START_TEST(test_removed_object_does_not_change_the_others) {
  const Outputs wanted = tracked({{1, 0}, {2, 0}, {3, 0}});
  Tracker tracker = micro_tracker();
  Outputs outputs;
  for (int64_t id : {1, 2, 3})
    tracker.prompt(0, encoded_frame(0), id, prompt_of(id));
  for (int64_t frame = 0; frame < kFrames; ++frame) {
    if (frame == 4) ck_assert(tracker.remove_object(2));
    track_into(tracker, frame, outputs);
  }
  for (int64_t id : {1, 3})
    assert_equal_outputs(outputs.at(id), wanted.at(id), kFrames);
  ck_assert_uint_eq(outputs.at(2).size(), 4);
}
END_TEST

START_TEST(test_object_removed_and_added_again_starts_anew) {
  Tracker tracker = micro_tracker();
  Outputs outputs;
  tracker.prompt(0, encoded_frame(0), 2, prompt_of(2));
  for (int64_t frame = 0; frame < 3; ++frame)
    track_into(tracker, frame, outputs);
  ck_assert(tracker.remove_object(2));
  ck_assert(!tracker.has_object(2));
  ck_assert(!tracker.remove_object(2));
  const ObjectOutput again =
      tracker.prompt(3, encoded_frame(3), 2, prompt_of(2));
  assert_texts_equal(memory_text(again.selection), "");
  ck_assert_uint_eq(tracker.track(4, encoded_frame(4)).size(), 1);
}
END_TEST

START_TEST(test_outputs_come_in_the_order_in_which_objects_were_added) {
  Tracker tracker = micro_tracker();
  for (int64_t id : {7, 2, 5})
    tracker.prompt(0, encoded_frame(0), id, prompt_of(1));
  const auto outputs = tracker.track(1, encoded_frame(1));
  ck_assert_uint_eq(outputs.size(), 3);
  ck_assert_int_eq(outputs[0].object_id, 7);
  ck_assert_int_eq(outputs[1].object_id, 2);
  ck_assert_int_eq(outputs[2].object_id, 5);
}
END_TEST

START_TEST(test_tracker_without_objects_answers_with_nothing) {
  Tracker tracker = micro_tracker();
  ck_assert(tracker.is_empty());
  ck_assert(tracker.track(0, encoded_frame(0)).empty());
  ck_assert_int_eq(tracker.bank_bytes(), 0);
  tracker.prompt(1, encoded_frame(1), 1, prompt_of(1));
  ck_assert(!tracker.is_empty());
  tracker.reset();
  ck_assert(tracker.is_empty());
  ck_assert_int_eq(tracker.bank_bytes(), 0);
}
END_TEST

START_TEST(test_prompted_frame_answers_with_what_the_prompt_gave) {
  Tracker tracker = micro_tracker();
  const ObjectOutput prompted =
      tracker.prompt(0, encoded_frame(0), 1, prompt_of(1));
  assert_texts_equal(memory_text(prompted.selection), "");
  const auto tracked = tracker.track(0, encoded_frame(0));
  assert_equal_outputs(tracked, {prompted}, 1);
  ck_assert(at::equal(tracked[0].masks.chosen_iou, prompted.masks.chosen_iou));
}
END_TEST

START_TEST(test_tracked_frames_attend_to_what_the_policy_selects) {
  const auto outputs = tracked({{1, 0}}).at(1);
  assert_texts_equal(memory_text(outputs[1].selection), "c0:6");
  assert_texts_equal(pointer_text(outputs[1].selection), "c0@1");
  assert_texts_equal(memory_text(outputs[3].selection), "c0:6 t1:1 t2:0");
  assert_texts_equal(memory_text(outputs[11].selection),
                     "c0:6 t5:5 t6:4 t7:3 t8:2 t9:1 t10:0");
}
END_TEST

START_TEST(test_options_reach_the_selection) {
  TrackerOptions options;
  options.limits.num_maskmem = 3;
  options.limits.max_obj_ptrs = 3;
  options.limits.memory_stride = 2;
  Tracker tracker = micro_tracker(options);
  tracker.prompt(0, encoded_frame(0), 1, prompt_of(1));
  Outputs outputs;
  for (int64_t frame = 0; frame < 8; ++frame)
    track_into(tracker, frame, outputs);
  assert_texts_equal(memory_text(outputs[1][7].selection), "c0:2 t4:1 t6:0");
  assert_texts_equal(pointer_text(outputs[1][7].selection), "c0@7 t6@1 t5@2");
}
END_TEST

// Tracks to frame 6 and corrects object 1 there. Returns the outputs before,
// at, and from frame 7 on.
struct CorrectionRun {
  Outputs before;
  ObjectOutput corrected;
  Outputs after;
};
CorrectionRun correction_at_6(const TrackerOptions &options) {
  Tracker tracker = micro_tracker(options);
  CorrectionRun run;
  tracker.prompt(0, encoded_frame(0), 1, prompt_of(1));
  for (int64_t frame = 0; frame <= 6; ++frame)
    track_into(tracker, frame, run.before);
  run.corrected =
      tracker.prompt(6, encoded_frame(6), 1, negative_click(90, 160));
  for (int64_t frame = 7; frame < kFrames; ++frame)
    track_into(tracker, frame, run.after);
  return run;
}

START_TEST(test_click_on_a_tracked_frame_is_a_correction_with_memory) {
  const CorrectionRun run = correction_at_6({});
  assert_texts_equal(memory_text(run.corrected.selection),
                     "c0:6 t1:4 t2:3 t3:2 t4:1 t5:0");
  ck_assert(!at::equal(run.corrected.masks.low_res_masks,
                       run.before.at(1)[6].masks.low_res_masks));
}
END_TEST

START_TEST(test_corrected_frame_is_attended_to_as_a_conditioning_frame) {
  const CorrectionRun run = correction_at_6({});
  const std::vector<ObjectOutput> &after = run.after.at(1);
  assert_texts_equal(memory_text(after[0].selection),
                     "c0:6 c6:6 t1:5 t2:4 t3:3 t4:2 t5:1");
  assert_texts_equal(memory_text(after[4].selection),
                     "c0:6 c6:6 t5:5 t7:3 t8:2 t9:1 t10:0");
  const std::vector<ObjectOutput> plain = tracked({{1, 0}}).at(1);
  ck_assert(
      !at::equal(after[0].masks.low_res_masks, plain[7].masks.low_res_masks));
}
END_TEST

START_TEST(test_correction_stays_a_tracked_frame_if_asked_for) {
  TrackerOptions options;
  options.corrections_are_conditioning = false;
  const CorrectionRun run = correction_at_6(options);
  assert_texts_equal(memory_text(run.after.at(1)[0].selection),
                     "c0:6 t1:5 t2:4 t3:3 t4:2 t5:1 t6:0");
}
END_TEST

// The result of tracking into frame 6 again after a correction of it.
ObjectOutput second_pass(bool keeps_corrections, MaskOutput &correction) {
  TrackerOptions options;
  options.corrections_are_conditioning = false;
  options.keeps_corrections = keeps_corrections;
  options.limits.extra_history = kFrames;
  Tracker tracker = micro_tracker(options);
  tracker.prompt(0, encoded_frame(0), 1, prompt_of(1));
  for (int64_t frame = 1; frame <= 8; ++frame)
    tracker.track(frame, encoded_frame(frame));
  correction =
      tracker.prompt(6, encoded_frame(6), 1, negative_click(132, 60)).masks;
  return tracker.track(6, encoded_frame(6)).at(0);
}

START_TEST(test_kept_correction_answers_when_tracking_passes_again) {
  MaskOutput correction;
  const ObjectOutput again = second_pass(true, correction);
  ck_assert(at::equal(again.masks.low_res_masks, correction.low_res_masks));
  ck_assert(at::equal(again.masks.obj_ptr, correction.obj_ptr));
  ck_assert(!again.memory.defined());
}
END_TEST

START_TEST(test_correction_is_overwritten_when_tracking_passes_again) {
  MaskOutput correction;
  const ObjectOutput again = second_pass(false, correction);
  ck_assert(!at::equal(again.masks.low_res_masks, correction.low_res_masks));
  ck_assert(again.memory.defined());
}
END_TEST

START_TEST(test_mask_prompt_is_the_answer_itself) {
  Tracker tracker = micro_tracker();
  PromptTensors prompt;
  const int64_t side = micro_model()->input_size_px();
  prompt.mask = at::zeros({1, 1, side, side});
  prompt.mask.slice(2, 64, 128).slice(3, 32, 96).fill_(1);
  const ObjectOutput output = tracker.prompt(0, encoded_frame(0), 1, prompt);
  const at::Tensor wanted =
      prompt.mask.slice(2, 0, side, 4).slice(3, 0, side, 4).gt(0);
  ck_assert(at::equal(output.masks.low_res_masks.gt(0), wanted));
  ck_assert_float_eq(output.masks.object_score.item<float>(), 10);
  ck_assert_float_eq(output.masks.chosen_iou.item<float>(), 1);
}
END_TEST

START_TEST(test_empty_mask_prompt_means_an_absent_object) {
  Tracker tracker = micro_tracker();
  PromptTensors prompt;
  const int64_t side = micro_model()->input_size_px();
  prompt.mask = at::zeros({1, 1, side, side});
  const ObjectOutput output = tracker.prompt(0, encoded_frame(0), 1, prompt);
  ck_assert(!output.masks.low_res_masks.gt(0).any().item<bool>());
  ck_assert_float_eq(output.masks.object_score.item<float>(), -10);
}
END_TEST

void assert_counts(const BankCounts &counts, int memories, int pointers,
                   int conditioning_frames) {
  ck_assert_int_eq(counts.memories, memories);
  ck_assert_int_eq(counts.pointers, pointers);
  ck_assert_int_eq(counts.conditioning_frames, conditioning_frames);
}

START_TEST(test_occupancy_of_the_banks_grows_to_their_capacity) {
  Tracker tracker = micro_tracker();
  assert_counts(tracker.bank_occupancy().held, 0, 0, 0);
  assert_counts(tracker.bank_occupancy().capacity, 7, 16, 4);
  tracker.prompt(0, encoded_frame(0), 1, prompt_of(1));
  for (int64_t frame = 0; frame < 4; ++frame)
    tracker.track(frame, encoded_frame(frame));
  tracker.prompt(4, encoded_frame(4), 2, prompt_of(2));
  for (int64_t frame = 4; frame < 6; ++frame)
    tracker.track(frame, encoded_frame(frame));
  const BankOccupancy early = tracker.bank_occupancy();
  assert_counts(early.held, 5 + 1, 5 + 1, 2);
  assert_counts(early.fullest, 5, 5, 1);
  for (int64_t frame = 6; frame < 40; ++frame)
    tracker.track(frame, encoded_frame(frame));
  assert_counts(tracker.bank_occupancy().held, 14, 32, 2);
  assert_counts(tracker.bank_occupancy().fullest, 7, 16, 1);
  tracker.remove_object(1);
  assert_counts(tracker.bank_occupancy().held, 7, 16, 1);
}
END_TEST

START_TEST(test_memory_is_the_same_after_200_frames_as_after_20) {
  Tracker tracker = micro_tracker();
  for (int64_t id : {1, 2})
    tracker.prompt(0, encoded_frame(0), id, prompt_of(id));
  int64_t bytes = 0;
  for (int64_t frame = 0; frame < 200; ++frame) {
    tracker.track(frame, encoded_frame(frame));
    if (frame == 20) bytes = tracker.bank_bytes();
  }
  ck_assert_int_gt(bytes, 0);
  ck_assert_int_eq(tracker.bank_bytes(), bytes);
}
END_TEST

START_TEST(test_memory_does_not_grow_with_prompts_either) {
  Tracker tracker = micro_tracker();
  for (int64_t frame = 0; frame < 60; ++frame) {
    if (frame % 3 == 0)
      tracker.prompt(frame, encoded_frame(frame), 1, prompt_of(1));
    tracker.track(frame, encoded_frame(frame));
    if (frame % 5 == 4)
      tracker.prompt(frame, encoded_frame(frame), 1, negative_click(90, 160));
    ck_assert_int_le(tracker.bank_bytes(), tracker.most_bank_bytes());
  }
}
END_TEST

START_TEST(test_trackers_of_one_model_do_not_influence_each_other) {
  const Outputs wanted = tracked({{1, 0}});
  Tracker first = micro_tracker();
  Tracker second = micro_tracker();
  Outputs outputs, others;
  first.prompt(0, encoded_frame(0), 1, prompt_of(1));
  second.prompt(0, encoded_frame(3), 1, prompt_of(3));
  for (int64_t frame = 0; frame < kFrames; ++frame) {
    track_into(first, frame, outputs);
    track_into(second, frame + 3, others);
  }
  assert_equal_outputs(outputs.at(1), wanted.at(1), kFrames);
}
END_TEST

START_TEST(test_unknown_memory_policy_is_refused) {
  TrackerOptions options;
  options.memory_policy = "best";
  assert_refused(micro_tracker(options), ErrorCode::kSetting,
                 "There is no memory policy \"best\". Set memory-policy to one "
                 "of: recent, samurai, distractor.");
}
END_TEST

struct BadLimits {
  BankLimits limits;
  const char *text;
};
const BadLimits kBadLimits[] = {
    {{0, 16, 1}, "num-maskmem is 0. Set it to 1...7."},
    {{8, 16, 1}, "num-maskmem is 8. Set it to 1...7."},
    {{7, 0, 1}, "max-obj-ptrs is 0. Set it to 1...256."},
    {{7, 16, 0}, "memory-stride is 0. Set it to 1...256."},
    {{7, 16, -1}, "memory-stride is -1. Set it to 1...256."},
};

START_TEST(test_limits_that_cannot_work_are_refused) {
  TrackerOptions options;
  options.limits = kBadLimits[_i].limits;
  assert_refused(micro_tracker(options), ErrorCode::kSetting,
                 kBadLimits[_i].text);
}
END_TEST

START_TEST(test_smallest_limits_give_masks) {
  TrackerOptions options;
  options.limits = {1, 1, 3, 1};
  Tracker tracker = micro_tracker(options);
  tracker.prompt(0, encoded_frame(0), 1, prompt_of(1));
  Outputs outputs;
  for (int64_t frame = 0; frame < 5; ++frame)
    track_into(tracker, frame, outputs);
  for (const ObjectOutput &output : outputs[1])
    ck_assert(at::isfinite(output.masks.low_res_masks).all().item<bool>());
  assert_texts_equal(memory_text(outputs[1][4].selection), "c0:0");
}
END_TEST

TCase *object_tests() {
  TCase *tests = tcase_create("tracker");
  tcase_add_test(tests,
                 test_object_beside_others_is_equal_to_the_bit_to_it_alone);
  tcase_add_test(tests, test_object_added_later_does_not_change_the_others);
  tcase_add_test(tests, test_removed_object_does_not_change_the_others);
  tcase_add_test(tests, test_object_removed_and_added_again_starts_anew);
  tcase_add_test(tests,
                 test_outputs_come_in_the_order_in_which_objects_were_added);
  tcase_add_test(tests, test_tracker_without_objects_answers_with_nothing);
  tcase_add_test(tests, test_occupancy_of_the_banks_grows_to_their_capacity);
  tcase_add_test(tests, test_memory_is_the_same_after_200_frames_as_after_20);
  tcase_add_test(tests, test_memory_does_not_grow_with_prompts_either);
  tcase_add_test(tests, test_trackers_of_one_model_do_not_influence_each_other);
  return tests;
}

void add_prompt_tests(TCase *tests) {
  tcase_add_test(tests, test_prompted_frame_answers_with_what_the_prompt_gave);
  tcase_add_test(tests, test_tracked_frames_attend_to_what_the_policy_selects);
  tcase_add_test(tests, test_options_reach_the_selection);
  tcase_add_test(tests,
                 test_click_on_a_tracked_frame_is_a_correction_with_memory);
  tcase_add_test(tests,
                 test_corrected_frame_is_attended_to_as_a_conditioning_frame);
  tcase_add_test(tests, test_correction_stays_a_tracked_frame_if_asked_for);
  tcase_add_test(tests,
                 test_kept_correction_answers_when_tracking_passes_again);
  tcase_add_test(tests,
                 test_correction_is_overwritten_when_tracking_passes_again);
  tcase_add_test(tests, test_mask_prompt_is_the_answer_itself);
  tcase_add_test(tests, test_empty_mask_prompt_means_an_absent_object);
  tcase_add_test(tests, test_unknown_memory_policy_is_refused);
  tcase_add_loop_test(tests, test_limits_that_cannot_work_are_refused, 0,
                      sizeof kBadLimits / sizeof *kBadLimits);
  tcase_add_test(tests, test_smallest_limits_give_masks);
}

}  // namespace

int main() {
  TCase *tests = object_tests();
  add_prompt_tests(tests);
  return run_case("track", tests);
}
