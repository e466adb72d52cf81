// Masks in the model's own resolution: their size, where they lie, and that
// they are those of the frame's resolution, only coarser.
#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/nearest_pixel.h"
#include "engine/stream_tracker.h"
#include "track/micro_clip.h"
// Last: Check's macros get in the way of C++ headers.
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

constexpr int kFrames = 12;
constexpr int kGridSide = 64;  // a quarter of the micro model's 256
constexpr SizePx kFrameSize = {kClipWidth, kClipHeight};
constexpr SizePx kGrid = {kGridSide, kGridSide};
const std::string kState =
    TEST_OUTPUT_FOLDER "/test_mask_resolution.safetensors";

TrackerSettings settings_of(MaskResolution resolution) {
  TrackerSettings settings;
  settings.mask_resolution = resolution;
  return settings;
}
TrackerSettings coarse_settings() {
  return settings_of(MaskResolution::kModel);
}

Prompt click(int64_t object_id, float x_px, float y_px) {
  Prompt prompt;
  prompt.object_id = object_id;
  prompt.points = {{x_px, y_px, true}};
  return prompt;
}

std::vector<Prompt> three_clicks() {
  return {click(1, 110, 28), click(2, 211, 84), click(3, 211, 62)};
}

// Every `interval`th frame is tracked, the others are skipped.
std::vector<FrameResult> play(const TrackerSettings &settings,
                              int interval = 1) {
  StreamTrackerImpl tracker(micro_model(), settings);
  for (const Prompt &prompt : three_clicks()) tracker.add_prompt(prompt);
  std::vector<FrameResult> results;
  for (int frame = 0; frame < kFrames; ++frame)
    results.push_back(frame % interval == 0 ? tracker.track(clip_frame(frame))
                                            : tracker.skip(clip_frame(frame)));
  return results;
}

bool has_pixel(const ObjectResult &object, int x, int y) {
  const BoxPx place = mask_box(object, kFrameSize);
  const int left = x - static_cast<int>(place.x);
  const int top = y - static_cast<int>(place.y);
  const auto width = static_cast<int>(place.width);
  const auto height = static_cast<int>(place.height);
  if (object.mask.is_empty() || left < 0 || left >= width || top < 0 ||
      top >= height)
    return false;
  const int row = nearest_pixel(top, height, object.mask.height);
  const int column = nearest_pixel(left, width, object.mask.width);
  return object.mask.pixels[row * object.mask.width + column] == 255;
}

void assert_covers_frame(const ObjectResult &object) {
  ck_assert(object.is_lost == object.mask.is_empty());
  ck_assert(object.is_lost == object.box.is_empty());
  if (object.is_lost) return;
  ck_assert(object.mask_covers_frame);
  ck_assert_int_eq(object.mask.width, kGridSide);
  ck_assert_int_eq(object.mask.height, kGridSide);
  ck_assert_uint_eq(object.mask.pixels.size(), kGridSide * kGridSide);
}

// The box of the pixels of the frame that the mask shows.
BoxPx tight_box(const ObjectResult &object) {
  int left = kClipWidth, top = kClipHeight, right = 0, bottom = 0;
  for (int y = 0; y < kClipHeight; ++y)
    for (int x = 0; x < kClipWidth; ++x)
      if (has_pixel(object, x, y)) {
        left = std::min(left, x);
        top = std::min(top, y);
        right = std::max(right, x + 1);
        bottom = std::max(bottom, y + 1);
      }
  return {float(left), float(top), float(right - left), float(bottom - top)};
}

void assert_same_box(const BoxPx &a, const BoxPx &b) {
  ck_assert_float_eq(a.x, b.x);
  ck_assert_float_eq(a.y, b.y);
  ck_assert_float_eq(a.width, b.width);
  ck_assert_float_eq(a.height, b.height);
}

START_TEST(
    test_masks_have_a_quarter_of_the_input_and_boxes_the_frame_s_pixels) {
  int seen = 0;
  for (const FrameResult &result : play(coarse_settings())) {
    ck_assert(result.frame_size == kFrameSize);
    ck_assert_uint_eq(result.objects.size(), 3);
    for (const ObjectResult &object : result.objects) {
      assert_covers_frame(object);
      if (object.is_lost) continue;
      assert_same_box(object.box, tight_box(object));
      ++seen;
    }
  }
  ck_assert_int_gt(seen, kFrames);
}
END_TEST

// Three times the grid, so that the middle one of nine pixels lies where the
// grid's pixel does.
constexpr int kSquareSide = 3 * kGridSide;

std::vector<FrameResult> play_squares(const TrackerSettings &settings) {
  StreamTrackerImpl tracker(micro_model(), settings);
  for (const Prompt &prompt : three_clicks()) tracker.add_prompt(prompt);
  std::vector<FrameResult> results;
  for (int frame = 0; frame < kFrames; ++frame) {
    const ImageView picture = clip_frame(frame);
    std::vector<uint8_t> rgb;
    for (int y = 0; y < kSquareSide; ++y) {
      const uint8_t *row =
          picture.data + y % kClipHeight * picture.stride_bytes;
      rgb.insert(rgb.end(), row, row + 3 * kSquareSide);
    }
    results.push_back(tracker.track(
        {rgb.data(), kSquareSide, kSquareSide, int64_t{3} * kSquareSide}));
  }
  return results;
}

START_TEST(test_coarse_mask_is_the_fine_one_where_its_pixels_lie) {
  TrackerSettings fine = settings_of(MaskResolution::kFrame);
  TrackerSettings coarse = coarse_settings();
  fine.fill_hole_area_px = coarse.fill_hole_area_px = 0;
  const auto wanted = play_squares(fine);
  const auto found = play_squares(coarse);
  int pixels = 0;
  for (int frame = 0; frame < kFrames; ++frame)
    for (size_t i = 0; i < 3; ++i) {
      const ObjectResult &a = wanted[frame].objects[i];
      const ObjectResult &b = found[frame].objects[i];
      ck_assert_float_eq(a.object_score, b.object_score);
      ck_assert_float_eq(a.predicted_iou, b.predicted_iou);
      if (b.is_lost) continue;
      for (int y = 0; y < kGridSide; ++y)
        for (int x = 0; x < kGridSide; ++x) {
          const bool is_object = b.mask.pixels[y * kGridSide + x] == 255;
          ck_assert(has_pixel(a, 3 * x + 1, 3 * y + 1) == is_object);
          pixels += is_object;
        }
    }
  ck_assert_int_gt(pixels, 1000);
}
END_TEST

START_TEST(test_coarse_masks_overlap_only_if_allowed) {
  for (const bool is_apart : {false, true}) {
    TrackerSettings settings = coarse_settings();
    settings.non_overlap_masks = is_apart;
    int most = 0;
    for (const FrameResult &result : play(settings, 2))
      for (int y = 0; y < kClipHeight; ++y)
        for (int x = 0; x < kClipWidth; ++x) {
          int count = 0;
          for (const ObjectResult &object : result.objects)
            count += has_pixel(object, x, y);
          most = std::max(most, count);
        }
    ck_assert(is_apart ? most == 1 : most > 1);
  }
}
END_TEST

bool is_in(const BoxPx &b, int x, int y) {
  return x >= b.x && x < b.x + b.width && y >= b.y && y < b.y + b.height;
}

START_TEST(test_areas_of_holes_are_in_pixels_of_the_frame) {
  Prompt prompt;
  prompt.object_id = 1;
  MaskImage mask{kClipWidth, kClipHeight, {}};
  for (int y = 0; y < kClipHeight; ++y)
    for (int x = 0; x < kClipWidth; ++x) {
      const bool is_object =
          (is_in({20, 20, 100, 80}, x, y) && !is_in({50, 40, 30, 30}, x, y)) ||
          is_in({160, 40, 25, 25}, x, y);
      mask.pixels.push_back(is_object ? 255 : 0);
    }
  prompt.mask = mask;
  // A pixel of the grid shows six of the frame: the hole, of 900, has 144 of
  // them, fewer than 500.
  for (const auto &[area_px, is_filled] :
       std::initializer_list<std::pair<int, bool>>{{500, false},
                                                   {1500, true}}) {
    TrackerSettings settings = coarse_settings();
    settings.fill_hole_area_px = area_px;
    StreamTrackerImpl tracker(micro_model(), settings);
    tracker.add_prompt(prompt);
    const ObjectResult found = tracker.track(clip_frame(0)).objects.at(0);
    ck_assert(has_pixel(found, 65, 55) == is_filled);
    ck_assert(has_pixel(found, 172, 52) == !is_filled);
    ck_assert(has_pixel(found, 30, 30));
  }
}
END_TEST

START_TEST(test_any_area_of_holes_is_large_enough_for_small_frames) {
  constexpr int kSide = 20;  // a pixel of the frame has ten of the grid
  Prompt prompt;
  prompt.object_id = 1;
  prompt.mask = MaskImage{kSide, kSide, std::vector<uint8_t>(400, 255)};
  for (int y = 7; y < 13; ++y)
    for (int x = 7; x < 13; ++x) prompt.mask->pixels[y * kSide + x] = 0;
  const std::vector<uint8_t> grey(3 * kSide * kSide, 90);
  TrackerSettings settings = coarse_settings();
  settings.fill_hole_area_px = std::numeric_limits<int>::max();
  StreamTrackerImpl tracker(micro_model(), settings);
  tracker.add_prompt(prompt);
  const FrameResult found =
      tracker.track(ImageView{grey.data(), kSide, kSide, 3 * kSide});
  const MaskImage &mask = found.objects.at(0).mask;
  ck_assert(mask.pixels.at(kGridSide * kGridSide / 2 + kGridSide / 2) == 255);
}
END_TEST

Prompt rectangle(float x_px) {
  Prompt prompt;
  prompt.object_id = 1;
  prompt.mask = MaskImage{kClipWidth, kClipHeight, {}};
  for (int y = 0; y < kClipHeight; ++y)
    for (int x = 0; x < kClipWidth; ++x)
      prompt.mask->pixels.push_back(is_in({x_px, 20, 80, 60}, x, y) ? 255 : 0);
  return prompt;
}

// An object that has moved to the right, and goes on while it is not looked at.
FrameResult moved_on(const TrackerSettings &settings) {
  StreamTrackerImpl tracker(micro_model(), settings);
  for (const float x_px : {20.0f, 40.0f}) {
    tracker.add_prompt(rectangle(x_px));
    tracker.track(clip_frame(0));
  }
  return tracker.skip(clip_frame(1));
}

START_TEST(test_skipped_frames_have_coarse_masks_where_the_fine_ones_are) {
  const FrameResult fine = moved_on(settings_of(MaskResolution::kFrame));
  const FrameResult coarse = moved_on(coarse_settings());
  ck_assert(coarse.frame_size == kFrameSize);
  ck_assert_int_eq(coarse.coasted_frames, 1);
  const ObjectResult &a = coarse.objects.at(0);
  const ObjectResult &b = fine.objects.at(0);
  ck_assert(a.is_coasted);
  assert_covers_frame(a);
  ck_assert_float_gt(b.box.x, 42);
  constexpr float kSlackX = 2.0f * kClipWidth / kGridSide;
  constexpr float kSlackY = 2.0f * kClipHeight / kGridSide;
  ck_assert_float_eq_tol(a.box.x, b.box.x, kSlackX);
  ck_assert_float_eq_tol(a.box.y, b.box.y, kSlackY);
  ck_assert_float_eq_tol(a.box.width, b.box.width, kSlackX);
  ck_assert_float_eq_tol(a.box.height, b.box.height, kSlackY);
}
END_TEST

START_TEST(test_late_prompts_give_coarse_masks_too) {
  TrackerSettings settings = coarse_settings();
  settings.frames_held = 4;
  StreamTrackerImpl tracker(micro_model(), settings);
  tracker.add_prompt(click(1, 110, 28));
  for (int frame = 0; frame < 4; ++frame) tracker.track(clip_frame(frame));
  const auto results = tracker.prompt_at(1, click(2, 211, 84));
  ck_assert_uint_eq(results.size(), 3);
  for (const FrameResult &result : results) {
    ck_assert(result.frame_size == kFrameSize);
    assert_covers_frame(result.objects.at(0));
  }
  const FrameResult skipped = tracker.skip(clip_frame(4));
  for (const ObjectResult &object : skipped.objects)
    assert_covers_frame(object);
}
END_TEST

START_TEST(test_saved_stream_goes_on_in_another_resolution) {
  StreamTrackerImpl fine(micro_model(), {});
  fine.add_prompt(click(1, 110, 28));
  fine.track(clip_frame(0));
  fine.save(kState);
  StreamTrackerImpl coarse(micro_model(), coarse_settings());
  coarse.load(kState);
  const ObjectResult skipped = coarse.skip(clip_frame(1)).objects.at(0);
  assert_covers_frame(skipped);
  ck_assert(!skipped.is_lost);
  const ObjectResult a = coarse.track(clip_frame(2)).objects.at(0);
  fine.skip(clip_frame(1));
  const ObjectResult b = fine.track(clip_frame(2)).objects.at(0);
  assert_covers_frame(a);
  ck_assert_float_eq(a.object_score, b.object_score);
}
END_TEST

START_TEST(test_camera_motion_goes_with_coarse_masks) {
  TrackerSettings settings = coarse_settings();
  settings.camera_motion = true;
  for (const FrameResult &result : play(settings, 2))
    for (const ObjectResult &object : result.objects)
      assert_covers_frame(object);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("mask_resolution");
  tcase_add_test(
      tests,
      test_masks_have_a_quarter_of_the_input_and_boxes_the_frame_s_pixels);
  tcase_add_test(tests, test_coarse_mask_is_the_fine_one_where_its_pixels_lie);
  tcase_add_test(tests, test_coarse_masks_overlap_only_if_allowed);
  tcase_add_test(tests, test_areas_of_holes_are_in_pixels_of_the_frame);
  tcase_add_test(tests,
                 test_any_area_of_holes_is_large_enough_for_small_frames);
  tcase_add_test(tests,
                 test_skipped_frames_have_coarse_masks_where_the_fine_ones_are);
  tcase_add_test(tests, test_late_prompts_give_coarse_masks_too);
  tcase_add_test(tests, test_saved_stream_goes_on_in_another_resolution);
  tcase_add_test(tests, test_camera_motion_goes_with_coarse_masks);
  return run_case("engine", tests);
}
