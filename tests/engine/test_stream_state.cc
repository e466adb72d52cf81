// A stream saved to a file goes on in another tracker with the same results:
// objects with their labels and times, and prompts that wait.
#include <ATen/ops/tensor.h>

#include <algorithm>

#include "engine/stream_tracker.h"
#include "io/safetensors.h"
#include "model/generated_checkpoint.h"
#include "track/micro_clip.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

extern "C" const sam2::EngineApi *sam2_engine_api(void);

using namespace sam2;
using namespace sam2::test;

namespace {

constexpr int kSavedAfter = 8;
constexpr int kEnd = 16;
const std::string kOutput = TEST_OUTPUT_FOLDER "/test_stream_state_";
const std::string kState = kOutput + "saved.safetensors";

Prompt click(int64_t object_id, float x_px, float y_px) {
  Prompt prompt;
  prompt.object_id = object_id;
  prompt.label = "object " + std::to_string(object_id);
  prompt.points = {{x_px, y_px, true}};
  return prompt;
}

Prompt box(int64_t object_id) {
  Prompt prompt;
  prompt.object_id = object_id;
  prompt.box = {135.4f, 61.9f, 66.9f, 37.5f};
  return prompt;
}

Prompt mask(int64_t object_id) {
  Prompt prompt;
  prompt.object_id = object_id;
  prompt.mask = MaskImage{4, 3, {0, 0, 255, 0, 0, 255, 255, 0, 0, 0, 255, 0}};
  return prompt;
}

// Of each kind, for new objects and a known one, two points in one.
std::vector<Prompt> waiting_prompts() {
  Prompt points = click(1, 30, 90);
  points.label = "";
  points.points.push_back({60.5f, 70.25f, false});
  return {points, box(-7), mask(int64_t{1} << 60)};
}

StreamTrackerImpl stream(const TrackerSettings &settings = {}) {
  return StreamTrackerImpl(micro_model(), settings);
}

// Object 1 from frame 0 on, object 2 from frame 3 on; 3 is gone again.
void begin(StreamTracker &tracker) {
  for (int frame = 0; frame < kSavedAfter; ++frame) {
    if (frame == 0) tracker.add_prompt(click(1, 110, 28));
    if (frame == 1) tracker.add_prompt(click(3, 30, 30));
    if (frame == 3) tracker.add_prompt(click(2, 211, 84));
    if (frame == 5) tracker.remove_object(3);
    tracker.track(clip_frame(frame));
  }
}

std::vector<FrameResult> go_on(StreamTracker &tracker) {
  std::vector<FrameResult> results;
  for (int frame = kSavedAfter; frame < kEnd; ++frame)
    results.push_back(tracker.track(clip_frame(frame)));
  return results;
}

bool is_same(const ObjectResult &a, const ObjectResult &b) {
  return a.object_id == b.object_id && a.label == b.label &&
         a.predicted_iou == b.predicted_iou &&
         a.object_score == b.object_score && a.is_lost == b.is_lost &&
         a.first_seen == b.first_seen && a.last_seen == b.last_seen &&
         a.box.x == b.box.x && a.box.y == b.box.y &&
         a.mask.width == b.mask.width && a.mask.height == b.mask.height &&
         a.mask.pixels == b.mask.pixels;
}

void assert_same(const std::vector<FrameResult> &found,
                 const std::vector<FrameResult> &wanted, size_t objects) {
  for (size_t i = 0; i < wanted.size(); ++i) {
    ck_assert_int_eq(found[i].frame_index, wanted[i].frame_index);
    ck_assert_uint_eq(found[i].objects.size(), objects);
    ck_assert(std::equal(found[i].objects.begin(), found[i].objects.end(),
                         wanted[i].objects.begin(), wanted[i].objects.end(),
                         is_same));
  }
}

START_TEST(test_restored_stream_goes_on_equal_to_the_bit) {
  StreamTrackerImpl tracker = stream();
  begin(tracker);
  tracker.save(kState);
  StreamTrackerImpl restored = stream();
  restored.add_prompt(click(9, 20, 20));
  restored.track(clip_frame(3));
  restored.add_prompt(click(8, 20, 20));
  restored.load(kState);
  const auto wanted = go_on(tracker);
  ck_assert_int_eq(wanted[0].frame_index, kSavedAfter);
  ck_assert_int_eq(wanted[0].objects[1].first_seen, 3);
  assert_texts_equal(wanted[0].objects[1].label, "object 2");
  assert_same(go_on(restored), wanted, 2);
}
END_TEST

// An object that is lost when the state is saved was seen when it was.
START_TEST(test_lost_object_keeps_when_it_was_seen) {
  StreamTrackerImpl tracker = stream();
  tracker.add_prompt(click(1, 110, 28));
  FrameResult result;
  int frame = 0;
  do {
    result = tracker.track(clip_frame(frame));
  } while (!result.objects[0].is_lost && ++frame < kClipFrames);
  ck_assert(result.objects[0].is_lost);
  tracker.save(kState);
  StreamTrackerImpl restored = stream();
  restored.load(kState);
  const ObjectResult found = restored.track(clip_frame(frame)).objects[0];
  ck_assert(found.is_lost);
  ck_assert_int_eq(found.last_seen, frame - 1);
}
END_TEST

START_TEST(test_prompts_that_wait_are_restored) {
  StreamTrackerImpl tracker = stream();
  begin(tracker);
  for (const Prompt &prompt : waiting_prompts()) tracker.add_prompt(prompt);
  tracker.save(kState);
  StreamTrackerImpl restored = stream();
  restored.load(kState);
  const auto wanted = go_on(tracker);
  assert_same(go_on(restored), wanted, 4);
}
END_TEST

START_TEST(test_new_stream_comes_back_new) {
  StreamTrackerImpl tracker = stream();
  tracker.save(kState);
  begin(tracker);
  tracker.load(kState);
  const FrameResult result = tracker.track(clip_frame(0));
  ck_assert_int_eq(result.frame_index, 0);
  ck_assert(result.objects.empty());
}
END_TEST

START_TEST(test_settings_of_results_may_differ) {
  StreamTrackerImpl tracker = stream();
  begin(tracker);
  tracker.save(kState);
  TrackerSettings settings;
  settings.mask_threshold = 1;
  settings.non_overlap_masks = true;
  StreamTrackerImpl restored = stream(settings);
  restored.load(kState);
  ck_assert_uint_eq(restored.track(clip_frame(kSavedAfter)).objects.size(), 2);
}
END_TEST

START_TEST(test_state_of_another_policy_is_refused) {
  StreamTrackerImpl tracker = stream();
  tracker.save(kState);
  TrackerSettings settings;
  settings.memory_policy = "distractor";
  StreamTrackerImpl other = stream(settings);
  assert_refused(other.load(kState), ErrorCode::kSetting,
                 "The tracker state \"" + kState +
                     "\" was saved with memory-policy \"recent\" (here "
                     "\"distractor\"). Use the same model and settings, or "
                     "start without it.");
}
END_TEST

struct DamageCase {
  const char *name;
  at::Tensor tensor;
  const char *what;
};

START_TEST(test_refused_state_leaves_the_stream_as_it_was) {
  StreamTrackerImpl tracker = stream();
  begin(tracker);
  for (const Prompt &prompt : waiting_prompts()) tracker.add_prompt(prompt);
  tracker.save(kState);
  const auto wanted = go_on(tracker);
  const Safetensors whole = read_safetensors(kState);
  const DamageCase cases[] = {
      {"next_frame", at::tensor({int64_t{-1}}),
       "holds -1, which is not in 0...9007199254740992"},
      {"memos.0.id", at::tensor({int64_t{6}}), "is that of no object"},
      {"pending.0.label", at::tensor({1.f}), "is Float [1], not Byte [1]"},
      {"pending.2.mask_width", at::tensor({int64_t{5}}),
       "has not one byte per pixel"},
      {"pending.3", at::tensor({1.f}), "does not belong there"},
  };
  StreamTrackerImpl kept = stream();
  begin(kept);
  for (const Prompt &prompt : waiting_prompts()) kept.add_prompt(prompt);
  for (const DamageCase &each : cases) {
    auto tensors = whole.tensors;
    tensors[each.name] = each.tensor;
    const std::string path = kOutput + "damaged.safetensors";
    write_safetensors(path, tensors, whole.metadata);
    const std::string name = std::string(each.name) == "pending.2.mask_width"
                                 ? "pending.2.mask"
                                 : each.name;
    assert_refused(kept.load(path), ErrorCode::kUnreadable,
                   "Could not restore the tracker from \"" + path +
                       "\": the tensor \"" + name + "\" " + each.what +
                       ". Save the state again or start without it.");
  }
  assert_same(go_on(kept), wanted, 4);
}
END_TEST

// The first engine is gone when the second one is opened.
START_TEST(test_state_passes_the_front_of_the_library) {
  ModelSettings settings;
  settings.model_file = kOutput + "model.safetensors";
  settings.device = "cpu";
  settings.precision = Precision::kFp32;
  write_safetensors(settings.model_file,
                    generated_checkpoint(config_named("sam2.1-micro")).tensors);
  const auto open = [&] {
    return sam2_engine_api()->open(settings)->create_tracker({});
  };
  std::vector<FrameResult> wanted;
  {
    const auto tracker = open();
    begin(*tracker);
    tracker->save(kState);
    wanted = go_on(*tracker);
  }
  const auto restored = open();
  restored->load(kState);
  assert_same(go_on(*restored), wanted, 2);
  assert_refused(restored->load(kOutput + "none"), ErrorCode::kNotFound,
                 "Could not find the tracker state \"" + kOutput +
                     "none\". Give a file that a tracker's state was saved "
                     "to.");
}
END_TEST

TCase *state_tests() {
  TCase *tests = tcase_create("stream_state");
  tcase_add_test(tests, test_restored_stream_goes_on_equal_to_the_bit);
  tcase_add_test(tests, test_lost_object_keeps_when_it_was_seen);
  tcase_add_test(tests, test_prompts_that_wait_are_restored);
  tcase_add_test(tests, test_new_stream_comes_back_new);
  tcase_add_test(tests, test_settings_of_results_may_differ);
  tcase_add_test(tests, test_state_of_another_policy_is_refused);
  tcase_add_test(tests, test_refused_state_leaves_the_stream_as_it_was);
  tcase_add_test(tests, test_state_passes_the_front_of_the_library);
  return tests;
}

}  // namespace

int main() { return run_case("engine", state_tests()); }
