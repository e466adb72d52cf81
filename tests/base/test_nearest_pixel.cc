#include <algorithm>

#include "base/nearest_pixel.h"

// Last: Check's macros get in the way of C++ headers.
#include "run_tests.h"

using namespace sam2;

namespace {

constexpr int kMostSide = 13;

START_TEST(test_pixels_of_equal_grids_show_each_other) {
  for (int i = 0; i < kMostSide; ++i)
    ck_assert_int_eq(nearest_pixel(i, kMostSide, kMostSide), i);
}
END_TEST

START_TEST(test_pixel_shows_the_one_in_which_its_centre_lies) {
  const int halves[] = {0, 0, 1, 1, 2, 2};
  for (int i = 0; i < 6; ++i)
    ck_assert_int_eq(nearest_pixel(i, 6, 3), halves[i]);
  ck_assert_int_eq(nearest_pixel(0, 1, 3), 1);
  ck_assert_int_eq(nearest_pixel(1 << 14, 1 << 15, 1 << 15), 1 << 14);
}
END_TEST

START_TEST(test_shown_pixels_come_in_order_with_all_that_show_them) {
  for (int source_count = 1; source_count <= kMostSide; ++source_count)
    for (int target_count = 1; target_count <= kMostSide; ++target_count)
      for (int first = 0; first < target_count; ++first) {
        int next = first;
        for_each_shown(first, target_count, target_count, source_count,
                       [&](int source, int begin, int end) {
                         ck_assert_int_eq(begin, next);
                         ck_assert_int_lt(begin, end);
                         for (; next < end; ++next)
                           ck_assert_int_eq(
                               source,
                               nearest_pixel(next, target_count, source_count));
                       });
        ck_assert_int_eq(next, target_count);
      }
}
END_TEST

// In one direction, by trying all pixels.
BoxPx tried(int begin, int end, int from, int to) {
  int first = to, last = -1;
  for (int i = 0; i < to; ++i) {
    const int source = nearest_pixel(i, to, from);
    if (source < begin || source >= end) continue;
    first = std::min(first, i);
    last = i;
  }
  return {float(first), 0, float(last - first + 1), 1};
}

START_TEST(test_shown_box_holds_the_pixels_that_show_the_box) {
  for (int from = 1; from <= kMostSide; ++from)
    for (int to = 1; to <= kMostSide; ++to)
      for (int begin = 0; begin < from; ++begin)
        for (int end = begin + 1; end <= from; ++end) {
          const BoxPx found = shown_box(
              {float(begin), 0, float(end - begin), 1}, {from, 1}, {to, 1});
          const BoxPx wanted = tried(begin, end, from, to);
          ck_assert_float_ge(found.x, 0);
          ck_assert_float_le(found.x + found.width, float(to));
          if (wanted.width <= 0) {  // no centre lies in it
            ck_assert_float_eq(found.width, 1);
            continue;
          }
          ck_assert_float_eq(found.x, wanted.x);
          ck_assert_float_eq(found.width, wanted.width);
        }
}
END_TEST

START_TEST(test_directions_are_scaled_by_themselves) {
  const BoxPx box = shown_box({2, 1, 3, 2}, {8, 4}, {16, 12});
  ck_assert_float_eq(box.x, 4);
  ck_assert_float_eq(box.width, 6);
  ck_assert_float_eq(box.y, 3);
  ck_assert_float_eq(box.height, 6);
  ck_assert(shown_box({}, {8, 4}, {16, 12}).is_empty());
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("nearest_pixel");
  tcase_add_test(tests, test_pixels_of_equal_grids_show_each_other);
  tcase_add_test(tests, test_pixel_shows_the_one_in_which_its_centre_lies);
  tcase_add_test(tests,
                 test_shown_pixels_come_in_order_with_all_that_show_them);
  tcase_add_test(tests, test_shown_box_holds_the_pixels_that_show_the_box);
  tcase_add_test(tests, test_directions_are_scaled_by_themselves);
  return test::run_case("base", tests);
}
