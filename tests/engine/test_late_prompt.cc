// Prompts by frame number: what comes late is as if it had come in time.
#include <limits>
#include <map>

#include "engine/stream_tracker.h"
#include "track/micro_clip.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

constexpr int kFrames = 18;
constexpr int kHeld = 8;

Prompt click(int64_t object_id, float x_px, float y_px,
             bool is_positive = true) {
  Prompt prompt;
  prompt.object_id = object_id;
  prompt.points = {{x_px, y_px, is_positive}};
  return prompt;
}

Prompt box(int64_t object_id) {
  Prompt prompt;
  prompt.object_id = object_id;
  prompt.box = BoxPx{135.4f, 61.9f, 66.9f, 37.5f};
  return prompt;
}

Prompt mask(int64_t object_id) {
  Prompt prompt;
  prompt.object_id = object_id;
  prompt.mask = MaskImage{4, 3, {0, 0, 255, 0, 0, 255, 255, 0, 0, 0, 255, 0}};
  return prompt;
}

const std::shared_ptr<const FrameEncoder> &encoder() {
  static const auto shared =
      std::make_shared<const FrameEncoder>(micro_model());
  return shared;
}

TrackerSettings holding(int frames, const std::string &policy = "recent") {
  TrackerSettings settings;
  settings.frames_held = frames;
  settings.memory_policy = policy;
  return settings;
}

// `prompt` is for frame `frame` and comes before frame `told_at` is tracked.
struct Told {
  Prompt prompt;
  int frame;
  int told_at;
};
using Story = std::vector<Told>;

// By object and frame; what is caught up takes the place of what was there.
using Results = std::map<std::pair<int64_t, int64_t>, ObjectResult>;

void collect(const FrameResult &result, Results &results) {
  for (const ObjectResult &object : result.objects)
    results[{object.object_id, result.frame_index}] = object;
}

void tell(StreamTracker &tracker, const Told &told, Results &results) {
  const auto caught_up = tracker.prompt_at(told.frame, told.prompt);
  ck_assert_int_eq(caught_up.size(), told.told_at - told.frame);
  for (size_t i = 0; i < caught_up.size(); ++i) {
    ck_assert_int_eq(caught_up[i].frame_index, told.frame + int64_t(i));
    ck_assert(caught_up[i].frame_size == (SizePx{kClipWidth, kClipHeight}));
    ck_assert_uint_eq(caught_up[i].objects.size(), 1);
    ck_assert_int_eq(caught_up[i].objects[0].object_id, told.prompt.object_id);
    collect(caught_up[i], results);
  }
}

Results play(StreamTracker &tracker, const Story &story) {
  Results results;
  for (int frame = 0; frame < kFrames; ++frame) {
    for (const Told &told : story)
      if (told.told_at == frame) tell(tracker, told, results);
    collect(tracker.track(clip_frame(frame)), results);
  }
  return results;
}

Results play(const TrackerSettings &settings, const Story &story) {
  StreamTrackerImpl tracker(encoder(), settings);
  return play(tracker, story);
}

Story in_time(Story story) {
  for (Told &told : story) told.told_at = told.frame;
  return story;
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

void assert_same(const Results &found, const Results &wanted) {
  ck_assert_uint_eq(found.size(), wanted.size());
  for (const auto &[key, object] : wanted) {
    ck_assert_msg(found.count(key) == 1, "object %d is not on frame %d",
                  int(key.first), int(key.second));
    ck_assert_msg(is_same(found.at(key), object), "object %d on frame %d",
                  int(key.first), int(key.second));
  }
}

const Told kFirst = {click(1, 110, 28), 0, 0};
const Told kSecond = {click(2, 211, 84), 2, 2};

struct Case {
  const char *policy;
  Story story;
};
const Case kLateCases[] = {
    // New objects.
    {"recent", {kFirst, {click(3, 211, 62), 5, 9}}},
    {"samurai", {kFirst, {click(3, 211, 62), 5, 9}}},
    {"distractor", {kFirst, {click(3, 211, 62), 5, 9}}},
    {"recent", {{click(3, 211, 62), 4, 12}}},
    {"recent", {kFirst, {mask(3), 3, 4}}},
    {"recent", {kFirst, {box(3), 3, 9}}},
    // Known ones.
    {"recent", {kFirst, kSecond, {click(1, 30, 90, false), 5, 6}}},
    {"recent", {kFirst, kSecond, {click(1, 30, 90, false), 5, 9}}},
    {"recent", {kFirst, kSecond, {click(1, 30, 90, false), 9, 17}}},
    {"recent", {kFirst, kSecond, {box(1), 6, 10}}},
    {"recent", {kFirst, kSecond, {mask(1), 9, 17}}},
    // Two in a row, and one on another's frame.
    {"recent",
     {kFirst, {click(3, 211, 62), 5, 9}, {click(3, 60, 20, false), 7, 12}}},
    {"recent", {kFirst, {box(3), 5, 9}, {click(3, 211, 62), 5, 9}}},
};

START_TEST(test_late_prompt_is_as_if_it_had_come_in_time) {
  const Case &each = kLateCases[_i];
  const TrackerSettings settings = holding(kHeld, each.policy);
  assert_same(play(settings, each.story), play(settings, in_time(each.story)));
}
END_TEST

START_TEST(test_late_prompt_changes_its_object_alone) {
  const Told late = {click(1, 30, 90, false), 5, 9};
  const Results plain = play(holding(kHeld), {kFirst, kSecond});
  const Results found = play(holding(kHeld), {kFirst, kSecond, late});
  for (int frame = 2; frame < kFrames; ++frame)
    ck_assert(is_same(found.at({2, frame}), plain.at({2, frame})));
  for (int frame : {5, 6, 9})
    ck_assert(!is_same(found.at({1, frame}), plain.at({1, frame})));
}
END_TEST

// A click where another object is.
START_TEST(test_late_prompt_takes_its_pixels_from_the_others) {
  TrackerSettings settings = holding(kHeld);
  settings.non_overlap_masks = true;
  StreamTrackerImpl in_time(encoder(), settings), late(encoder(), settings);
  FrameResult wanted, before;
  for (int frame = 0; frame < 4; ++frame) {
    if (frame == 0) in_time.add_prompt(kFirst.prompt);
    if (frame == 0) late.add_prompt(kFirst.prompt);
    if (frame == 2) in_time.add_prompt(click(3, 112, 30));
    wanted = in_time.track(clip_frame(frame));
    before = late.track(clip_frame(frame));
  }
  const auto caught_up = late.prompt_at(2, click(3, 112, 30));
  ck_assert_uint_eq(caught_up.size(), 2);
  ck_assert_uint_eq(caught_up[0].objects.size(), 1);
  Results found, all;
  collect(caught_up[1], found);
  collect(wanted, all);
  assert_same(found, all);
  ck_assert(!is_same(wanted.objects[0], before.objects[0]));
  // And on from there.
  found.clear();
  all.clear();
  collect(late.track(clip_frame(4)), found);
  collect(in_time.track(clip_frame(4)), all);
  assert_same(found, all);
  // Who is gone gives way to nobody.
  late.remove_object(1);
  ck_assert_uint_eq(late.prompt_at(4, box(3)).at(0).objects.size(), 1);
}
END_TEST

const char *const kPolicies[] = {"recent", "samurai", "distractor"};

START_TEST(test_holding_frames_changes_no_result) {
  const Story story = {kFirst, kSecond, {click(1, 30, 90, false), 5, 5}};
  assert_same(play(holding(kHeld, kPolicies[_i]), story),
              play(holding(0, kPolicies[_i]), story));
}
END_TEST

START_TEST(test_frame_that_was_prompted_since_keeps_its_mask) {
  const Story story = {kFirst, {box(1), 8, 8}};
  Story corrected = story;
  corrected.push_back({click(1, 30, 90, false), 6, 11});
  const Results plain = play(holding(kHeld), story);
  const Results found = play(holding(kHeld), corrected);
  const ObjectResult &a = found.at({1, 8}), &b = plain.at({1, 8});
  ck_assert(a.mask.pixels == b.mask.pixels);
  ck_assert_float_eq(a.object_score, b.object_score);
  ck_assert(!is_same(found.at({1, 7}), plain.at({1, 7})));
  ck_assert(!is_same(found.at({1, 9}), plain.at({1, 9})));
}
END_TEST

// A frame that the object was not yet on.
START_TEST(test_known_object_may_be_prompted_before_its_first_frame) {
  const Told late = {click(1, 110, 28), 4, 9};
  const Results found = play(holding(kHeld), {{box(1), 7, 7}, late});
  const Results early = play(holding(kHeld), {late});
  ck_assert_int_eq(found.at({1, 4}).first_seen, 4);
  ck_assert_int_eq(found.at({1, 17}).first_seen, 4);
  ck_assert(found.at({1, 4}).mask.pixels == early.at({1, 4}).mask.pixels);
  const Results plain = play(holding(kHeld), {{box(1), 7, 7}});
  ck_assert(found.at({1, 7}).mask.pixels == plain.at({1, 7}).mask.pixels);
}
END_TEST

START_TEST(test_catching_up_encodes_no_frame) {
  const int64_t before = encoder()->encoded_frames();
  play(holding(kHeld),
       {kFirst, {click(3, 211, 62), 5, 9}, {click(1, 30, 90, false), 9, 17}});
  ck_assert_int_eq(encoder()->encoded_frames() - before, kFrames);
}
END_TEST

START_TEST(test_frames_encoded_apart_are_held_too) {
  StreamTrackerImpl tracker(encoder(), holding(2));
  const auto images = encoder()->encode({clip_frame(0), clip_frame(1)});
  for (const auto &image : images) tracker.track(image);
  const auto caught_up = tracker.prompt_at(0, click(1, 110, 28));
  ck_assert_uint_eq(caught_up.size(), 2);
  ck_assert(!caught_up[0].objects[0].is_lost);
}
END_TEST

START_TEST(test_prompt_for_a_frame_to_come_waits_for_it) {
  const Prompt first = click(1, 110, 28), second = click(2, 211, 84);
  const Results wanted = play(holding(_i), {{first, 4, 4}, {second, 6, 6}});
  StreamTrackerImpl tracker(encoder(), holding(_i));
  ck_assert(tracker.prompt_at(6, second).empty());
  ck_assert(tracker.prompt_at(4, first).empty());
  ck_assert(tracker.prompt_at(5, click(3, 211, 62)).empty());
  ck_assert(!tracker.remove_object(3));
  assert_same(play(tracker, {}), wanted);
}
END_TEST

START_TEST(test_late_prompt_is_in_pixels_of_its_own_frame) {
  StreamTrackerImpl tracker(encoder(), holding(kHeld));
  const ImageView whole = clip_frame(0);
  tracker.track(whole);
  tracker.track({whole.data, 50, 40, whole.stride_bytes});
  const auto caught_up = tracker.prompt_at(0, click(1, 110, 28));
  ck_assert(caught_up[0].frame_size == (SizePx{kClipWidth, kClipHeight}));
  ck_assert(caught_up[1].frame_size == (SizePx{50, 40}));
  const Results in_time = play(holding(0), {kFirst});
  ck_assert(caught_up[0].objects[0].mask.pixels ==
            in_time.at({1, 0}).mask.pixels);
}
END_TEST

std::string too_late(int64_t frame, uint64_t age, int next, int held) {
  return "The prompt for object 1 is for frame " + std::to_string(frame) +
         ", which is " + std::to_string(age) + " frames before the next one, " +
         std::to_string(next) + ", and " + std::to_string(held) +
         " are held. Prompt a newer frame, or hold more of them by "
         "frames-held.";
}

START_TEST(test_prompt_for_a_frame_that_is_gone_is_refused) {
  StreamTrackerImpl tracker(encoder(), holding(3));
  for (int frame = 0; frame < 8; ++frame) tracker.track(clip_frame(frame));
  assert_refused(tracker.prompt_at(4, click(1, 110, 28)), ErrorCode::kSetting,
                 too_late(4, 4, 8, 3));
  assert_refused(tracker.prompt_at(-1, click(1, 110, 28)), ErrorCode::kSetting,
                 too_late(-1, 9, 8, 3));
  constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
  assert_refused(tracker.prompt_at(kLeast, click(1, 110, 28)),
                 ErrorCode::kSetting,
                 too_late(kLeast, (uint64_t{1} << 63) + 8, 8, 3));
  ck_assert_uint_eq(tracker.prompt_at(5, click(1, 110, 28)).size(), 3);
  StreamTrackerImpl forgetful(encoder(), {});
  forgetful.track(clip_frame(0));
  assert_refused(forgetful.prompt_at(0, click(1, 110, 28)), ErrorCode::kSetting,
                 too_late(0, 1, 1, 0));
  ck_assert(forgetful.track(clip_frame(1)).objects.empty());
}
END_TEST

START_TEST(test_late_prompt_with_nothing_in_it_is_refused) {
  StreamTrackerImpl tracker(encoder(), holding(3));
  tracker.track(clip_frame(0));
  Prompt empty;
  empty.object_id = 1;
  assert_refused(tracker.prompt_at(0, empty), ErrorCode::kSetting,
                 "The prompt for object 1 is empty. Give points, a box or a "
                 "mask.");
}
END_TEST

START_TEST(test_nothing_is_held_after_reset_and_load) {
  const std::string state = TEST_OUTPUT_FOLDER "/test_late_prompt.safetensors";
  StreamTrackerImpl tracker(encoder(), holding(kHeld));
  for (int frame = 0; frame < 4; ++frame) tracker.track(clip_frame(frame));
  tracker.prompt_at(6, click(1, 110, 28));
  tracker.save(state);
  ck_assert_uint_eq(tracker.prompt_at(2, click(2, 211, 84)).size(), 2);
  tracker.load(state);
  assert_refused(tracker.prompt_at(3, click(1, 110, 28)), ErrorCode::kSetting,
                 too_late(3, 1, 4, 0));
  // What waits for its frame still does.
  for (int frame = 4; frame < 6; ++frame)
    ck_assert(tracker.track(clip_frame(frame)).objects.empty());
  ck_assert_uint_eq(tracker.track(clip_frame(6)).objects.size(), 1);
  tracker.reset();
  tracker.track(clip_frame(0));
  tracker.reset();
  assert_refused(tracker.prompt_at(-1, click(1, 110, 28)), ErrorCode::kSetting,
                 too_late(-1, 1, 0, 0));
}
END_TEST

START_TEST(test_state_goes_on_where_an_object_caught_up) {
  const std::string state = TEST_OUTPUT_FOLDER "/test_caught_up.safetensors";
  StreamTrackerImpl tracker(encoder(), holding(kHeld));
  Results results;
  for (int frame = 0; frame < 9; ++frame) {
    if (frame == 0) tracker.add_prompt(kFirst.prompt);
    tracker.track(clip_frame(frame));
  }
  tell(tracker, {click(1, 30, 90, false), 4, 9}, results);
  tracker.save(state);
  StreamTrackerImpl restored(encoder(), holding(kHeld));
  restored.load(state);
  for (int frame = 9; frame < kFrames; ++frame)
    ck_assert(is_same(tracker.track(clip_frame(frame)).objects[0],
                      restored.track(clip_frame(frame)).objects[0]));
}
END_TEST

TCase *late_tests() {
  TCase *tests = tcase_create("late_prompt");
  tcase_add_loop_test(tests, test_late_prompt_is_as_if_it_had_come_in_time, 0,
                      std::size(kLateCases));
  tcase_add_test(tests, test_late_prompt_changes_its_object_alone);
  tcase_add_test(tests, test_late_prompt_takes_its_pixels_from_the_others);
  tcase_add_loop_test(tests, test_holding_frames_changes_no_result, 0,
                      std::size(kPolicies));
  tcase_add_test(tests, test_frame_that_was_prompted_since_keeps_its_mask);
  tcase_add_test(tests,
                 test_known_object_may_be_prompted_before_its_first_frame);
  tcase_add_test(tests, test_catching_up_encodes_no_frame);
  tcase_add_test(tests, test_frames_encoded_apart_are_held_too);
  tcase_add_test(tests, test_late_prompt_is_in_pixels_of_its_own_frame);
  return tests;
}

void add_other_tests(TCase *tests) {
  tcase_add_loop_test(tests, test_prompt_for_a_frame_to_come_waits_for_it, 0,
                      2);
  tcase_add_test(tests, test_prompt_for_a_frame_that_is_gone_is_refused);
  tcase_add_test(tests, test_late_prompt_with_nothing_in_it_is_refused);
  tcase_add_test(tests, test_nothing_is_held_after_reset_and_load);
  tcase_add_test(tests, test_state_goes_on_where_an_object_caught_up);
}

}  // namespace

int main() {
  TCase *tests = late_tests();
  add_other_tests(tests);
  return run_case("engine", tests);
}
