// Masks under maps, on pictures small enough to draw.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <string>

#include "track/drawn_mask.h"
#include "track/moved_mask.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

PlaneMap shift(double dx, double dy) { return {1, 0, dx, 0, 1, dy}; }

struct Case {
  const char *what;
  PlaneMap map;
  const char *before;
  const char *after;  // on a frame of its own size
};

const Case kCases[] = {
    {"the identity changes nothing", {}, "#..#/.##./....", "#..#/.##./...."},
    {"whole pixels are exact", shift(2, 1), "##../#.../....", "..../..##/..#."},
    {"up and to the left too", shift(-1, -1), "..../.#.#/..##",
     "#.#./.##./...."},
    {"less than half a pixel is none", shift(0.4, 0), "..../.##./....",
     "..../.##./...."},
    {"more than half a pixel is one", shift(0, -0.6), "..../.##./....",
     ".##./..../...."},
    {"what leaves the frame is cut off", shift(3, 0), "###../#.#../#.#..",
     "...##/...#./...#."},
    {"the rest's box is tight", shift(2, 0), "..#/#../...", ".../..#/..."},
    {"nothing is left outside", shift(5, 0), "##../##../....",
     "..../..../...."},
    {"an empty mask stays empty", shift(1, 1), "..../..../....",
     "..../..../...."},
    {"twice the size", scaling(2, 2), "##../#.../....", "####/####/##.."},
    {"half the size", scaling(0.5, 0.5), "####/####/##../##..",
     "##../#.../..../...."},
    {"a smaller frame", scaling(0.5, 0.5), "..####/..####/######/######",
     ".##/###"},
    {"a larger frame", scaling(2, 1), "#.#/.#.", "##..##/..##.."},
    {"a frame that is cut, not scaled", {}, "####/#..#/####", "##/#."},
    {"a quarter turn about the corner of four pixels",
     {0, -1, 4, 1, 0, 0},
     "##../#.../..../....",
     "..##/...#/..../...."},
};

START_TEST(test_mask_is_moved_as_drawn) {
  const Case &c = kCases[_i];
  const SizePx frame = Picture(c.after).size;
  const CutOut found = moved(cut_of(Picture(c.before)), c.map, frame);
  ck_assert_msg(text(found, frame) == c.after, "%s: %s, not %s", c.what,
                text(found, frame).c_str(), c.after);
  const CutOut wanted = cut_of(Picture(c.after));
  ck_assert_float_eq(found.box.x, wanted.box.x);
  ck_assert_float_eq(found.box.y, wanted.box.y);
  ck_assert_int_eq(found.mask.width, wanted.mask.width);
  ck_assert_int_eq(found.mask.height, wanted.mask.height);
}
END_TEST

START_TEST(test_masks_apart_stay_apart_under_one_map) {
  const SizePx frame = {40, 40};
  for (const double angle : {0.1, 0.7, 2.0})
    for (const double zoom : {0.6, 1.0, 1.7}) {
      const double c = zoom * std::cos(angle);
      const double s = zoom * std::sin(angle);
      const PlaneMap map = {c, -s, 20.3, s, c, 5.1};
      const CutOut left =
          moved(cut_of(Picture("###..../##...../#.#....")), map, frame);
      const CutOut right =
          moved(cut_of(Picture("...####/..#####/.#.####")), map, frame);
      const std::string a = text(left, frame);
      const std::string b = text(right, frame);
      for (size_t i = 0; i < a.size(); ++i)
        ck_assert(a[i] != '#' || b[i] != '#');
      ck_assert(!left.mask.is_empty() && !right.mask.is_empty());
    }
}
END_TEST

START_TEST(test_map_of_any_size_leaves_the_frame_only) {
  const CutOut cut = cut_of(Picture("##/##"));
  const SizePx frame = {3, 3};
  for (const double far : {1e9, 1e30, -1e30})
    ck_assert(moved(cut, shift(far, far), frame).mask.is_empty());
  assert_texts_equal(
      text(moved(cut, {1e9, 0, -1e9, 0, 1e9, -1e9}, frame), frame),
      "###/###/###");
  const double none = std::numeric_limits<double>::quiet_NaN();
  ck_assert(moved(cut, shift(none, none), frame).mask.is_empty());
}
END_TEST

START_TEST(test_pixel_goes_to_the_first_in_order) {
  const SizePx frame = {4, 3};
  const auto parted = [&](const std::vector<size_t> &order) {
    std::vector<CutOut> cuts = {cut_of(Picture("###./###./....")),
                                {},
                                cut_of(Picture("..##/.###/.###")),
                                cut_of(Picture("..../.#../...."))};
    part_masks(order, frame, cuts);
    std::string all;
    for (const CutOut &cut : cuts) all += text(cut, frame) + " ";
    return all;
  };
  assert_texts_equal(parted({0, 1, 2, 3}),
                     "###./###./.... ..../..../.... ...#/...#/.### "
                     "..../..../.... ");
  assert_texts_equal(parted({3, 2, 1, 0}),
                     "##../#.../.... ..../..../.... ..##/..##/.### "
                     "..../.#../.... ");
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("moved_mask");
  tcase_add_loop_test(tests, test_mask_is_moved_as_drawn, 0, std::size(kCases));
  tcase_add_test(tests, test_masks_apart_stay_apart_under_one_map);
  tcase_add_test(tests, test_map_of_any_size_leaves_the_frame_only);
  tcase_add_test(tests, test_pixel_goes_to_the_first_in_order);
  return run_case("track", tests);
}
