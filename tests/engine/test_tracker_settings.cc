// Each setting of the tracker changes what a stream's tracker does; those of
// the masks change the masks alone.
#include <iterator>
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

constexpr int kFrames = 18;

// Scores of an object on each frame; exact numbers, so that another memory
// shows. Boxes show it again on frames 2, 4, 6, 8 and 10.
std::vector<float> story(const TrackerSettings &settings) {
  StreamTrackerImpl tracker(micro_model(), settings);
  Prompt prompt;
  prompt.object_id = 1;
  prompt.points = {{110, 30, true}};
  std::vector<float> numbers;
  for (int frame = 0; frame < kFrames; ++frame) {
    if (frame % 2 == 0 && frame <= 10) tracker.add_prompt(prompt);
    prompt.points.clear();
    prompt.box = BoxPx{30.0f + 8 * frame, 20, 60, 50};
    const FrameResult result = tracker.track(clip_frame(frame));
    numbers.push_back(result.objects.at(0).object_score);
    numbers.push_back(result.objects.at(0).predicted_iou);
  }
  return numbers;
}

const std::vector<float> &default_story() {
  static const std::vector<float> numbers = story({});
  return numbers;
}

using Change = void (*)(TrackerSettings &);
const Change kMemoryChanges[] = {
    [](TrackerSettings &s) { s.num_maskmem = 1; },
    [](TrackerSettings &s) { s.num_maskmem = 6; },
    [](TrackerSettings &s) { s.max_obj_ptrs = 1; },
    [](TrackerSettings &s) { s.max_obj_ptrs = 12; },
    [](TrackerSettings &s) { s.max_cond_frames = 1; },
    [](TrackerSettings &s) { s.max_cond_frames = 3; },
    [](TrackerSettings &s) { s.max_cond_frames = -1; },
    [](TrackerSettings &s) { s.keep_first_cond_frame = false; },
    [](TrackerSettings &s) { s.memory_stride = 2; },
};

START_TEST(test_memory_setting_changes_what_is_tracked) {
  TrackerSettings settings;
  kMemoryChanges[_i](settings);
  ck_assert(story(settings) != default_story());
}
END_TEST

START_TEST(test_minus_one_keeps_as_many_prompted_frames_as_there_are) {
  TrackerSettings all, six;
  all.max_cond_frames = -1;
  six.max_cond_frames = 6;
  ck_assert(story(all) == story(six));
}
END_TEST

const Change kMaskChanges[] = {
    [](TrackerSettings &s) { s.fill_hole_area_px = 0; },
    [](TrackerSettings &s) { s.fill_hole_area_px = 5000; },
    [](TrackerSettings &s) { s.non_overlap_masks = true; },
    [](TrackerSettings &s) { s.mask_threshold = 1; },
    [](TrackerSettings &s) { s.mask_resolution = MaskResolution::kModel; },
};

START_TEST(test_mask_setting_does_not_change_what_is_remembered) {
  TrackerSettings settings;
  kMaskChanges[_i](settings);
  ck_assert(story(settings) == default_story());
}
END_TEST

struct Refusal {
  Change change;
  const char *text;
};
const Refusal kRefusals[] = {
    {[](TrackerSettings &s) { s.max_coast_frames = -1; },
     "max-coast-frames is -1. Set it to 1...1000000, or to 0 for no limit."},
    {[](TrackerSettings &s) { s.max_coast_frames = 1000001; },
     "max-coast-frames is 1000001. Set it to 1...1000000, or to 0 for no "
     "limit."},
    {[](TrackerSettings &s) { s.num_maskmem = 0; },
     "num-maskmem is 0. Set it to 1...7."},
    {[](TrackerSettings &s) { s.num_maskmem = 8; },
     "num-maskmem is 8. Set it to 1...7."},
    {[](TrackerSettings &s) { s.max_obj_ptrs = 0; },
     "max-obj-ptrs is 0. Set it to 1...256."},
    {[](TrackerSettings &s) { s.max_obj_ptrs = 257; },
     "max-obj-ptrs is 257. Set it to 1...256."},
    {[](TrackerSettings &s) { s.memory_stride = 0; },
     "memory-stride is 0. Set it to 1...256."},
    {[](TrackerSettings &s) { s.memory_stride = 257; },
     "memory-stride is 257. Set it to 1...256."},
    {[](TrackerSettings &s) { s.max_cond_frames = 0; },
     "max-cond-frames is 0. Set it to 1...256, or to -1 to keep all."},
    {[](TrackerSettings &s) { s.max_cond_frames = 257; },
     "max-cond-frames is 257. Set it to 1...256, or to -1 to keep all."},
    {[](TrackerSettings &s) { s.max_cond_frames = -2; },
     "max-cond-frames is -2. Set it to 1...256, or to -1 to keep all."},
    {[](TrackerSettings &s) { s.frames_held = -1; },
     "frames-held is -1. Set it to 0...64."},
    {[](TrackerSettings &s) { s.frames_held = 65; },
     "frames-held is 65. Set it to 0...64."},
    {[](TrackerSettings &s) { s.mask_threshold = -10.5f; },
     "mask-threshold is -10.500000. Set it to -10...10."},
    {[](TrackerSettings &s) { s.mask_threshold = 10.5f; },
     "mask-threshold is 10.500000. Set it to -10...10."},
    {[](TrackerSettings &s) {
       s.mask_threshold = std::numeric_limits<float>::quiet_NaN();
     },
     "mask-threshold is nan. Set it to -10...10."},
    {[](TrackerSettings &s) { s.fill_hole_area_px = -1; },
     "fill-hole-area is -1. Set it to 0 or more pixels."},
};

START_TEST(test_setting_out_of_range_is_refused) {
  TrackerSettings settings;
  kRefusals[_i].change(settings);
  assert_refused(StreamTrackerImpl(micro_model(), settings),
                 ErrorCode::kSetting, kRefusals[_i].text);
}
END_TEST

START_TEST(test_setting_at_the_end_of_its_range_is_taken) {
  TrackerSettings least, most;
  least.num_maskmem = least.max_obj_ptrs = least.max_cond_frames = 1;
  least.mask_threshold = -10;
  least.fill_hole_area_px = 0;
  most.max_obj_ptrs = most.max_cond_frames = most.memory_stride = 256;
  most.mask_threshold = 10;
  most.fill_hole_area_px = std::numeric_limits<int>::max();
  story(least);
  story(most);
}
END_TEST

// A mask of the clip's size: `outer` without `hole`, and `speck`.
Prompt mask_prompt(int64_t object_id, const BoxPx &outer, const BoxPx &hole,
                   const BoxPx &speck) {
  const auto is_in = [](const BoxPx &b, int x, int y) {
    return x >= b.x && x < b.x + b.width && y >= b.y && y < b.y + b.height;
  };
  Prompt prompt;
  prompt.object_id = object_id;
  MaskImage mask{kClipWidth, kClipHeight, {}};
  for (int y = 0; y < kClipHeight; ++y)
    for (int x = 0; x < kClipWidth; ++x)
      mask.pixels.push_back(
          (is_in(outer, x, y) && !is_in(hole, x, y)) || is_in(speck, x, y) ? 255
                                                                           : 0);
  prompt.mask = mask;
  return prompt;
}

const BoxPx kOuter = {20, 20, 100, 80};
const BoxPx kHole = {50, 40, 30, 30};
const BoxPx kSpeck = {160, 40, 25, 25};
const BoxPx kInHole = {58, 48, 14, 14};

FrameResult first_result(const TrackerSettings &settings,
                         const std::vector<Prompt> &prompts) {
  StreamTrackerImpl tracker(micro_model(), settings);
  for (const Prompt &prompt : prompts) tracker.add_prompt(prompt);
  return tracker.track(clip_frame(0));
}

bool has_pixel(const ObjectResult &object, int x, int y) {
  const int left = x - static_cast<int>(object.box.x);
  const int top = y - static_cast<int>(object.box.y);
  return left >= 0 && left < object.mask.width && top >= 0 &&
         top < object.mask.height &&
         object.mask.pixels[top * object.mask.width + left] == 255;
}

TrackerSettings filling(int area_px) {
  TrackerSettings settings;
  settings.fill_hole_area_px = area_px;
  return settings;
}

START_TEST(test_holes_and_specks_of_a_result_go_up_to_the_area) {
  const std::vector<Prompt> prompts = {mask_prompt(1, kOuter, kHole, kSpeck)};
  for (const int area_px : {0, 8, 100}) {
    const FrameResult result = first_result(filling(area_px), prompts);
    ck_assert(!has_pixel(result.objects[0], 65, 55));
    ck_assert(has_pixel(result.objects[0], 172, 52));
    ck_assert_float_ge(result.objects[0].box.width, 160);
  }
  const FrameResult result = first_result(filling(1500), prompts);
  ck_assert(has_pixel(result.objects[0], 65, 55));
  ck_assert(!has_pixel(result.objects[0], 172, 52));
  ck_assert_float_le(result.objects[0].box.width, 110);
}
END_TEST

START_TEST(test_filled_hole_leaves_an_object_in_it_alone_if_asked_to) {
  const std::vector<Prompt> prompts = {mask_prompt(1, kOuter, kHole, {}),
                                       mask_prompt(2, kInHole, {}, {})};
  TrackerSettings settings = filling(1500);
  const FrameResult over = first_result(settings, prompts);
  settings.non_overlap_masks = true;
  const FrameResult apart = first_result(settings, prompts);
  for (const FrameResult *result : {&over, &apart}) {
    ck_assert(has_pixel(result->objects[0], 54, 55));
    ck_assert(has_pixel(result->objects[1], 65, 55));
  }
  ck_assert(has_pixel(over.objects[0], 65, 55));
  ck_assert(!has_pixel(apart.objects[0], 65, 55));
}
END_TEST

START_TEST(test_small_part_of_an_object_is_kept_if_there_is_no_other) {
  const FrameResult result =
      first_result(filling(100000), {mask_prompt(1, kInHole, {}, {})});
  ck_assert(!result.objects[0].is_lost);
  ck_assert(has_pixel(result.objects[0], 65, 55));
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("tracker_settings");
  tcase_add_loop_test(tests, test_memory_setting_changes_what_is_tracked, 0,
                      std::size(kMemoryChanges));
  tcase_add_test(tests,
                 test_minus_one_keeps_as_many_prompted_frames_as_there_are);
  tcase_add_loop_test(tests,
                      test_mask_setting_does_not_change_what_is_remembered, 0,
                      std::size(kMaskChanges));
  tcase_add_loop_test(tests, test_setting_out_of_range_is_refused, 0,
                      std::size(kRefusals));
  tcase_add_test(tests, test_setting_at_the_end_of_its_range_is_taken);
  tcase_add_test(tests, test_holes_and_specks_of_a_result_go_up_to_the_area);
  tcase_add_test(tests,
                 test_filled_hole_leaves_an_object_in_it_alone_if_asked_to);
  tcase_add_test(tests,
                 test_small_part_of_an_object_is_kept_if_there_is_no_other);
  return run_case("engine", tests);
}
