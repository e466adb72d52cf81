// Holes and speckles, on pictures small enough to draw.
#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "track/drawn_mask.h"
#include "track/mask_cleanup.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

struct Case {
  const char *what;
  int area_px;
  const char *before;
  const char *after;
};

const Case kHoles[] = {
    {"a hole of exactly the area is filled", 2, "####/#..#/####",
     "####/####/####"},
    {"a hole of one pixel more is not", 1, "####/#..#/####", "####/#..#/####"},
    {"each hole counts alone", 2, "######/#..#.#/######",
     "######/######/######"},
    {"holes that touch at a corner are one", 2, "#####/#.###/##..#/#####",
     "#####/#.###/##..#/#####"},
    {"a corner lets the background in", 4, "....../.####./.#.##./.##.#./.###..",
     "....../.####./.#.##./.##.#./.###.."},
    {"the picture's edge closes a hole", 2, "##.##/##.##/#####",
     "#####/#####/#####"},
    {"so does its left edge", 1, "###/.##/###", "###/###/###"},
    {"so does its right edge", 1, "###/##./###", "###/###/###"},
    {"so does its lower edge", 1, "###/###/#.#", "###/###/###"},
    {"the box's edge does not", 4, "...../##.##/##.##/#####",
     "...../##.##/##.##/#####"},
    {"nor does its left edge", 4, ".###/..##/.###", ".###/..##/.###"},
    {"nor does its right edge", 4, "###./##../###.", "###./##../###."},
    {"nor does its lower edge", 4, "####/#.##/....", "####/#.##/...."},
    {"a corner of the picture is filled", 1, ".###/####", "####/####"},
    {"background around the box stays, however small", 99, "....../.####.",
     "....../.####."},
    {"an area of 0 fills nothing", 0, "###/#.#/###", "###/#.#/###"},
    {"a negative area fills nothing", -1, "###/#.#/###", "###/#.#/###"},
};

const Case kSpeckles[] = {
    {"a speckle of exactly the area goes", 2, "###.##/###...", "###.../###..."},
    {"one of a pixel more stays", 2, "####.##/####.#./.......",
     "####.##/####.#./......."},
    {"pixels that touch at a corner are one part", 2, "###.#./###..#/....#.",
     "###.#./###..#/....#."},
    {"the largest stays, however small", 99, "#..##/.....", "...##/....."},
    {"of equals the first stays", 99, "#...#/.....", "#..../....."},
    {"a single pixel stays", 99, "..../..#./....", "..../..#./...."},
    {"an empty mask stays empty", 99, ".../...", ".../..."},
    {"what is larger than the area stays beside the largest", 1,
     "##.#####/##......", "##.#####/##......"},
    {"an area of 0 removes nothing", 0, "###.#", "###.#"},
};

const Case kBoth[] = {
    {"a speckle goes with its hole", 8,
     "###...#########/#.#...#########/###...#########",
     "......#########/......#########/......#########"},
    {"a ring that is no speckle stays and is filled", 7,
     "###...#########/#.#...#########/###...#########",
     "###...#########/###...#########/###...#########"},
    {"a speckle in a hole counts as part of the hole", 8,
     "#####/#...#/#.#.#/#...#/#####", "#####/#...#/#...#/#...#/#####"},
    {"and is filled with it", 9, "#####/#...#/#.#.#/#...#/#####",
     "#####/#####/#####/#####/#####"},
    {"a bay at the box that is left is no hole", 2, "#####/##.##/...../..#..",
     "#####/##.##/...../....."},
};

void assert_cleaned(const Case &expected) {
  const Picture before(expected.before);
  std::vector<CutOut> masks = {cut_of(before)};
  clean_up(expected.area_px, before.size, false, masks);
  const std::string found = text(masks[0], before.size);
  ck_assert_msg(found == expected.after, "%s: %s instead of %s", expected.what,
                found.c_str(), expected.after);
}

START_TEST(test_hole_up_to_the_area_is_filled) { assert_cleaned(kHoles[_i]); }
END_TEST

START_TEST(test_speckle_up_to_the_area_is_removed) {
  assert_cleaned(kSpeckles[_i]);
}
END_TEST

START_TEST(test_speckles_go_before_holes) { assert_cleaned(kBoth[_i]); }
END_TEST

START_TEST(test_box_shrinks_to_what_stays) {
  const Picture before("#...../..##../..##..");
  std::vector<CutOut> masks = {cut_of(before)};
  clean_up(1, before.size, false, masks);
  ck_assert_float_eq(masks[0].box.x, 2);
  ck_assert_float_eq(masks[0].box.y, 1);
  ck_assert_int_eq(masks[0].mask.width, 2);
  ck_assert_int_eq(masks[0].mask.height, 2);
}
END_TEST

// Two objects, cleaned together.
std::string together(bool is_non_overlap, const char *first,
                     const char *second) {
  const Picture a(first), b(second);
  std::vector<CutOut> masks = {cut_of(a), cut_of(b)};
  clean_up(9, a.size, is_non_overlap, masks);
  return text(masks[0], a.size) + " " + text(masks[1], a.size);
}

START_TEST(test_pixels_in_a_hole_stay_with_the_object_that_has_them) {
  const char *ring = "#####/#...#/#...#/#...#/#####";
  const char *inner = "...../...../.###./...../.....";
  const char *apart =
      "#####/#####/#...#/#####/##### "
      "...../...../.###./...../.....";
  const char *above =
      "#####/#####/#####/#####/##### "
      "...../...../.###./...../.....";
  assert_texts_equal(together(true, ring, inner), apart);
  assert_texts_equal(together(false, ring, inner), above);
}
END_TEST

START_TEST(test_pixels_of_another_s_speckle_are_filled) {
  assert_texts_equal(together(true, "#####......../#...#......../#####........",
                              "............./..#..########/............."),
                     "#####......../#####......../#####........ "
                     "............./.....########/.............");
}
END_TEST

START_TEST(test_pixel_in_holes_of_two_goes_to_the_first) {
  assert_texts_equal(together(true, "#####/#...#/#...#/#...#/#####",
                              "...../.###./.#.#./.###./....."),
                     "#####/#...#/#.#.#/#...#/##### "
                     "...../.###./.#.#./.###./.....");
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("mask_cleanup");
  tcase_add_loop_test(tests, test_hole_up_to_the_area_is_filled, 0,
                      std::size(kHoles));
  tcase_add_loop_test(tests, test_speckle_up_to_the_area_is_removed, 0,
                      std::size(kSpeckles));
  tcase_add_loop_test(tests, test_speckles_go_before_holes, 0,
                      std::size(kBoth));
  tcase_add_test(tests, test_box_shrinks_to_what_stays);
  tcase_add_test(tests,
                 test_pixels_in_a_hole_stay_with_the_object_that_has_them);
  tcase_add_test(tests, test_pixels_of_another_s_speckle_are_filled);
  tcase_add_test(tests, test_pixel_in_holes_of_two_goes_to_the_first);
  return run_case("track", tests);
}
