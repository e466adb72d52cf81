// The samurai policy inside the tracker: which mask, which memories.
#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>

#include <cmath>

#include "track/micro_clip.h"
#include "track/selection_text.h"
#include "track/tracker.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

constexpr int64_t kFrames = 36;

// Thresholds at which the drawn clip has good and bad frames.
TrackerOptions samurai_options() {
  TrackerOptions options;
  options.memory_policy = "samurai";
  options.min_object_score = -1;
  options.memory_thresholds = {0.885, 0.5, 0.5};
  options.motion = {3, 0.88, 0.5};
  return options;
}

PromptTensors points(const std::vector<float> &xy_px,
                     const std::vector<int> &labels) {
  PromptTensors prompt;
  prompt.points.coords = at::tensor(xy_px).view({1, -1, 2});
  prompt.points.labels = at::tensor(labels, at::kInt).view({1, -1});
  return prompt;
}

PromptTensors click() { return points({132, 60}, {kPositive}); }
PromptTensors other_click() { return points({252, 180}, {kPositive}); }
PromptTensors box() {
  return points({166, 11, 231, 47}, {kBoxTopLeft, kBoxBottomRight});
}

ObjectOutput prompt(Tracker &tracker, int64_t frame, int64_t id,
                    const PromptTensors &what) {
  return tracker.prompt(frame, encoded_frame(frame), id, what);
}

std::vector<ObjectOutput> track_to(Tracker &tracker, int64_t first,
                                   int64_t end) {
  std::vector<ObjectOutput> outputs;
  for (int64_t frame = first; frame < end; ++frame)
    for (const auto &output : tracker.track(frame, encoded_frame(frame)))
      outputs.push_back(output);
  return outputs;
}

// One object prompted on `first`, tracked to the end.
std::vector<ObjectOutput> tracked(const TrackerOptions &options,
                                  const PromptTensors &what,
                                  int64_t first = 0) {
  Tracker tracker(micro_model(), options);
  prompt(tracker, first, 1, what);
  return track_to(tracker, first, kFrames);
}

bool is_same(const ObjectOutput &a, const ObjectOutput &b) {
  return at::equal(a.masks.low_res_masks, b.masks.low_res_masks) &&
         at::equal(a.masks.obj_ptr, b.masks.obj_ptr);
}

bool are_same(const std::vector<ObjectOutput> &a,
              const std::vector<ObjectOutput> &b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), is_same);
}

START_TEST(test_objects_do_not_disturb_each_others_motion) {
  Tracker both(micro_model(), samurai_options());
  prompt(both, 0, 1, click());
  prompt(both, 0, 2, other_click());
  const auto together = track_to(both, 0, kFrames);
  const auto alone_1 = tracked(samurai_options(), click());
  const auto alone_2 = tracked(samurai_options(), other_click());
  for (size_t frame = 0; frame < kFrames; ++frame) {
    ck_assert(is_same(together[2 * frame], alone_1[frame]));
    ck_assert(is_same(together[2 * frame + 1], alone_2[frame]));
  }
  // Else the test would prove nothing.
  ck_assert(!are_same(alone_1, alone_2));
}
END_TEST

START_TEST(test_bank_that_forgets_gives_what_one_that_does_not_gives) {
  TrackerOptions longer = samurai_options();
  longer.limits.extra_history = kFrames;
  const auto found = tracked(samurai_options(), click());
  const auto wanted = tracked(longer, click());
  bool has_old = false;
  for (size_t frame = 0; frame < kFrames; ++frame) {
    assert_texts_equal(memory_text(found[frame].selection),
                       memory_text(wanted[frame].selection));
    for (const MemoryPick &pick : found[frame].selection.memories)
      has_old = has_old || (!pick.is_conditioning &&
                            pick.frame + 8 < static_cast<int64_t>(frame));
  }
  ck_assert(are_same(found, wanted));
  ck_assert(has_old);
}
END_TEST

START_TEST(test_bank_never_grows) {
  Tracker tracker(micro_model(), samurai_options());
  prompt(tracker, 0, 1, click());
  track_to(tracker, 0, 3);
  for (int64_t frame = 3; frame < 4 * kFrames; ++frame) {
    track_to(tracker, frame, frame + 1);
    ck_assert_int_le(tracker.bank_bytes(), tracker.most_bank_bytes());
  }
}
END_TEST

START_TEST(test_frames_of_a_late_object_count_from_its_prompt) {
  const auto outputs = tracked(samurai_options(), click(), 18);
  assert_texts_equal(memory_text(outputs[1].selection), "c18:6");
  assert_texts_equal(memory_text(outputs[2].selection), "c18:6 t19:0");
  assert_texts_equal(memory_text(outputs[3].selection), "c18:6 t20:0");
  // The clip repeats after 18 frames, so it is the same story.
  ck_assert(are_same({outputs.begin(), outputs.end()}, [&] {
    auto early = tracked(samurai_options(), click());
    early.resize(outputs.size());
    return early;
  }()));
}
END_TEST

START_TEST(test_box_does_not_start_the_motion_and_a_click_does) {
  Tracker tracker(micro_model(), samurai_options());
  ck_assert_ptr_null(tracker.motion(1));
  prompt(tracker, 0, 1, box());
  ck_assert(!tracker.motion(1)->filter());
  prompt(tracker, 0, 2, click());
  ck_assert(tracker.motion(2)->filter().has_value());
  track_to(tracker, 0, 2);
  ck_assert_int_eq(tracker.motion(1)->stable_frames(), 1);
  ck_assert_int_eq(tracker.motion(2)->stable_frames(), 2);
}
END_TEST

START_TEST(test_prompt_starts_the_motion_again) {
  TrackerOptions options = samurai_options();
  options.motion.stable_iou = 0;
  Tracker tracker(micro_model(), options);
  prompt(tracker, 0, 1, click());
  track_to(tracker, 0, 3);
  ck_assert_int_eq(tracker.motion(1)->stable_frames(), 3);
  prompt(tracker, 3, 1, box());
  ck_assert_int_eq(tracker.motion(1)->stable_frames(), 0);
  track_to(tracker, 3, 6);
  ck_assert_int_eq(tracker.motion(1)->stable_frames(), 2);
  // A click on a tracked frame is a correction.
  const ObjectOutput corrected = prompt(tracker, 5, 1, click());
  ck_assert(!corrected.scores.kf_score);
  ck_assert_int_eq(tracker.motion(1)->stable_frames(), 1);
}
END_TEST

START_TEST(test_recent_asks_for_no_scores) {
  for (const auto &output : tracked({}, click())) {
    ck_assert_double_eq(output.scores.predicted_iou, 0);
    ck_assert(!output.scores.kf_score);
  }
  Tracker tracker(micro_model(), {});
  prompt(tracker, 0, 1, click());
  ck_assert(!tracker.motion(1)->filter());
}
END_TEST

START_TEST(test_scores_are_those_of_the_mask_chosen) {
  bool has_kf_score = false;
  for (const auto &output : tracked(samurai_options(), click())) {
    ck_assert_double_eq(output.scores.predicted_iou,
                        output.masks.chosen_iou.item<float>());
    ck_assert_double_eq(output.scores.object_score,
                        output.masks.object_score.item<float>());
    has_kf_score = has_kf_score || output.scores.kf_score;
  }
  ck_assert(has_kf_score);
}
END_TEST

START_TEST(test_object_is_there_above_the_least_score_only) {
  // Frame 5 of the clip: a score of -0.2.
  for (const double least : {-1.0, 0.0}) {
    TrackerOptions options;
    options.min_object_score = least;
    const ObjectOutput dark = tracked(options, click())[5];
    const double score = dark.masks.object_score.item<double>();
    ck_assert(score < 0 && score > -1);
    const bool is_absent =
        dark.masks.low_res_masks.eq(-1024).all().item<bool>();
    ck_assert_int_eq(is_absent, score <= least);
    const at::Tensor absent = micro_model()->network().no_obj_ptr;
    ck_assert_int_eq(at::equal(dark.masks.obj_ptr, absent.view({1, -1})),
                     is_absent);
  }
}
END_TEST

START_TEST(test_distractor_keeps_scores_and_never_grows) {
  TrackerOptions options;
  options.memory_policy = "distractor";
  Tracker tracker(micro_model(), options);
  prompt(tracker, 0, 1, click());
  track_to(tracker, 0, 3);
  const auto outputs = track_to(tracker, 3, 3 * kFrames);
  ck_assert_int_le(tracker.bank_bytes(), tracker.most_bank_bytes());
  bool has_rival = false;
  for (const auto &output : outputs) {
    const FrameScores &scores = output.scores;
    const bool is_absent =
        output.masks.low_res_masks.gt(0).logical_not().all().item<bool>();
    ck_assert_int_eq(scores.area_px == 0, is_absent);
    ck_assert_double_eq(scores.predicted_iou,
                        output.masks.chosen_iou.item<float>());
    ck_assert(!scores.kf_score);
    has_rival = has_rival || scores.rival_iou < 1;
  }
  ck_assert(has_rival);
  ck_assert(!tracker.motion(1)->filter());
  // Frame 11: frame 10 is the neighbour, and frame 5 too dark for the object.
  assert_texts_equal(memory_text(outputs[8].selection), "c0:6 t10:0");
}
END_TEST

struct Refused {
  void (*spoil)(TrackerOptions &options);
  const char *text;
};
const Refused kRefused[] = {
    {[](TrackerOptions &o) { o.motion.stable_frames = 0; },
     "stable-frames-threshold is 0. Set it to 1...2147483647."},
    {[](TrackerOptions &o) { o.motion.stable_iou = 1.5; },
     "stable-iou-threshold is 1.500000. Set it to 0...1."},
    {[](TrackerOptions &o) { o.motion.kf_score_weight = -0.5; },
     "kf-score-weight is -0.500000. Set it to 0...1."},
    {[](TrackerOptions &o) { o.memory_thresholds.predicted_iou = -1; },
     "memory-iou-threshold is -1.000000. Set it to 0...1."},
    {[](TrackerOptions &o) { o.memory_thresholds.kf_score = std::nan(""); },
     "memory-kf-score-threshold is nan. Set it to 0...1."},
    {[](TrackerOptions &o) { o.memory_thresholds.object_score = INFINITY; },
     "memory-obj-score-threshold is not a finite number. Set it to a logit "
     "such as 0."},
    {[](TrackerOptions &o) { o.min_object_score = std::nan(""); },
     "min-obj-score is not a finite number. Set it to a logit such as 0."},
};

START_TEST(test_threshold_out_of_range_is_refused_by_name) {
  TrackerOptions options = samurai_options();
  kRefused[_i].spoil(options);
  assert_refused(Tracker(micro_model(), options), ErrorCode::kSetting,
                 kRefused[_i].text);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("tracker_samurai");
  tcase_add_test(tests, test_objects_do_not_disturb_each_others_motion);
  tcase_add_test(tests,
                 test_bank_that_forgets_gives_what_one_that_does_not_gives);
  tcase_add_test(tests, test_bank_never_grows);
  tcase_add_test(tests, test_frames_of_a_late_object_count_from_its_prompt);
  tcase_add_test(tests, test_box_does_not_start_the_motion_and_a_click_does);
  tcase_add_test(tests, test_prompt_starts_the_motion_again);
  tcase_add_test(tests, test_recent_asks_for_no_scores);
  tcase_add_test(tests, test_scores_are_those_of_the_mask_chosen);
  tcase_add_test(tests, test_object_is_there_above_the_least_score_only);
  tcase_add_test(tests, test_distractor_keeps_scores_and_never_grows);
  tcase_add_loop_test(tests, test_threshold_out_of_range_is_refused_by_name, 0,
                      sizeof kRefused / sizeof *kRefused);
  return run_case("track", tests);
}
