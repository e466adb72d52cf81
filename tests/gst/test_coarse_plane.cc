#include "coarse_plane.h"
#include "support/gst_test.h"

namespace {

// A plane of its own memory.
struct Plane {
  std::vector<uint8_t> bytes;
  sam2::PlaneView view;
  Plane(int width, int height, int step) {
    view.width = width;
    view.height = height;
    view.step_bytes = step;
    view.stride_bytes = width * step + 3;
    bytes.resize(size_t{1} * view.stride_bytes * height);
    view.data = bytes.data();
  }
  sam2::RectPx all() const { return {0, 0, view.width, view.height}; }
  uint8_t &at(int x, int y, int c = 0) {
    return view.row(y)[x * view.step_bytes + c];
  }
};

GST_START_TEST(test_blocks_are_the_means_of_their_samples) {
  for (int step = 1; step <= 4; ++step) {
    Plane plane(7, 5, step);
    for (int y = 0; y < 5; ++y)
      for (int x = 0; x < 7; ++x)
        for (int c = 0; c < step; ++c)
          plane.at(x, y, c) = static_cast<uint8_t>(10 * x + y + 50 * c);
    sam2::CoarsePlane coarse;
    coarse.set_layout(plane.view, {3, 2});
    coarse.reduce(plane.view, plane.all());
    // Means of x 0...2, 3...5 and 6, of y 2...3 and 4; halves are rounded up.
    for (int c = 0; c < step; ++c) {
      const uint8_t *row = coarse.block_row(3, 0);
      fail_unless_equals_int(row[0 * step + c], 13 + 50 * c);
      fail_unless_equals_int(row[2 * step + c], 13 + 50 * c);
      fail_unless_equals_int(row[3 * step + c], 43 + 50 * c);
      fail_unless_equals_int(row[6 * step + c], 63 + 50 * c);
      fail_unless_equals_int(coarse.block_row(4, 0)[c], 14 + 50 * c);
      fail_unless_equals_int(coarse.block_row(4, 4)[2 * step + c], 64 + 50 * c);
    }
  }
}
GST_END_TEST

GST_START_TEST(test_the_largest_blocks_do_not_overflow) {
  Plane plane(300, 300, 1);
  std::fill(plane.bytes.begin(), plane.bytes.end(), uint8_t{255});
  sam2::CoarsePlane coarse;
  const int block = sam2::CoarsePlane::kMaxBlock;
  coarse.set_layout(plane.view, {block, block});
  coarse.reduce(plane.view, plane.all());
  fail_unless_equals_int(coarse.block_row(0, 0)[0], 255);
  fail_unless_equals_int(coarse.block_row(299, 0)[299], 255);
}
GST_END_TEST

GST_START_TEST(test_a_flat_plane_stays_flat) {
  for (const int value : {0, 1, 77, 128, 254, 255})
    for (const int block : {1, 2, 4, 8}) {
      Plane plane(37, 23, 3);
      std::fill(plane.bytes.begin(), plane.bytes.end(),
                static_cast<uint8_t>(value));
      sam2::CoarsePlane coarse;
      coarse.set_layout(plane.view, {block, block});
      coarse.reduce(plane.view, plane.all());
      coarse.blur(plane.all(), {3, 2});
      for (int y = 0; y < 23; ++y) {
        const uint8_t *row = coarse.smooth_row(y, 0, 37);
        for (int i = 0; i < 37 * 3; ++i) fail_unless_equals_int(row[i], value);
      }
    }
}
GST_END_TEST

// Means and interpolation are exact for a slope: what is off is a shift. The
// blur is too, away from the border.
GST_START_TEST(test_a_slope_stays_where_it_is) {
  for (const int block : {1, 2, 4, 8})
    for (const bool is_vertical : {false, true}) {
      Plane plane(128, 128, 2);
      for (int y = 0; y < 128; ++y)
        for (int x = 0; x < 128; ++x)
          plane.at(x, y, 1) = static_cast<uint8_t>(is_vertical ? y : x);
      sam2::CoarsePlane coarse;
      coarse.set_layout(plane.view, {block, block});
      coarse.reduce(plane.view, plane.all());
      coarse.blur(plane.all(), {1, 1});
      for (int y = 32; y < 96; ++y)
        for (int x = 32; x < 96; ++x) {
          const int value = coarse.smooth_row(y, 30, 100)[(x - 30) * 2 + 1];
          const int wanted = is_vertical ? y : x;
          fail_unless(value == wanted || value == wanted + 1, "%d not %d",
                      value, wanted);
        }
    }
}
GST_END_TEST

GST_START_TEST(test_a_blur_of_a_part_is_that_of_the_whole) {
  Plane plane(90, 70, 4);
  for (size_t i = 0; i < plane.bytes.size(); ++i)
    plane.bytes[i] = static_cast<uint8_t>(i * i / 7);
  sam2::CoarsePlane whole, part;
  whole.set_layout(plane.view, {4, 2});
  whole.reduce(plane.view, plane.all());
  whole.blur(plane.all(), {2, 3});
  part.set_layout(plane.view, {4, 2});
  const sam2::RectPx areas[] = {{40, 30, 52, 41}, {78, 0, 90, 9}};
  for (const auto &area : areas)
    part.reduce(plane.view, part.blur_source(area, {2, 3}));
  for (const auto &area : areas) {
    part.blur(area, {2, 3});
    for (int y = area.y_begin; y < area.y_end; ++y) {
      const auto count = static_cast<size_t>(area.width() * 4);
      const uint8_t *row = whole.smooth_row(y, area.x_begin, area.x_end);
      const std::vector<uint8_t> wanted(row, row + count);
      row = part.smooth_row(y, area.x_begin, area.x_end);
      fail_unless(std::vector<uint8_t>(row, row + count) == wanted);
    }
  }
}
GST_END_TEST

GST_START_TEST(test_a_blur_spreads_light_evenly) {
  Plane plane(64, 64, 1);
  for (int y = 0; y < 64; ++y) plane.at(31, y) = plane.at(32, y) = 255;
  sam2::CoarsePlane coarse;
  coarse.set_layout(plane.view, {4, 4});
  coarse.reduce(plane.view, plane.all());
  coarse.blur(plane.all(), {2, 2});
  const uint8_t *row = coarse.smooth_row(20, 0, 64);
  for (int i = 0; i < 32; ++i) fail_unless_equals_int(row[31 - i], row[32 + i]);
  for (int i = 32; i < 52; ++i) fail_unless(row[i] >= row[i + 1]);
  fail_unless(row[32] > row[44]);
  fail_unless_equals_int(row[63], 0);
}
GST_END_TEST

GST_START_TEST(test_a_smooth_row_changes_what_the_mask_has) {
  for (const int block : {1, 4}) {
    Plane plane(21, 16, 4);
    for (size_t i = 0; i < plane.bytes.size(); ++i)
      plane.bytes[i] = static_cast<uint8_t>(i * i / 7);
    sam2::CoarsePlane coarse;
    coarse.set_layout(plane.view, {block, block});
    coarse.reduce(plane.view, plane.all());
    coarse.blur(plane.all(), {1, 1});
    const std::vector<uint8_t> mask = {255, 0, 15, 255, 0, 0, 255, 240};
    std::vector<uint8_t> target(mask.size(), 0x5A);
    for (const int y : {0, 7}) {
      coarse.copy_smooth_row(y, 3, 5, mask.data(), target.data());
      const uint8_t *row = coarse.smooth_row(y, 3, 5);
      for (size_t i = 0; i < mask.size(); ++i)
        fail_unless_equals_int(target[i],
                               (row[i] & mask[i]) | (0x5A & ~mask[i]));
    }
  }
}
GST_END_TEST

Suite *coarse_plane_suite() {
  Suite *suite = suite_create("coarse_plane");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_blocks_are_the_means_of_their_samples);
  tcase_add_test(cases, test_the_largest_blocks_do_not_overflow);
  tcase_add_test(cases, test_a_flat_plane_stays_flat);
  tcase_add_test(cases, test_a_slope_stays_where_it_is);
  tcase_add_test(cases, test_a_blur_of_a_part_is_that_of_the_whole);
  tcase_add_test(cases, test_a_blur_spreads_light_evenly);
  tcase_add_test(cases, test_a_smooth_row_changes_what_the_mask_has);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(coarse_plane)
