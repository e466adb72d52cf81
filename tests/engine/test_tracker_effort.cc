// A stream that has to do with less, and gets it back.
#include <c10/util/Exception.h>

#include <cstdlib>

#include "engine/stream_tracker.h"
#include "gpu/cpu_allocator.h"
#include "track/micro_clip.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

constexpr int kFrames = 10;
constexpr int kFramesUntilFull = 17;  // 16 object pointers
const char *const kPolicies[] = {"recent", "samurai", "distractor"};
// Of the masks' pixels: a logit next to 0 may change its sign with its last
// digit, and stored memories are rounded to bfloat16.
constexpr double kMostOtherPixels = 0.001;

void prompt_three(StreamTrackerImpl &tracker) {
  constexpr float kPlaces[][2] = {{110, 28}, {211, 84}, {211, 62}};
  for (int64_t id = 1; id <= 3; ++id) {
    Prompt prompt;
    prompt.object_id = id;
    prompt.points = {{kPlaces[id - 1][0], kPlaces[id - 1][1], true}};
    tracker.add_prompt(prompt);
  }
}

StreamTrackerImpl tracker_of(const std::string &policy = "recent") {
  TrackerSettings settings;
  settings.memory_policy = policy;
  StreamTrackerImpl tracker(micro_model(), settings);
  prompt_three(tracker);
  return tracker;
}

// The masks of all objects in the frame's pixels, one after the other.
std::vector<uint8_t> pixels_of(const FrameResult &result) {
  std::vector<uint8_t> all;
  for (const ObjectResult &object : result.objects) {
    std::vector<uint8_t> frame(kClipWidth * kClipHeight);
    const int left = static_cast<int>(object.box.x);
    const int top = static_cast<int>(object.box.y);
    for (int y = 0; y < object.mask.height; ++y)
      for (int x = 0; x < object.mask.width; ++x)
        frame[(top + y) * kClipWidth + left + x] =
            object.mask.pixels[y * object.mask.width + x];
    all.insert(all.end(), frame.begin(), frame.end());
  }
  return all;
}

double share_of_other_pixels(const FrameResult &a, const FrameResult &b) {
  const std::vector<uint8_t> one = pixels_of(a);
  const std::vector<uint8_t> other = pixels_of(b);
  ck_assert_uint_eq(one.size(), other.size());
  double different = 0;
  for (size_t i = 0; i < one.size(); ++i) different += one[i] != other[i];
  return different / static_cast<double>(one.size());
}

START_TEST(test_groups_that_change_from_frame_to_frame_do_not_change_masks) {
  StreamTrackerImpl plain = tracker_of(kPolicies[_i]);
  StreamTrackerImpl grouped = tracker_of(kPolicies[_i]);
  plain.set_effort({1, 7});
  for (int frame = 0; frame < kFrames; ++frame) {
    grouped.set_effort({1 + frame % 4, 7});
    ck_assert_int_eq(grouped.effort().objects_per_pass, 1 + frame % 4);
    const FrameResult wanted = plain.track(clip_frame(frame));
    const FrameResult found = grouped.track(clip_frame(frame));
    ck_assert_double_le(share_of_other_pixels(found, wanted), kMostOtherPixels);
  }
}
END_TEST

START_TEST(test_fewer_memories_are_free_at_once_and_come_back) {
  install_cpu_allocator();
  StreamTrackerImpl tracker = tracker_of(kPolicies[_i]);
  int frame = 0;
  for (; frame < kFramesUntilFull; ++frame) tracker.track(clip_frame(frame));
  const size_t full = cpu_memory().used_bytes;
  tracker.set_effort({1, 3});
  ck_assert_int_eq(tracker.effort().num_maskmem, 3);
  const size_t smaller = cpu_memory().used_bytes;
  ck_assert_uint_lt(smaller, full);
  tracker.set_effort({1, 1});
  const size_t smallest = cpu_memory().used_bytes;
  ck_assert_uint_lt(smallest, smaller);
  for (int end = frame + kFrames; frame < end; ++frame)
    ck_assert_uint_eq(tracker.track(clip_frame(frame)).objects.size(), 3);
  ck_assert_uint_le(cpu_memory().used_bytes, smallest);
  tracker.set_effort({1, 7});
  ck_assert_uint_le(cpu_memory().used_bytes, smallest);
  for (int end = frame + kFrames; frame < end; ++frame)
    tracker.track(clip_frame(frame));
  ck_assert_uint_gt(cpu_memory().used_bytes, smallest);
  ck_assert_uint_le(cpu_memory().used_bytes, full);
}
END_TEST

// As if it had been so from the start, a window of memories later.
START_TEST(test_stream_with_fewer_memories_is_like_one_made_with_so_many) {
  TrackerSettings settings;
  settings.num_maskmem = 2;
  settings.max_obj_ptrs = 1;
  Prompt prompt;
  prompt.object_id = 1;
  prompt.points = {{110, 28, true}};
  StreamTrackerImpl few(micro_model(), settings);
  settings.num_maskmem = 7;
  StreamTrackerImpl many(micro_model(), settings);
  many.set_effort({1, 2});
  for (StreamTrackerImpl *tracker : {&few, &many}) tracker->add_prompt(prompt);
  for (int frame = 0; frame < kFrames; ++frame)
    ck_assert(pixels_of(few.track(clip_frame(frame))) ==
              pixels_of(many.track(clip_frame(frame))));
}
END_TEST

// What tracking one more frame takes, on top of what is held.
size_t peak_of(StreamTrackerImpl tracker, const TrackerEffort &effort,
               const std::shared_ptr<const EncodedImage> &frame) {
  tracker.set_effort(effort);
  const size_t held = cpu_memory().used_bytes;
  reset_cpu_memory_peak();
  tracker.track(frame);
  return cpu_memory().peak_bytes - held;
}

START_TEST(test_less_effort_takes_less_memory_and_frames_fit_again) {
  install_cpu_allocator();
  const auto encoder = std::make_shared<const FrameEncoder>(micro_model());
  StreamTrackerImpl tracker(encoder, {});
  prompt_three(tracker);
  for (int frame = 0; frame < kFrames; ++frame)
    tracker.track(encoder->encode({clip_frame(frame)}).front());
  const auto next = encoder->encode({clip_frame(kFrames)}).front();
  const size_t together = peak_of(tracker, {3, 7}, next);
  const size_t in_turn = peak_of(tracker, {1, 7}, next);
  ck_assert_uint_lt(in_turn, together);
  const FrameResult wanted = StreamTrackerImpl(tracker).track(next);
  // Enough for one object after the other.
  inject_cpu_faults({0, false, cpu_memory().used_bytes + in_turn});
  tracker.set_effort({3, 7});
  bool has_failed = false;
  try {
    tracker.track(next);
  } catch (const c10::OutOfMemoryError &) {
    has_failed = true;
  }
  ck_assert(has_failed);
  tracker.set_effort({1, 7});
  const FrameResult found = tracker.track(next);
  inject_cpu_faults({});
  ck_assert(pixels_of(found) == pixels_of(wanted));
}
END_TEST

START_TEST(test_smaller_batches_take_less_memory) {
  install_cpu_allocator();
  const FrameEncoder encoder(micro_model());
  size_t peak_of_fewer = 0;
  for (size_t count : {1, 2, 4}) {
    reset_cpu_memory_peak();
    const size_t held = cpu_memory().used_bytes;
    encoder.encode(std::vector<ImageView>(count, clip_frame(0)));
    const size_t peak = cpu_memory().peak_bytes - held;
    ck_assert_uint_gt(peak, peak_of_fewer);
    peak_of_fewer = peak;
  }
}
END_TEST

START_TEST(test_state_of_a_smaller_bank_is_that_of_a_whole_one) {
  const std::string path =
      std::string(TEST_OUTPUT_FOLDER) + "/smaller_bank.safetensors";
  StreamTrackerImpl tracker = tracker_of();
  int frame = 0;
  for (; frame < kFrames; ++frame) tracker.track(clip_frame(frame));
  tracker.set_effort({1, 2});
  tracker.save(path);
  ck_assert_int_eq(tracker.effort().num_maskmem, 2);
  StreamTrackerImpl same = tracker_of();
  same.set_effort({1, 2});
  same.load(path);
  ck_assert_int_eq(same.effort().num_maskmem, 2);
  StreamTrackerImpl whole = tracker_of();
  whole.load(path);
  ck_assert_int_eq(whole.effort().num_maskmem, 7);
  ck_assert_uint_eq(whole.track(clip_frame(frame)).objects.size(), 3);
  ck_assert(pixels_of(same.track(clip_frame(frame))) ==
            pixels_of(tracker.track(clip_frame(frame))));
}
END_TEST

START_TEST(test_effort_out_of_range_is_refused) {
  TrackerSettings settings;
  settings.num_maskmem = 4;
  StreamTrackerImpl tracker(micro_model(), settings);
  assert_refused(tracker.set_effort({1, 5}), ErrorCode::kSetting,
                 "num-maskmem is 4 and cannot become 5. Set it to 1...4.");
  assert_refused(tracker.set_effort({1, 0}), ErrorCode::kSetting,
                 "num-maskmem is 0. Set it to 1...7.");
  assert_refused(tracker.set_effort({0, 4}), ErrorCode::kSetting,
                 "objects-per-pass is 0. Set it to 1...256.");
  assert_refused(tracker.set_effort({257, 4}), ErrorCode::kSetting,
                 "objects-per-pass is 257. Set it to 1...256.");
  ck_assert_int_eq(tracker.effort().num_maskmem, 4);
  ck_assert_int_eq(tracker.effort().objects_per_pass,
                   default_objects_per_pass(*micro_model()));
}
END_TEST

}  // namespace

int main() {
  constexpr int kPolicyCount = sizeof kPolicies / sizeof *kPolicies;
  TCase *tests = tcase_create("tracker_effort");
  tcase_add_loop_test(
      tests, test_groups_that_change_from_frame_to_frame_do_not_change_masks, 0,
      kPolicyCount);
  tcase_add_loop_test(tests, test_fewer_memories_are_free_at_once_and_come_back,
                      0, kPolicyCount);
  tcase_add_test(tests,
                 test_stream_with_fewer_memories_is_like_one_made_with_so_many);
  tcase_add_test(tests,
                 test_less_effort_takes_less_memory_and_frames_fit_again);
  tcase_add_test(tests, test_smaller_batches_take_less_memory);
  tcase_add_test(tests, test_state_of_a_smaller_bank_is_that_of_a_whole_one);
  tcase_add_test(tests, test_effort_out_of_range_is_refused);
  return run_case("engine", tests);
}
