// The camera's motion, from pictures that are drawn under known maps.
#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>

#include "track/camera_motion.h"
#include "track/coasted.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

// A tenth of a pixel of the small copy, whose pixel is at most two of these
// pictures'.
constexpr double kTolerancePx = 0.3;
constexpr SizePx kPicture = {400, 240};

struct Drawn {
  SizePx size;
  std::vector<uint8_t> rgb;
  ImageView view() const {
    return {rgb.data(), size.width, size.height, int64_t{3} * size.width};
  }
};

// A number that looks random for each whole place, 0...1.
double dot(int x, int y, unsigned seed) {
  unsigned h = seed * 0x9E3779B9u + unsigned(x) * 0x85EBCA6Bu +
               unsigned(y) * 0xC2B2AE35u;
  h ^= h >> 15;
  h *= 0x2C1B3C6Du;
  h ^= h >> 12;
  h *= 0x297A2D39u;
  h ^= h >> 15;
  return h / 4294967295.0;
}

// Dots with soft edges, of one size.
double dots(double x, double y, double dot_px, unsigned seed) {
  x /= dot_px;
  y /= dot_px;
  const int left = static_cast<int>(std::floor(x));
  const int top = static_cast<int>(std::floor(y));
  const auto mix = [](double a, double b, double t) {
    t = t * t * (3 - 2 * t);
    return a + (b - a) * t;
  };
  return mix(
      mix(dot(left, top, seed), dot(left + 1, top, seed), x - left),
      mix(dot(left, top + 1, seed), dot(left + 1, top + 1, seed), x - left),
      y - top);
}

// Coarse and fine, as in nature; 0...1.
double texture(double x, double y, unsigned seed) {
  return 0.5 * dots(x, y, 9, seed) + 0.5 * dots(x, y, 36, seed + 100);
}

using Scene = std::function<double(double x, double y)>;

Drawn draw(const Scene &scene, SizePx size = kPicture) {
  Drawn out{size, {}};
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x)
      out.rgb.insert(out.rgb.end(), 3,
                     static_cast<uint8_t>(255 * scene(x + 0.5, y + 0.5)));
  return out;
}

// `back` takes the picture's pixels to those of the resting camera.
Scene seen_under(const PlaneMap &back, unsigned seed = 1) {
  return [=](double x, double y) {
    return texture(back.x_of(x, y), back.y_of(x, y), seed);
  };
}

Drawn still(unsigned seed = 1, SizePx size = kPicture) {
  return draw(seen_under({}, seed), size);
}

// About the middle of the picture.
PlaneMap similarity(double zoom, double angle, double dx, double dy) {
  const double c = zoom * std::cos(angle);
  const double s = zoom * std::sin(angle);
  const double x = kPicture.width / 2.0;
  const double y = kPicture.height / 2.0;
  return {c, -s, x - c * x + s * y + dx, s, c, y - s * x - c * y + dy};
}

PlaneMap inverse(const PlaneMap &m) {
  const double d = m.xx * m.yy - m.xy * m.yx;
  PlaneMap out = {m.yy / d, -m.xy / d, 0, -m.yx / d, m.xx / d, 0};
  out.dx = -(out.xx * m.dx + out.xy * m.dy);
  out.dy = -(out.yx * m.dx + out.yy * m.dy);
  return out;
}

// Farthest that the corners of a picture are apart under the two.
double distance_px(const PlaneMap &a, const PlaneMap &b,
                   SizePx size = kPicture) {
  double most = 0;
  for (const double x : {0, size.width})
    for (const double y : {0, size.height})
      most = std::max(most, std::hypot(a.x_of(x, y) - b.x_of(x, y),
                                       a.y_of(x, y) - b.y_of(x, y)));
  return most;
}

PlaneMap between(const Drawn &former, const Drawn &picture) {
  CameraMotion camera;
  camera.next(former.view());
  return camera.next(picture.view());
}

const PlaneMap kMaps[] = {
    {},
    {1, 0, 5.25, 0, 1, -3.5},
    {1, 0, -40, 0, 1, 22},
    similarity(1.04, 0, 0, 0),
    similarity(0.95, 0.02, 4, 3),
    similarity(1, -0.06, -10, 6),
    similarity(1.1, 0.05, 12, -9),
};

START_TEST(test_known_motion_is_found) {
  const PlaneMap &map = kMaps[_i];
  const PlaneMap found = between(still(), draw(seen_under(inverse(map))));
  ck_assert_double_le(distance_px(found, map), kTolerancePx);
}
END_TEST

// Motion in pixels of the frame, whatever the copy's size.
START_TEST(test_motion_is_in_pixels_of_frames_of_any_size) {
  for (const SizePx size : {SizePx{160, 96}, SizePx{96, 333}, {1001, 503}}) {
    const PlaneMap map = {1, 0, 6.5, 0, 1, -4};
    const double copies =
        std::max(1.0, std::max(size.width, size.height) / 320.0);
    const PlaneMap found =
        between(still(1, size), draw(seen_under(inverse(map)), size));
    ck_assert_double_le(distance_px(found, map, size), 0.2 * copies);
  }
}
END_TEST

START_TEST(test_same_pictures_give_the_same_map) {
  const Drawn a = still();
  const Drawn b = draw(seen_under(inverse(similarity(1.03, 0.03, 7, 2))));
  const PlaneMap first = between(a, b);
  ck_assert(!(first == PlaneMap{}));
  for (int i = 0; i < 3; ++i) {
    ck_assert(between(b, a) == between(b, a));
    ck_assert(between(a, b) == first);
  }
}
END_TEST

START_TEST(test_maps_of_a_sequence_are_from_one_picture_to_the_next) {
  CameraMotion camera;
  PlaneMap place;
  PlaneMap found;
  const PlaneMap step = similarity(1.01, 0.01, 5, -2);
  for (int i = 0; i < 8; ++i) {
    found = camera.next(draw(seen_under(inverse(place))).view()) * found;
    place = step * place;
  }
  PlaneMap wanted;
  for (int i = 0; i < 7; ++i) wanted = step * wanted;
  ck_assert_double_le(distance_px(found, wanted), 7 * kTolerancePx);
}
END_TEST

// A square of another texture that moves the other way, over a third of the
// picture.
Drawn with_object(double pan_px, double object_px) {
  return draw([=](double x, double y) {
    const bool is_object =
        x > 100 + object_px && x < 280 + object_px && y > 30 && y < 210;
    return is_object ? texture(x - object_px, y, 7)
                     : 0.4 + 0.2 * texture(x - pan_px, y, 1);
  });
}

START_TEST(test_object_in_front_does_not_count_if_it_is_known) {
  const PlaneMap pan = {1, 0, -8, 0, 1, 0};
  CameraMotion camera;
  camera.next(with_object(0, 0).view());
  camera.ignore(frame_of({object(1, {100, 30, 180, 180})}, kPicture));
  ck_assert_double_le(distance_px(camera.next(with_object(-8, 10).view()), pan),
                      kTolerancePx);
  // It has more contrast than what is behind it: it would win.
  ck_assert_double_ge(
      distance_px(between(with_object(0, 0), with_object(-8, 10)), pan), 5);
}
END_TEST

START_TEST(test_small_unknown_object_is_outvoted) {
  const auto scene = [](double pan_px, double object_px) {
    return draw([=](double x, double y) {
      const bool is_object =
          x > 150 + object_px && x < 220 + object_px && y > 80 && y < 150;
      return texture(is_object ? x - object_px : x - pan_px, y,
                     is_object ? 7 : 1);
    });
  };
  ck_assert_double_le(
      distance_px(between(scene(0, 0), scene(-8, 10)), {1, 0, -8, 0, 1, 0}),
      kTolerancePx);
}
END_TEST

START_TEST(test_first_picture_and_reset_give_the_identity) {
  const Drawn moved = draw(seen_under({1, 0, 5, 0, 1, 0}));
  CameraMotion camera;
  ck_assert(camera.next(still().view()) == PlaneMap{});
  ck_assert(!(camera.next(moved.view()) == PlaneMap{}));
  camera.reset();
  ck_assert(camera.next(still().view()) == PlaneMap{});
}
END_TEST

START_TEST(test_blank_pictures_give_the_identity) {
  const Drawn grey = draw([](double, double) { return 0.5; });
  ck_assert(between(grey, grey) == PlaneMap{});
  ck_assert(between(grey, still()) == PlaneMap{});
  ck_assert(between(still(), grey) == PlaneMap{});
}
END_TEST

START_TEST(test_cut_gives_the_identity) {
  for (unsigned seed = 2; seed < 12; ++seed)
    ck_assert(between(still(seed - 1), still(seed)) == PlaneMap{});
}
END_TEST

START_TEST(test_noise_gives_the_identity) {
  const auto noise = [](unsigned seed) {
    return draw([=](double x, double y) {
      return 0.5 + 0.04 * dot(static_cast<int>(x), static_cast<int>(y), seed);
    });
  };
  ck_assert(between(noise(3), noise(4)) == PlaneMap{});
}
END_TEST

START_TEST(test_picture_all_of_objects_gives_the_identity) {
  CameraMotion camera;
  camera.next(still().view());
  camera.ignore(frame_of({object(1, {0, 0, 400, 240})}, kPicture));
  ck_assert(camera.next(draw(seen_under({1, 0, 5, 0, 1, 0})).view()) ==
            PlaneMap{});
  // Of another frame size: that is not the picture.
  camera.ignore(frame_of({object(1, {0, 0, 400, 240})}, {800, 480}));
  ck_assert(!(camera.next(still().view()) == PlaneMap{}));
}
END_TEST

START_TEST(test_tiny_pictures_give_the_identity) {
  for (const SizePx size : {SizePx{1, 1}, SizePx{2000, 3}, {31, 400}}) {
    CameraMotion camera;
    for (int i = 0; i < 3; ++i) {
      const PlaneMap back = {1, 0, 2.0 * i, 0, 1, 0};
      ck_assert(camera.next(draw(seen_under(back), size).view()) == PlaneMap{});
      camera.ignore(frame_of({object(1, {0, 0, 1, 1})}, size));
    }
  }
}
END_TEST

START_TEST(test_change_of_size_gives_the_identity_once) {
  CameraMotion camera;
  camera.next(still().view());
  camera.ignore(frame_of({object(1, {0, 0, 400, 240})}, kPicture));
  // The same scene in twice the size has the same copy; and it has moved.
  const SizePx twice = {2 * kPicture.width, 2 * kPicture.height};
  const auto enlarged = [&](double shift_px) {
    return draw(seen_under({0.5, 0, -shift_px / 2, 0, 0.5, 0}), twice);
  };
  ck_assert(camera.next(enlarged(10).view()) == PlaneMap{});
  ck_assert_double_le(
      distance_px(camera.next(enlarged(22).view()), {1, 0, 12, 0, 1, 0}, twice),
      2 * kTolerancePx);
}
END_TEST

START_TEST(test_rows_may_be_padded) {
  const auto padded = [](const Drawn &drawn) {
    std::vector<uint8_t> bytes;
    const size_t row = size_t{3} * drawn.size.width;
    for (int y = 0; y < drawn.size.height; ++y) {
      bytes.insert(bytes.end(), drawn.rgb.begin() + y * row,
                   drawn.rgb.begin() + (y + 1) * row);
      bytes.insert(bytes.end(), 13, 99);
    }
    return bytes;
  };
  const Drawn a = still();
  const Drawn b = draw(seen_under({1, 0, 5, 0, 1, 0}));
  const auto padded_a = padded(a);
  const auto padded_b = padded(b);
  const int64_t stride = int64_t{3} * kPicture.width + 13;
  CameraMotion camera;
  camera.next({padded_a.data(), kPicture.width, kPicture.height, stride});
  ck_assert(camera.next({padded_b.data(), kPicture.width, kPicture.height,
                         stride}) == between(a, b));
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("camera_motion");
  tcase_add_loop_test(tests, test_known_motion_is_found, 0, std::size(kMaps));
  tcase_add_test(tests, test_motion_is_in_pixels_of_frames_of_any_size);
  tcase_add_test(tests, test_same_pictures_give_the_same_map);
  tcase_add_test(tests,
                 test_maps_of_a_sequence_are_from_one_picture_to_the_next);
  tcase_add_test(tests, test_object_in_front_does_not_count_if_it_is_known);
  tcase_add_test(tests, test_small_unknown_object_is_outvoted);
  tcase_add_test(tests, test_first_picture_and_reset_give_the_identity);
  tcase_add_test(tests, test_blank_pictures_give_the_identity);
  tcase_add_test(tests, test_cut_gives_the_identity);
  tcase_add_test(tests, test_noise_gives_the_identity);
  tcase_add_test(tests, test_picture_all_of_objects_gives_the_identity);
  tcase_add_test(tests, test_tiny_pictures_give_the_identity);
  tcase_add_test(tests, test_change_of_size_gives_the_identity_once);
  tcase_add_test(tests, test_rows_may_be_padded);
  return run_case("track", tests);
}
