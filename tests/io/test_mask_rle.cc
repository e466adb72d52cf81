#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "io/mask_rle.h"
#include "io/test_helpers.h"

namespace {

using sam2::BoxPx;
using sam2::MaskImage;
using sam2::MaskRuns;
using sam2::PlacedMask;
using sam2::SizePx;
using sam2::test::error_of;

constexpr uint32_t kSeed = 20240719;

// 3x2 hook in a 5x4 frame, at (1, 1):
//   . . . . .
//   . # # # .
//   . # . # .
//   . . . . .
const MaskImage kHook{3, 2, {255, 255, 255, 255, 0, 255}};
const BoxPx kHookBox{1, 1, 3, 2};
constexpr SizePx kHookFrame{5, 4};

START_TEST(test_runs_go_down_the_columns) {
  const MaskRuns runs = sam2::encode_runs(kHook, kHookBox, kHookFrame);
  ck_assert((runs == MaskRuns{5, 2, 2, 1, 3, 2, 5}));
}
END_TEST

START_TEST(test_first_run_is_zero_when_the_first_pixel_is_object) {
  const MaskImage full{2, 2, {1, 1, 1, 1}};
  ck_assert((sam2::encode_runs(full, {0, 0, 2, 2}, {2, 2}) == MaskRuns{0, 4}));
  ck_assert(
      (sam2::encode_runs(full, {0, 0, 2, 2}, {3, 2}) == MaskRuns{0, 4, 2}));
}
END_TEST

START_TEST(test_empty_mask_is_one_run) {
  ck_assert((sam2::encode_runs({}, {}, {3, 2}) == MaskRuns{6}));
  const MaskImage black{1, 1, {0}};
  ck_assert((sam2::encode_runs(black, {1, 1, 1, 1}, {3, 2}) == MaskRuns{6}));
  const PlacedMask decoded = sam2::decode_runs({6}, {3, 2});
  ck_assert(decoded.mask.is_empty());
  ck_assert(decoded.box.is_empty());
}
END_TEST

START_TEST(test_mask_outside_its_frame_is_refused) {
  assert_text_eq(error_of([] {
                   sam2::encode_runs(kHook, {3, 1, 3, 2}, kHookFrame);
                 }),
                 "A mask does not fit its place in the frame. Please report "
                 "it.");
}
END_TEST

struct TextCase {
  MaskRuns runs;
  const char *text;
};

// Checked against pycocotools 2.0.
const TextCase kTexts[] = {
    {{6}, "6"},
    {{0, 4}, "04"},
    {{15, 16, 31}, "?`0o0"},
    {{5, 2, 2, 1, 3, 2, 5}, "522O112"},
    {{100, 1, 99, 2, 98, 3}, "T31S31O1"},
    {{1000000}, "Pb`n0"},
};

START_TEST(test_text_form_matches_hand_made_cases) {
  const TextCase &c = kTexts[_i];
  assert_text_eq(sam2::text_from_runs(c.runs), c.text);
  ck_assert(sam2::runs_from_text(c.text) == c.runs);
}
END_TEST

// The whole picture of a placed mask, for comparisons.
std::vector<uint8_t> painted(const PlacedMask &placed, SizePx frame) {
  std::vector<uint8_t> picture(frame.width * frame.height, 0);
  for (int y = 0; y < placed.mask.height; ++y) {
    for (int x = 0; x < placed.mask.width; ++x) {
      const int target_y = y + static_cast<int>(placed.box.y);
      const int target_x = x + static_cast<int>(placed.box.x);
      picture[target_y * frame.width + target_x] =
          placed.mask.pixels[y * placed.mask.width + x];
    }
  }
  return picture;
}

PlacedMask random_mask(std::mt19937 *random, SizePx frame) {
  const auto below = [random](int n) {
    return static_cast<int>((*random)() % static_cast<uint32_t>(n));
  };
  const int width = 1 + below(frame.width);
  const int height = 1 + below(frame.height);
  const int x = below(frame.width - width + 1);
  const int y = below(frame.height - height + 1);
  // From nearly empty to nearly full.
  const int percent = below(101);
  PlacedMask placed;
  placed.box = {float(x), float(y), float(width), float(height)};
  placed.mask = {width, height, std::vector<uint8_t>(width * height)};
  for (uint8_t &pixel : placed.mask.pixels) {
    pixel = below(100) < percent ? 255 : 0;
  }
  return placed;
}

START_TEST(test_random_masks_come_back_the_same) {
  std::cout << "seed " << kSeed << std::endl;
  std::mt19937 random(kSeed);
  for (int i = 0; i < 1000; ++i) {
    const SizePx frame{1 + static_cast<int>(random() % 60),
                       1 + static_cast<int>(random() % 60)};
    const PlacedMask placed = random_mask(&random, frame);
    const MaskRuns runs = sam2::encode_runs(placed.mask, placed.box, frame);
    const BoxPx box = sam2::box_of_runs(runs, frame);
    const std::string text = sam2::text_from_runs(runs);
    const PlacedMask back =
        sam2::decode_runs(sam2::runs_from_text(text), frame);
    ck_assert_msg(painted(back, frame) == painted(placed, frame),
                  "mask %d of seed %u differs", i, kSeed);
    ck_assert(box.x == back.box.x && box.y == back.box.y &&
              box.width == back.box.width && box.height == back.box.height);
  }
}
END_TEST

START_TEST(test_decoded_box_is_tight) {
  // A run over the end of a column: rows 0 and 3 of columns 1 and 2.
  const PlacedMask placed = sam2::decode_runs({7, 2, 11}, {5, 4});
  ck_assert_float_eq(placed.box.x, 1);
  ck_assert_float_eq(placed.box.y, 0);
  ck_assert_float_eq(placed.box.width, 2);
  ck_assert_float_eq(placed.box.height, 4);
  ck_assert(
      (placed.mask.pixels == std::vector<uint8_t>{0, 255, 0, 0, 0, 0, 255, 0}));
}
END_TEST

struct Hostile {
  MaskRuns runs;
  SizePx frame;
  const char *reason;
};

const Hostile kHostileRuns[] = {
    {{5}, {2, 2}, "they cover 5 pixels of a frame of 4"},
    {{1, 2}, {2, 2}, "they cover 3 pixels of a frame of 4"},
    {{}, {2, 2}, "they cover 0 pixels of a frame of 4"},
    {{4294967295u, 4294967295u, 4294967295u, 4294967295u},
     {2, 2},
     "they cover 17179869180 pixels of a frame of 4"},
    {{0}, {0, 0}, "the size 0x0 is not between 1x1 and 16384x16384"},
    {{4}, {-2, -2}, "the size -2x-2 is not between 1x1 and 16384x16384"},
    {{0, 40000},
     {40000, 1},
     "the size 40000x1 is not between 1x1 and 16384x16384"},
};

std::string full_text(const char *reason) {
  return std::string("Could not read a mask's run lengths: ") + reason +
         ". Use COCO run-length encoding.";
}

START_TEST(test_runs_that_do_not_fit_are_refused) {
  const Hostile &c = kHostileRuns[_i];
  const auto decode = [&c] { sam2::decode_runs(c.runs, c.frame); };
  assert_text_eq(error_of(decode), full_text(c.reason));
}
END_TEST

struct HostileText {
  const char *text;
  const char *reason;
};

const HostileText kHostileTexts[] = {
    {"5 5", "character 2 is not allowed"},
    {"5p", "character 2 is not allowed"},
    {"Ã¤", "character 1 is not allowed"},
    {"P", "the text ends within a number"},
    {"PPPPPPPP0", "a number is too long"},
    {"O", "a run of -1 pixels"},
    {"11o", "the text ends within a number"},
    {"oooooo7", "a run of 8589934591 pixels"},
    {"111O1K", "a run of -5 pixels"},
};

START_TEST(test_damaged_text_is_refused) {
  const HostileText &c = kHostileTexts[_i];
  const auto read = [&c] { sam2::runs_from_text(c.text); };
  assert_text_eq(error_of(read), full_text(c.reason));
}
END_TEST

START_TEST(test_random_text_never_reads_out_of_bounds) {
  std::cout << "seed " << kSeed << std::endl;
  std::mt19937 random(kSeed);
  int accepted = 0;
  for (int i = 0; i < 1000; ++i) {
    std::string text;
    for (uint32_t n = random() % 12; n > 0; --n) {
      text.push_back(static_cast<char>('0' + random() % 64));
    }
    try {
      sam2::decode_runs(sam2::runs_from_text(text), {4, 4});
      ++accepted;
    } catch (const sam2::Error &) {
      continue;
    }
  }
  ck_assert_int_lt(accepted, 1000);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("mask_rle");
  tcase_add_test(tests, test_runs_go_down_the_columns);
  tcase_add_test(tests, test_first_run_is_zero_when_the_first_pixel_is_object);
  tcase_add_test(tests, test_empty_mask_is_one_run);
  tcase_add_test(tests, test_mask_outside_its_frame_is_refused);
  tcase_add_loop_test(tests, test_text_form_matches_hand_made_cases, 0,
                      std::size(kTexts));
  tcase_add_test(tests, test_random_masks_come_back_the_same);
  tcase_add_test(tests, test_decoded_box_is_tight);
  tcase_add_loop_test(tests, test_runs_that_do_not_fit_are_refused, 0,
                      std::size(kHostileRuns));
  tcase_add_loop_test(tests, test_damaged_text_is_refused, 0,
                      std::size(kHostileTexts));
  tcase_add_test(tests, test_random_text_never_reads_out_of_bounds);
  return sam2::test::run("io_mask_rle", tests);
}
