// A stream of pictures: prompts in the stream's pixels, objects that come, go
// and do not disturb each other.
#include <map>

#include "engine/stream_tracker.h"
#include "track/micro_clip.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

constexpr int kFrames = 12;

Prompt click(int64_t object_id, float x_px, float y_px,
             bool is_positive = true) {
  Prompt prompt;
  prompt.object_id = object_id;
  prompt.points = {{x_px, y_px, is_positive}};
  return prompt;
}

Prompt box(int64_t object_id, const BoxPx &where) {
  Prompt prompt;
  prompt.object_id = object_id;
  prompt.box = where;
  return prompt;
}

// Three objects in different places, all present on frame 0.
Prompt prompt_of(int64_t object_id) {
  constexpr float kPlaces[][2] = {{110, 28}, {211, 84}, {211, 62}};
  const auto &[x_px, y_px] = kPlaces[object_id - 1];
  return click(object_id, x_px, y_px);
}

StreamTrackerImpl stream(const TrackerSettings &settings = {}) {
  return StreamTrackerImpl(micro_model(), settings);
}

const ObjectResult *find(const FrameResult &result, int64_t object_id) {
  for (const ObjectResult &object : result.objects)
    if (object.object_id == object_id) return &object;
  return nullptr;
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

// Whether `object_id` is the same on every frame that `wanted` has it on.
void assert_object_unchanged(const std::vector<FrameResult> &found,
                             const std::vector<FrameResult> &wanted,
                             int64_t object_id) {
  ck_assert_uint_eq(found.size(), wanted.size());
  size_t compared = 0;
  for (size_t i = 0; i < wanted.size(); ++i) {
    const ObjectResult *b = find(wanted[i], object_id);
    if (!b) continue;
    const ObjectResult *a = find(found[i], object_id);
    ck_assert_msg(a && is_same(*a, *b), "object %d on frame %zu",
                  static_cast<int>(object_id), i);
    compared += !b->is_lost;
  }
  ck_assert_uint_gt(compared, 0);
}

// Prompts by frame, the objects removed before a frame.
struct Script {
  std::map<int, std::vector<Prompt>> prompts;
  std::map<int, int64_t> removals;
};

std::vector<FrameResult> play(StreamTrackerImpl &tracker,
                              const Script &script) {
  std::vector<FrameResult> results;
  for (int frame = 0; frame < kFrames; ++frame) {
    if (script.removals.count(frame))
      ck_assert(tracker.remove_object(script.removals.at(frame)));
    if (script.prompts.count(frame))
      for (const Prompt &prompt : script.prompts.at(frame))
        tracker.add_prompt(prompt);
    results.push_back(tracker.track(clip_frame(frame)));
  }
  return results;
}

std::vector<FrameResult> play(const Script &script) {
  StreamTrackerImpl tracker = stream();
  return play(tracker, script);
}

Script at_frame_0(const std::vector<Prompt> &prompts) {
  return {{{0, prompts}}, {}};
}

const std::vector<FrameResult> &object_1_alone() {
  static const auto results = play(at_frame_0({prompt_of(1)}));
  return results;
}

START_TEST(test_object_beside_others_is_equal_to_the_bit_to_it_alone) {
  const auto together =
      play(at_frame_0({prompt_of(1), prompt_of(2), prompt_of(3)}));
  ck_assert_uint_eq(together[0].objects.size(), 3);
  for (int64_t id : {1, 2, 3})
    assert_object_unchanged(together, play(at_frame_0({prompt_of(id)})), id);
}
END_TEST

START_TEST(test_object_added_at_frame_5_does_not_change_the_others) {
  Script script = at_frame_0({prompt_of(1)});
  script.prompts[5] = {prompt_of(2)};
  const auto found = play(script);
  assert_object_unchanged(found, object_1_alone(), 1);
  ck_assert_ptr_null(find(found[4], 2));
  ck_assert_int_eq(find(found[5], 2)->first_seen, 5);
}
END_TEST

START_TEST(test_removing_an_object_does_not_change_the_others) {
  Script script = at_frame_0({prompt_of(1), prompt_of(2)});
  script.removals[4] = 2;
  const auto found = play(script);
  assert_object_unchanged(found, object_1_alone(), 1);
  ck_assert_ptr_nonnull(find(found[3], 2));
  ck_assert_ptr_null(find(found[4], 2));
}
END_TEST

START_TEST(test_stream_after_reset_is_a_new_stream) {
  StreamTrackerImpl tracker = stream();
  const Script script = at_frame_0({prompt_of(1), prompt_of(2)});
  const auto first = play(tracker, script);
  tracker.add_prompt(prompt_of(3));
  tracker.reset();
  const auto second = play(tracker, script);
  for (int frame = 0; frame < kFrames; ++frame) {
    ck_assert_int_eq(second[frame].frame_index, frame);
    ck_assert_uint_eq(second[frame].objects.size(), 2);
    for (size_t i = 0; i < 2; ++i)
      ck_assert(is_same(second[frame].objects[i], first[frame].objects[i]));
  }
}
END_TEST

START_TEST(test_stream_without_objects_gives_empty_results) {
  StreamTrackerImpl tracker = stream();
  for (int frame = 0; frame < 3; ++frame) {
    const FrameResult result = tracker.track(clip_frame(frame));
    ck_assert(result.objects.empty());
    ck_assert_int_eq(result.frame_index, frame);
    ck_assert(result.frame_size == (SizePx{kClipWidth, kClipHeight}));
  }
  ck_assert(!tracker.remove_object(1));
}
END_TEST

START_TEST(test_prompts_of_a_removed_object_are_dropped) {
  StreamTrackerImpl tracker = stream();
  tracker.add_prompt(prompt_of(1));
  tracker.add_prompt(prompt_of(2));
  tracker.remove_object(1);
  const FrameResult result = tracker.track(clip_frame(0));
  ck_assert_uint_eq(result.objects.size(), 1);
  ck_assert_int_eq(result.objects[0].object_id, 2);
}
END_TEST

START_TEST(test_click_on_a_known_object_corrects_it) {
  Script script = at_frame_0({prompt_of(1)});
  script.prompts[3] = {click(1, 30, 90, false)};
  const auto found = play(script);
  const auto &plain = object_1_alone();
  for (int frame = 0; frame < 3; ++frame)
    ck_assert(is_same(*find(found[frame], 1), *find(plain[frame], 1)));
  ck_assert(!is_same(*find(found[3], 1), *find(plain[3], 1)));
  // It is remembered.
  ck_assert(!is_same(*find(found[4], 1), *find(plain[4], 1)));
  ck_assert_int_eq(find(found[3], 1)->first_seen, 0);
  // A new object clicked there has another mask: the correction had memory.
  const auto anew = play({{{3, {click(1, 30, 90, false)}}}, {}});
  ck_assert(find(found[3], 1)->mask.pixels != find(anew[3], 1)->mask.pixels);
}
END_TEST

START_TEST(test_box_for_a_known_object_shows_it_anew) {
  const BoxPx where = {135.4f, 61.9f, 66.9f, 37.5f};
  Script script = at_frame_0({prompt_of(1)});
  script.prompts[3] = {box(1, where)};
  const auto found = play(script);
  const auto anew = play({{{3, {box(1, where)}}}, {}});
  const ObjectResult &a = *find(found[3], 1);
  const ObjectResult &b = *find(anew[3], 1);
  ck_assert(!a.is_lost);
  ck_assert(a.mask.pixels == b.mask.pixels);
  ck_assert_float_eq(a.object_score, b.object_score);
  ck_assert_int_eq(a.first_seen, 0);
  ck_assert_int_eq(b.first_seen, 3);
  ck_assert(!is_same(*find(found[4], 1), *find(object_1_alone()[4], 1)));
}
END_TEST

START_TEST(test_prompt_with_nothing_in_it_is_refused) {
  StreamTrackerImpl tracker = stream();
  Prompt prompt;
  prompt.object_id = 12;
  const std::string text =
      "The prompt for object 12 is empty. Give points, a box or a mask.";
  assert_refused(tracker.add_prompt(prompt), ErrorCode::kSetting, text);
  prompt.mask = MaskImage{};
  assert_refused(tracker.add_prompt(prompt), ErrorCode::kSetting, text);
  ck_assert(tracker.track(clip_frame(0)).objects.empty());
}
END_TEST

START_TEST(test_empty_mask_beside_a_click_is_ignored) {
  Prompt prompt = prompt_of(1);
  prompt.mask = MaskImage{};
  assert_object_unchanged(play(at_frame_0({prompt})), object_1_alone(), 1);
}
END_TEST

START_TEST(test_mask_whose_bytes_do_not_fill_its_size_is_refused) {
  StreamTrackerImpl tracker = stream();
  Prompt prompt;
  prompt.object_id = 3;
  prompt.mask = MaskImage{4, 2, std::vector<uint8_t>(9, 255)};
  assert_refused(tracker.add_prompt(prompt), ErrorCode::kSetting,
                 "The mask for object 3 has 9 bytes and a size of 4x2. Give "
                 "one byte per pixel.");
}
END_TEST

START_TEST(test_mask_prompt_of_any_size_is_the_first_result) {
  for (int scale : {1, 2}) {
    Prompt prompt;
    prompt.object_id = 1;
    MaskImage mask{kClipWidth / scale, kClipHeight / scale, {}};
    for (int y = 0; y < mask.height; ++y)
      for (int x = 0; x < mask.width; ++x)
        mask.pixels.push_back(x < mask.width / 2 ? 255 : 0);
    prompt.mask = mask;
    const ObjectResult found = *find(play(at_frame_0({prompt}))[0], 1);
    ck_assert_float_eq(found.box.x, 0);
    ck_assert_float_eq_tol(found.box.width, kClipWidth / 2, 2);
    ck_assert_float_eq(found.box.height, kClipHeight);
    ck_assert_float_eq(found.predicted_iou, 1);
  }
}
END_TEST

// Every second pixel of a frame.
std::vector<uint8_t> small_copy(const ImageView &frame) {
  std::vector<uint8_t> rgb;
  for (int y = 0; y < frame.height; y += 2)
    for (int x = 0; x < frame.width; x += 2)
      for (int c = 0; c < 3; ++c)
        rgb.push_back(frame.data[y * frame.stride_bytes + 3 * x + c]);
  return rgb;
}

START_TEST(test_another_frame_size_keeps_the_objects) {
  StreamTrackerImpl tracker = stream();
  tracker.add_prompt(prompt_of(1));
  tracker.add_prompt(prompt_of(2));
  for (int frame = 0; frame < 3; ++frame) tracker.track(clip_frame(frame));
  const std::vector<uint8_t> rgb = small_copy(clip_frame(3));
  const SizePx size = {kClipWidth / 2, kClipHeight / 2};
  const FrameResult result = tracker.track(
      {rgb.data(), size.width, size.height, int64_t{3} * size.width});
  ck_assert(result.frame_size == size);
  ck_assert_uint_eq(result.objects.size(), 2);
  const auto wanted = play(at_frame_0({prompt_of(1), prompt_of(2)}))[3];
  for (size_t i = 0; i < 2; ++i) {
    const ObjectResult &small = result.objects[i];
    const ObjectResult &large = wanted.objects[i];
    ck_assert_int_eq(small.first_seen, 0);
    ck_assert(small.is_lost == large.is_lost);
    ck_assert_float_le(small.box.x + small.box.width, float(size.width));
    ck_assert_float_le(small.box.y + small.box.height, float(size.height));
    ck_assert_int_eq(small.mask.pixels.size(),
                     size_t{1} * small.mask.width * small.mask.height);
  }
  ck_assert_uint_eq(tracker.track(clip_frame(4)).objects.size(), 2);
}
END_TEST

START_TEST(test_lost_object_has_no_box_and_remembers_when_it_was_seen) {
  int lost = 0;
  int64_t last_seen = 0;
  for (const FrameResult &result : object_1_alone()) {
    const ObjectResult &object = *find(result, 1);
    if (!object.is_lost) last_seen = result.frame_index;
    ck_assert_int_eq(object.last_seen, last_seen);
    ck_assert(object.box.is_empty() == object.is_lost);
    ck_assert(object.mask.is_empty() == object.is_lost);
    if (!object.is_lost) {
      ck_assert_float_eq(object.box.width, float(object.mask.width));
      ck_assert_float_eq(object.box.height, float(object.mask.height));
    }
    lost += object.is_lost;
  }
  // Nearly black frames hide it.
  ck_assert_int_gt(lost, 0);
  ck_assert_int_lt(lost, kFrames);
}
END_TEST

START_TEST(test_label_of_a_prompt_reaches_every_result) {
  Prompt named = prompt_of(1);
  named.label = "cat";
  Prompt renamed = click(1, 60, 70);
  renamed.label = "dog";
  Script script = at_frame_0({named, prompt_of(2)});
  script.prompts[2] = {click(1, 60, 70)};  // without a label: keeps the old
  script.prompts[4] = {renamed};
  const auto found = play(script);
  assert_texts_equal(find(found[0], 1)->label, "cat");
  assert_texts_equal(find(found[3], 1)->label, "cat");
  assert_texts_equal(find(found[4], 1)->label, "dog");
  assert_texts_equal(find(found[5], 1)->label, "dog");
  assert_texts_equal(find(found[5], 2)->label, "");
}
END_TEST

// How many objects each pixel of the frame has.
std::vector<int> coverage(const FrameResult &result) {
  std::vector<int> count(static_cast<size_t>(result.frame_size.width) *
                         result.frame_size.height);
  for (const ObjectResult &object : result.objects)
    for (int y = 0; y < object.mask.height; ++y)
      for (int x = 0; x < object.mask.width; ++x)
        count[(static_cast<int>(object.box.y) + y) * result.frame_size.width +
              static_cast<int>(object.box.x) + x] +=
            object.mask.pixels[y * object.mask.width + x] == 255;
  return count;
}

START_TEST(test_masks_overlap_only_if_allowed) {
  const auto most = [](bool non_overlap_masks) {
    TrackerSettings settings;
    settings.non_overlap_masks = non_overlap_masks;
    StreamTrackerImpl tracker = stream(settings);
    int largest = 0;
    for (const FrameResult &result :
         play(tracker, at_frame_0({prompt_of(1), prompt_of(2), prompt_of(3)})))
      for (int count : coverage(result)) largest = std::max(largest, count);
    return largest;
  };
  ck_assert_int_gt(most(false), 1);
  ck_assert_int_eq(most(true), 1);
}
END_TEST

START_TEST(test_higher_threshold_gives_smaller_masks) {
  const auto area = [](float threshold) {
    TrackerSettings settings;
    settings.mask_threshold = threshold;
    StreamTrackerImpl tracker = stream(settings);
    int pixels = 0;
    for (int count : coverage(play(tracker, at_frame_0({prompt_of(1)}))[0]))
      pixels += count;
    return pixels;
  };
  ck_assert_int_lt(area(1), area(0));
  ck_assert_int_gt(area(-1), area(0));
}
END_TEST

TCase *object_tests() {
  TCase *tests = tcase_create("stream_tracker");
  tcase_add_test(tests,
                 test_object_beside_others_is_equal_to_the_bit_to_it_alone);
  tcase_add_test(tests,
                 test_object_added_at_frame_5_does_not_change_the_others);
  tcase_add_test(tests, test_removing_an_object_does_not_change_the_others);
  tcase_add_test(tests, test_stream_after_reset_is_a_new_stream);
  tcase_add_test(tests, test_stream_without_objects_gives_empty_results);
  tcase_add_test(tests, test_another_frame_size_keeps_the_objects);
  tcase_add_test(tests,
                 test_lost_object_has_no_box_and_remembers_when_it_was_seen);
  tcase_add_test(tests, test_label_of_a_prompt_reaches_every_result);
  tcase_add_test(tests, test_masks_overlap_only_if_allowed);
  tcase_add_test(tests, test_higher_threshold_gives_smaller_masks);
  return tests;
}

void add_prompt_tests(TCase *tests) {
  tcase_add_test(tests, test_prompts_of_a_removed_object_are_dropped);
  tcase_add_test(tests, test_click_on_a_known_object_corrects_it);
  tcase_add_test(tests, test_box_for_a_known_object_shows_it_anew);
  tcase_add_test(tests, test_prompt_with_nothing_in_it_is_refused);
  tcase_add_test(tests, test_empty_mask_beside_a_click_is_ignored);
  tcase_add_test(tests, test_mask_whose_bytes_do_not_fill_its_size_is_refused);
  tcase_add_test(tests, test_mask_prompt_of_any_size_is_the_first_result);
}

}  // namespace

int main() {
  TCase *tests = object_tests();
  add_prompt_tests(tests);
  return run_case("engine", tests);
}
