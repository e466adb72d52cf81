// Streams of which not every frame is inferred: how frames are numbered, what
// the memories count, and that a saved stream goes on the same.
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "engine/stream_tracker.h"
#include "io/safetensors.h"
#include "track/micro_clip.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

constexpr int kInterval = 3;
const std::string kOutput = TEST_OUTPUT_FOLDER "/test_skipped_stream_";
const std::string kState = kOutput + "saved.safetensors";

Prompt click(int64_t object_id, float x_px, float y_px) {
  Prompt prompt;
  prompt.object_id = object_id;
  prompt.points = {{x_px, y_px, true}};
  return prompt;
}

StreamTrackerImpl stream(const TrackerSettings &settings = {}) {
  return StreamTrackerImpl(micro_model(), settings);
}

ImageView no_picture() { return {nullptr, kClipWidth, kClipHeight, 0}; }

// Every third frame is tracked.
FrameResult next(StreamTracker &tracker, int frame) {
  const ImageView picture = clip_frame(frame);
  return frame % kInterval == 0 ? tracker.track(picture)
                                : tracker.skip(picture);
}

bool has_same_mask(const ObjectResult &a, const ObjectResult &b) {
  return a.box.x == b.box.x && a.box.y == b.box.y &&
         a.mask.width == b.mask.width && a.mask.pixels == b.mask.pixels;
}

bool is_same(const ObjectResult &a, const ObjectResult &b) {
  return has_same_mask(a, b) && a.object_id == b.object_id &&
         a.label == b.label && a.predicted_iou == b.predicted_iou &&
         a.object_score == b.object_score && a.is_lost == b.is_lost &&
         a.is_coasted == b.is_coasted && a.first_seen == b.first_seen &&
         a.last_seen == b.last_seen;
}

bool is_same(const FrameResult &a, const FrameResult &b) {
  return a.frame_index == b.frame_index &&
         a.coasted_frames == b.coasted_frames &&
         std::equal(a.objects.begin(), a.objects.end(), b.objects.begin(),
                    b.objects.end(),
                    [](const auto &x, const auto &y) { return is_same(x, y); });
}

START_TEST(test_all_frames_are_numbered_and_skipped_ones_marked) {
  StreamTrackerImpl tracker = stream();
  tracker.add_prompt(click(1, 110, 28));
  for (int frame = 0; frame < 8; ++frame) {
    if (frame == 4) tracker.add_prompt(click(2, 211, 84));
    const FrameResult result = next(tracker, frame);
    const int skipped = frame % kInterval;
    ck_assert_int_eq(result.frame_index, frame);
    ck_assert_int_eq(result.coasted_frames, skipped);
    // The second object waits for a tracked frame.
    ck_assert_uint_eq(result.objects.size(), frame < 6 ? 1 : 2);
    for (const ObjectResult &object : result.objects) {
      ck_assert_int_eq(object.is_coasted, skipped > 0);
      ck_assert_int_eq(object.first_seen, object.object_id == 1 ? 0 : 6);
      ck_assert_int_le(object.last_seen, frame - skipped);
    }
  }
  tracker.reset();
  const FrameResult first = tracker.skip(clip_frame(0));
  ck_assert_int_eq(first.frame_index, 0);
  ck_assert(first.objects.empty());
}
END_TEST

START_TEST(test_skipped_frames_are_no_gap_in_the_memory) {
  StreamTrackerImpl skipping = stream();
  StreamTrackerImpl dense = stream();
  for (StreamTrackerImpl *each : {&skipping, &dense})
    each->add_prompt(click(1, 110, 28));
  for (int frame = 0; frame < 30; ++frame) {
    const FrameResult found = next(skipping, frame);
    if (frame % kInterval) continue;
    const FrameResult wanted = dense.track(clip_frame(frame));
    ck_assert(has_same_mask(found.objects[0], wanted.objects[0]));
    ck_assert_float_eq(found.objects[0].object_score,
                       wanted.objects[0].object_score);
  }
}
END_TEST

START_TEST(test_skipped_frame_needs_no_picture) {
  StreamTrackerImpl tracker = stream();
  ck_assert(tracker.skip(no_picture()).objects.empty());
  tracker.add_prompt(click(1, 110, 28));
  ck_assert(tracker.skip(no_picture()).objects.empty());
  const FrameResult tracked = tracker.track(clip_frame(0));
  ck_assert_int_eq(tracked.frame_index, 2);
  const FrameResult coasted = tracker.skip(no_picture());
  ck_assert(has_same_mask(coasted.objects[0], tracked.objects[0]));
  ck_assert(coasted.frame_size == (SizePx{kClipWidth, kClipHeight}));
}
END_TEST

START_TEST(test_settings_of_skipped_frames_reach_them) {
  TrackerSettings settings;
  settings.skipped_frames = SkippedFrames::kNone;
  settings.max_coast_frames = 1;
  StreamTrackerImpl none = stream(settings);
  settings.skipped_frames = SkippedFrames::kHold;
  StreamTrackerImpl hold = stream(settings);
  for (StreamTrackerImpl *each : {&none, &hold}) {
    each->add_prompt(click(1, 110, 28));
    each->track(clip_frame(0));
  }
  ck_assert(none.skip(clip_frame(1)).objects.empty());
  ck_assert_uint_eq(hold.skip(clip_frame(1)).objects.size(), 1);
  ck_assert(hold.skip(clip_frame(2)).objects.empty());
}
END_TEST

START_TEST(test_removed_object_is_not_coasted) {
  StreamTrackerImpl tracker = stream();
  tracker.add_prompt(click(1, 110, 28));
  tracker.add_prompt(click(2, 211, 84));
  tracker.track(clip_frame(0));
  tracker.remove_object(1);
  const FrameResult result = tracker.skip(clip_frame(1));
  ck_assert_uint_eq(result.objects.size(), 1);
  ck_assert_int_eq(result.objects[0].object_id, 2);
}
END_TEST

// Of frames 0 to 8 those that 3 divides are tracked and held.
START_TEST(test_late_prompt_counts_tracked_frames_and_moves_what_is_coasted) {
  TrackerSettings settings;
  settings.frames_held = 2;
  settings.skipped_frames = SkippedFrames::kHold;
  StreamTrackerImpl late = stream(settings);
  StreamTrackerImpl in_time = stream(settings);
  for (StreamTrackerImpl *each : {&late, &in_time})
    each->add_prompt(click(1, 110, 28));
  for (int frame = 0; frame < 9; ++frame) {
    if (frame == 3) in_time.add_prompt(click(2, 211, 84));
    next(late, frame);
    next(in_time, frame);
  }
  assert_refused(late.prompt_at(2, click(2, 211, 84)), ErrorCode::kSetting,
                 "The prompt for object 2 is for frame 2, which is 7 frames "
                 "before the next one, 9, and 2 are held. Prompt a newer "
                 "frame, or hold more of them by frames-held.");
  const auto results = late.prompt_at(3, click(2, 211, 84));
  ck_assert_uint_eq(results.size(), 2);
  ck_assert_int_eq(results[0].frame_index, 3);
  ck_assert_int_eq(results[1].frame_index, 6);
  for (int frame = 9; frame < 15; ++frame)
    ck_assert(is_same(late.skip(no_picture()), in_time.skip(no_picture())));
  ck_assert(is_same(late.track(clip_frame(15)), in_time.track(clip_frame(15))));
}
END_TEST

START_TEST(test_late_prompt_on_a_skipped_frame_acts_on_the_next_tracked_one) {
  TrackerSettings settings;
  settings.frames_held = 4;
  StreamTrackerImpl tracker = stream(settings);
  tracker.add_prompt(click(1, 110, 28));
  for (int frame = 0; frame < 9; ++frame) next(tracker, frame);
  const auto results = tracker.prompt_at(2, click(2, 211, 84));
  ck_assert_uint_eq(results.size(), 2);
  ck_assert_int_eq(results[0].objects[0].first_seen, 3);
  // Frame 6 was the latest that was tracked.
  ck_assert(tracker.prompt_at(7, click(3, 30, 30)).empty());
  ck_assert_uint_eq(tracker.skip(no_picture()).objects.size(), 2);
  ck_assert_uint_eq(tracker.track(clip_frame(10)).objects.size(), 3);
}
END_TEST

// ---- camera -----------------------------------------------------------------

constexpr int kShiftPx = 10;

// The first picture of the clip, moved to the right; what comes in is its left
// border.
ImageView shifted_picture(int shift_px) {
  static std::vector<uint8_t> rgb;
  const ImageView whole = clip_frame(0);
  rgb.clear();
  for (int y = 0; y < whole.height; ++y)
    for (int x = 0; x < whole.width; ++x)
      for (int c = 0; c < 3; ++c)
        rgb.push_back(whole.data[y * whole.stride_bytes +
                                 3 * std::max(0, x - shift_px) + c]);
  return {rgb.data(), whole.width, whole.height, int64_t{3} * whole.width};
}

TrackerSettings with_camera(bool camera_motion) {
  TrackerSettings settings;
  settings.camera_motion = camera_motion;
  return settings;
}

START_TEST(test_skipped_mask_goes_with_the_camera_if_asked_to) {
  Prompt prompt;
  prompt.object_id = 1;
  prompt.mask = MaskImage{4, 3, {0, 0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0}};
  for (const bool camera_motion : {false, true}) {
    StreamTrackerImpl tracker = stream(with_camera(camera_motion));
    tracker.add_prompt(prompt);
    const FrameResult tracked = tracker.track(shifted_picture(0));
    ck_assert(!tracked.objects[0].is_lost);
    // One picture is not given: the next one catches up.
    tracker.skip(no_picture());
    for (int i = 1; i <= 2; ++i) {
      const FrameResult coasted = tracker.skip(shifted_picture(i * kShiftPx));
      ck_assert_float_eq_tol(
          coasted.objects[0].box.x - tracked.objects[0].box.x,
          camera_motion ? i * kShiftPx : 0, 0.5);
    }
  }
}
END_TEST

std::vector<double> saved_numbers(const StreamTracker &tracker,
                                  const std::string &name) {
  tracker.save(kState);
  const at::Tensor row = read_safetensors(kState).tensors.at(name);
  const double *numbers = row.const_data_ptr<double>();
  return {numbers, numbers + row.numel()};
}

START_TEST(test_camera_reaches_the_motion_of_samurai_in_its_own_pixels) {
  const double shift_in_input_px = kShiftPx * 256.0 / kClipWidth;
  double centres[2];
  for (const bool camera_motion : {false, true}) {
    TrackerSettings settings = with_camera(camera_motion);
    settings.memory_policy = "samurai";
    settings.skipped_frames = SkippedFrames::kNone;
    settings.samurai.stable_iou_threshold = 1;  // boxes never count
    StreamTrackerImpl tracker = stream(settings);
    tracker.add_prompt(click(1, 110, 28));
    tracker.track(shifted_picture(0));
    tracker.skip(shifted_picture(kShiftPx / 2));
    tracker.skip(shifted_picture(kShiftPx));
    const auto waiting = saved_numbers(tracker, "camera_for_tracker.map");
    ck_assert_double_eq_tol(waiting[2], camera_motion ? shift_in_input_px : 0,
                            0.5);
    tracker.track(shifted_picture(kShiftPx));
    const auto done = saved_numbers(tracker, "camera_for_tracker.map");
    ck_assert_double_eq(done[2], 0);
    centres[camera_motion] =
        saved_numbers(tracker, "tracker.objects.0.motion.filter.mean")[0];
  }
  ck_assert_double_eq_tol(centres[true] - centres[false], shift_in_input_px,
                          0.5);
}
END_TEST

START_TEST(test_encoded_frame_is_as_good_as_its_picture_when_looked_at) {
  TrackerSettings settings = with_camera(true);
  settings.memory_policy = "samurai";
  const auto encoded = std::make_shared<const FrameEncoder>(micro_model());
  StreamTrackerImpl plain(encoded, settings);
  StreamTrackerImpl ahead(encoded, settings);
  for (StreamTrackerImpl *each : {&plain, &ahead})
    each->add_prompt(click(1, 110, 28));
  for (int i = 0; i < 6; ++i) {
    const ImageView picture = shifted_picture(i * kShiftPx);
    if (i % 2) {
      ck_assert(is_same(ahead.skip(picture), plain.skip(picture)));
      continue;
    }
    ahead.look_at(picture);
    ck_assert(is_same(ahead.track(encoded->encode({picture}).front()),
                      plain.track(picture)));
  }
}
END_TEST

START_TEST(test_camera_is_forgotten_while_there_is_no_object) {
  StreamTrackerImpl tracker = stream(with_camera(true));
  tracker.track(shifted_picture(0));
  tracker.skip(shifted_picture(10));
  tracker.add_prompt(click(1, 110, 28));
  tracker.track(shifted_picture(20));
  tracker.remove_object(1);
  tracker.skip(shifted_picture(30));
  tracker.save(kState);
  const Safetensors state = read_safetensors(kState);
  ck_assert_int_eq(state.tensors.at("camera.picture").numel(), 0);
}
END_TEST

// ---- saved states -----------------------------------------------------------

START_TEST(test_restored_stream_goes_on_equal_wherever_it_was_saved) {
  const int saved_after = 10 + _i;  // on a tracked frame, and after skips
  for (const char *policy : {"recent", "samurai"}) {
    TrackerSettings settings = with_camera(true);
    settings.memory_policy = policy;
    StreamTrackerImpl tracker = stream(settings);
    tracker.add_prompt(click(1, 110, 28));
    for (int frame = 0; frame < saved_after; ++frame) {
      if (frame == 5) tracker.add_prompt(click(2, 211, 84));
      next(tracker, frame);
    }
    tracker.save(kState);
    StreamTrackerImpl restored = stream(settings);
    restored.add_prompt(click(9, 20, 20));
    next(restored, 0);
    restored.load(kState);
    int visible = 0;
    for (int frame = saved_after; frame < saved_after + 9; ++frame) {
      const FrameResult wanted = next(tracker, frame);
      ck_assert(is_same(next(restored, frame), wanted));
      for (const ObjectResult &object : wanted.objects)
        visible += object.is_coasted && !object.is_lost;
    }
    ck_assert_int_gt(visible, 0);
  }
}
END_TEST

START_TEST(test_ways_to_skip_may_differ_and_the_camera_may_not) {
  TrackerSettings settings;
  StreamTrackerImpl tracker = stream(settings);
  tracker.add_prompt(click(1, 110, 28));
  const FrameResult tracked = tracker.track(clip_frame(0));
  tracker.save(kState);
  settings.skipped_frames = SkippedFrames::kHold;
  settings.max_coast_frames = 1;
  StreamTrackerImpl hold = stream(settings);
  hold.load(kState);
  ck_assert(
      has_same_mask(hold.skip(no_picture()).objects[0], tracked.objects[0]));
  ck_assert(hold.skip(no_picture()).objects.empty());
  settings.camera_motion = true;
  StreamTrackerImpl other = stream(settings);
  assert_refused(other.load(kState), ErrorCode::kSetting,
                 "The tracker state \"" + kState +
                     "\" was saved with camera-motion \"no\" (here \"yes\"). "
                     "Use the same model and settings, or start without it.");
}
END_TEST

at::Tensor whole(int64_t number) { return at::tensor({number}); }

struct Damage {
  const char *name;
  at::Tensor tensor;
  const char *what;
  const char *blamed = nullptr;  // if it is another one
};

START_TEST(test_damaged_state_of_skipped_frames_is_refused) {
  StreamTrackerImpl tracker = stream(with_camera(true));
  tracker.add_prompt(click(1, 110, 28));
  tracker.track(clip_frame(0));
  tracker.skip(clip_frame(1));
  tracker.save(kState);
  const Safetensors saved = read_safetensors(kState);
  const at::Tensor not_a_number =
      at::tensor({1., 0., double(NAN), 0., 1., 0.}, at::kDouble);
  const Damage cases[] = {
      {"next_tracked", whole(3), "holds 3, which is not in 0...2"},
      {"coaster.coasted_frames", whole(-1),
       "holds -1, which is not in 0...9007199254740992"},
      {"coaster.tracked_size.width", whole(0),
       "is not 0, but their frame has no size", "coaster.objects.count"},
      {"coaster.frame_size.height", whole(0),
       "is not 0, but their frame has no size", "coaster.objects.count"},
      {"coaster.objects.0.mask_x", whole(kClipWidth + 1),
       "holds 215, which is not in 0...214"},
      {"coaster.objects.0.mask_height", whole(1), "has not one byte per pixel",
       "coaster.objects.0.mask"},
      {"coaster.objects.0.motion.map", not_a_number, "holds no finite number"},
      {"coaster.objects.0.filter.mean", at::full({8}, NAN, at::kDouble),
       "holds no finite number"},
      {"camera_for_coaster.map", not_a_number, "holds no finite number"},
      {"camera.frame_width", whole(200), "holds 214, which is not in 0...200",
       "camera.width"},
      {"camera.width", whole(213), "has not one byte per pixel",
       "camera.picture"},
      {"camera.usable", at::full({7}, 1, at::kByte),
       "has not one byte per pixel"},
  };
  for (const Damage &each : cases) {
    auto tensors = saved.tensors;
    ck_assert_msg(tensors.count(each.name), "%s", each.name);
    tensors[each.name] = each.tensor;
    const std::string path = kOutput + "damaged.safetensors";
    write_safetensors(path, tensors, saved.metadata);
    StreamTrackerImpl other = stream(with_camera(true));
    assert_refused(
        other.load(path), ErrorCode::kUnreadable,
        "Could not restore the tracker from \"" + path + "\": the tensor \"" +
            (each.blamed ? each.blamed : each.name) + "\" " + each.what +
            ". Save the state again or start without it.");
  }
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("skipped_stream");
  tcase_add_test(tests, test_all_frames_are_numbered_and_skipped_ones_marked);
  tcase_add_test(tests, test_skipped_frames_are_no_gap_in_the_memory);
  tcase_add_test(tests, test_skipped_frame_needs_no_picture);
  tcase_add_test(tests, test_settings_of_skipped_frames_reach_them);
  tcase_add_test(tests, test_removed_object_is_not_coasted);
  tcase_add_test(
      tests, test_late_prompt_counts_tracked_frames_and_moves_what_is_coasted);
  tcase_add_test(
      tests, test_late_prompt_on_a_skipped_frame_acts_on_the_next_tracked_one);
  tcase_add_test(tests, test_skipped_mask_goes_with_the_camera_if_asked_to);
  tcase_add_test(tests,
                 test_camera_reaches_the_motion_of_samurai_in_its_own_pixels);
  tcase_add_test(tests,
                 test_encoded_frame_is_as_good_as_its_picture_when_looked_at);
  tcase_add_test(tests, test_camera_is_forgotten_while_there_is_no_object);
  tcase_add_loop_test(tests,
                      test_restored_stream_goes_on_equal_wherever_it_was_saved,
                      0, kInterval);
  tcase_add_test(tests, test_ways_to_skip_may_differ_and_the_camera_may_not);
  tcase_add_test(tests, test_damaged_state_of_skipped_frames_is_refused);
  return run_case("engine", tests);
}
