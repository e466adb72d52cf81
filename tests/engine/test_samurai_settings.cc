// Each setting of the samurai policy changes what a stream's tracker does, and
// means nothing to the other policies.
#include "engine/stream_tracker.h"
#include "track/micro_clip.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

constexpr int kFrames = 18;

// Thresholds that some frames of the drawn clip meet and others do not.
TrackerSettings samurai() {
  TrackerSettings settings;
  settings.memory_policy = "samurai";
  settings.samurai = {0.5, -0.5, 0.5, 0.9, 3, 0.5, -1};
  return settings;
}

// Score and predicted IoU of a clicked object on each frame; exact numbers, so
// that another memory or another mask shows.
std::vector<float> story(const TrackerSettings &settings) {
  StreamTrackerImpl tracker(micro_model(), settings);
  Prompt prompt;
  prompt.object_id = 1;
  prompt.points = {{110, 30, true}};
  tracker.add_prompt(prompt);
  std::vector<float> numbers;
  for (int frame = 0; frame < kFrames; ++frame) {
    const FrameResult result = tracker.track(clip_frame(frame));
    const ObjectResult &object = result.objects.at(0);
    numbers.push_back(object.object_score);
    numbers.push_back(object.predicted_iou);
    numbers.push_back(object.box.width);
  }
  return numbers;
}

using Change = void (*)(SamuraiSettings &);
const Change kChanges[] = {
    [](SamuraiSettings &s) { s.memory_iou_threshold = 0.95; },
    [](SamuraiSettings &s) { s.memory_obj_score_threshold = 1.8; },
    [](SamuraiSettings &s) { s.memory_kf_score_threshold = 1; },
    [](SamuraiSettings &s) { s.kf_score_weight = 0; },
    [](SamuraiSettings &s) { s.stable_frames_threshold = 15; },
    [](SamuraiSettings &s) { s.stable_iou_threshold = 0.93; },
    [](SamuraiSettings &s) { s.min_obj_score = 0; },
};

START_TEST(test_setting_changes_what_is_tracked) {
  TrackerSettings settings = samurai();
  kChanges[_i](settings.samurai);
  ck_assert(story(settings) != story(samurai()));
}
END_TEST

START_TEST(test_setting_means_nothing_to_recent) {
  TrackerSettings settings;
  kChanges[_i](settings.samurai);
  ck_assert(story(settings) == story({}));
}
END_TEST

START_TEST(test_policy_changes_what_is_tracked) {
  TrackerSettings settings;
  settings.memory_policy = "samurai";
  ck_assert(story(settings) != story({}));
}
END_TEST

std::vector<ObjectResult> results(const TrackerSettings &settings) {
  StreamTrackerImpl tracker(micro_model(), settings);
  Prompt prompt;
  prompt.object_id = 1;
  prompt.points = {{110, 30, true}};
  tracker.add_prompt(prompt);
  std::vector<ObjectResult> objects;
  for (int frame = 0; frame < kFrames; ++frame)
    objects.push_back(tracker.track(clip_frame(frame)).objects.at(0));
  return objects;
}

START_TEST(test_results_have_the_scores_of_the_motion) {
  const std::vector<ObjectResult> objects = results(samurai());
  const int threshold = samurai().samurai.stable_frames_threshold;
  int scored = 0;
  ck_assert(!objects[0].kf_score);
  ck_assert_int_le(objects[0].stable_frames.value(), 1);
  for (int frame = 1; frame < kFrames; ++frame) {
    const int before = objects[frame - 1].stable_frames.value();
    const int stable = objects[frame].stable_frames.value();
    // One more, as many as count, or from the start again.
    ck_assert(stable == before + 1 || stable == threshold || stable <= 1);
    ck_assert(objects[frame].kf_score.has_value() == (before == threshold));
    if (!objects[frame].kf_score) continue;
    ck_assert_float_ge(*objects[frame].kf_score, 0);
    ck_assert_float_le(*objects[frame].kf_score, 1);
    ++scored;
  }
  ck_assert_int_gt(scored, 0);
}
END_TEST

START_TEST(test_results_without_a_motion_model_have_no_scores_of_it) {
  for (const char *policy : {"recent", "distractor"}) {
    TrackerSettings settings;
    settings.memory_policy = policy;
    for (const ObjectResult &object : results(settings))
      ck_assert(!object.kf_score && !object.stable_frames);
  }
}
END_TEST

START_TEST(test_skipped_frame_has_the_scores_of_the_motion_before_it) {
  const std::string state =
      TEST_OUTPUT_FOLDER "/test_samurai_scores.safetensors";
  TrackerSettings settings = samurai();
  settings.max_coast_frames = 0;
  StreamTrackerImpl tracker(micro_model(), settings);
  Prompt prompt;
  prompt.object_id = 1;
  prompt.points = {{110, 30, true}};
  tracker.add_prompt(prompt);
  int scored = 0;
  for (int frame = 0; frame < kFrames; ++frame) {
    const ObjectResult seen = tracker.track(clip_frame(frame)).objects.at(0);
    scored += seen.kf_score.has_value();
    tracker.save(state);
    StreamTrackerImpl restored(micro_model(), settings);
    restored.load(state);
    for (StreamTracker *any : {static_cast<StreamTracker *>(&tracker),
                               static_cast<StreamTracker *>(&restored)}) {
      const ObjectResult skipped = any->skip(clip_frame(frame)).objects.at(0);
      ck_assert(skipped.kf_score == seen.kf_score);
      ck_assert(skipped.stable_frames == seen.stable_frames);
    }
  }
  ck_assert_int_gt(scored, 0);
}
END_TEST

START_TEST(test_weight_of_minus_one_is_the_models_own) {
  TrackerSettings automatic = samurai();
  TrackerSettings explicitly = samurai();
  automatic.samurai.kf_score_weight = -1;
  explicitly.samurai.kf_score_weight = micro_model()->config().kf_score_weight;
  ck_assert(story(automatic) == story(explicitly));
  ck_assert(story(automatic) != story(samurai()));
}
END_TEST

START_TEST(test_weight_below_0_that_is_not_minus_one_is_refused) {
  TrackerSettings settings = samurai();
  settings.samurai.kf_score_weight = -0.5;
  assert_refused(StreamTrackerImpl(micro_model(), settings),
                 ErrorCode::kSetting,
                 "kf-score-weight is -0.500000. Set it to 0...1.");
}
END_TEST

}  // namespace

int main() {
  constexpr int kCount = sizeof kChanges / sizeof *kChanges;
  TCase *tests = tcase_create("samurai_settings");
  tcase_add_loop_test(tests, test_setting_changes_what_is_tracked, 0, kCount);
  tcase_add_loop_test(tests, test_setting_means_nothing_to_recent, 0, kCount);
  tcase_add_test(tests, test_policy_changes_what_is_tracked);
  tcase_add_test(tests, test_results_have_the_scores_of_the_motion);
  tcase_add_test(tests,
                 test_results_without_a_motion_model_have_no_scores_of_it);
  tcase_add_test(tests,
                 test_skipped_frame_has_the_scores_of_the_motion_before_it);
  tcase_add_test(tests, test_weight_of_minus_one_is_the_models_own);
  tcase_add_test(tests, test_weight_below_0_that_is_not_minus_one_is_refused);
  return run_case("engine", tests);
}
