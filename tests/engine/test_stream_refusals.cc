// What no frame and no prompt may be, and that a stream goes on as if it had
// not been there.
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "engine/stream_tracker.h"
#include "track/micro_clip.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

Prompt click(int64_t object_id, float x_px, float y_px) {
  Prompt prompt;
  prompt.object_id = object_id;
  prompt.points = {{x_px, y_px, true}};
  return prompt;
}

Prompt box(int64_t object_id, const BoxPx &where) {
  Prompt prompt;
  prompt.object_id = object_id;
  prompt.box = where;
  return prompt;
}

StreamTrackerImpl started() {
  TrackerSettings settings;
  settings.camera_motion = true;
  settings.frames_held = 2;
  StreamTrackerImpl tracker(micro_model(), settings);
  tracker.add_prompt(click(1, 110, 28));
  tracker.track(clip_frame(0));
  tracker.track(clip_frame(1));
  return tracker;
}

void assert_goes_on(StreamTrackerImpl &tracker) {
  StreamTrackerImpl undisturbed = started();
  for (StreamTrackerImpl *each : {&tracker, &undisturbed})
    each->track(clip_frame(2));
  const FrameResult found = tracker.skip(clip_frame(3));
  const FrameResult wanted = undisturbed.skip(clip_frame(3));
  ck_assert_int_eq(found.frame_index, 3);
  ck_assert_uint_eq(found.objects.size(), 1);
  ck_assert(!wanted.objects[0].mask.is_empty());
  ck_assert(found.objects[0].mask.pixels == wanted.objects[0].mask.pixels);
}

START_TEST(test_coordinate_that_is_no_number_is_refused) {
  constexpr float kInfinite = std::numeric_limits<float>::infinity();
  StreamTrackerImpl tracker = started();
  for (const Prompt &prompt :
       {click(2, NAN, 10), click(2, 10, NAN), click(2, kInfinite, 10),
        box(2, {NAN, 1, 5, 5}), box(2, {1, -kInfinite, 5, 5}),
        box(2, {1, 1, kInfinite, 5}), box(2, {1, 1, 5, NAN})}) {
    const std::string text =
        "The prompt for object 2 has a coordinate that is not a finite number. "
        "Give pixels of the frame.";
    assert_refused(tracker.add_prompt(prompt), ErrorCode::kSetting, text);
    assert_refused(tracker.prompt_at(1, prompt), ErrorCode::kSetting, text);
  }
  assert_goes_on(tracker);
}
END_TEST

START_TEST(test_frame_of_no_size_is_refused) {
  StreamTrackerImpl tracker = started();
  const ImageView picture = clip_frame(0);
  for (const SizePx size : {SizePx{0, 8}, SizePx{8, 0}, SizePx{-8, 8}}) {
    const std::string text = "A frame of " + std::to_string(size.width) + "x" +
                             std::to_string(size.height) +
                             " pixels cannot be tracked. Give frames of 1x1 or "
                             "more.";
    for (const uint8_t *data : {picture.data, (const uint8_t *)nullptr}) {
      const ImageView frame{data, size.width, size.height, 24};
      assert_refused(tracker.skip(frame), ErrorCode::kFormat, text);
      assert_refused(tracker.track(frame), ErrorCode::kFormat, text);
      assert_refused(tracker.look_at(frame), ErrorCode::kFormat, text);
      StreamTrackerImpl without_objects(micro_model(), {});
      assert_refused(without_objects.track(frame), ErrorCode::kFormat, text);
    }
  }
  assert_goes_on(tracker);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("stream_refusals");
  tcase_add_test(tests, test_coordinate_that_is_no_number_is_refused);
  tcase_add_test(tests, test_frame_of_no_size_is_refused);
  return run_case("engine", tests);
}
