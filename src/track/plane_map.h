// Affine maps of the picture plane.
#pragma once

#include <cmath>
#include <vector>

namespace sam2 {

// Takes (x, y) to (xx x + xy y + dx, yx x + yy y + dy), in continuous pixels:
// the frame's top left corner is (0, 0), its first pixel's centre (0.5, 0.5).
// At first the identity.
struct PlaneMap {
  double xx = 1;
  double xy = 0;
  double dx = 0;
  double yx = 0;
  double yy = 1;
  double dy = 0;

  double x_of(double x, double y) const { return xx * x + xy * y + dx; }
  double y_of(double x, double y) const { return yx * x + yy * y + dy; }

  // Saves or restores (StateScope).
  template <class Scope>
  void visit(const Scope &scope) {
    const std::vector<double *> numbers = {&xx, &xy, &dx, &yx, &yy, &dy};
    scope.numbers("map", numbers);
    for (const double *number : numbers)
      if (!std::isfinite(*number))
        scope.refuse("map", "holds no finite number");
  }
};

inline bool operator==(const PlaneMap &a, const PlaneMap &b) {
  return a.xx == b.xx && a.xy == b.xy && a.dx == b.dx && a.yx == b.yx &&
         a.yy == b.yy && a.dy == b.dy;
}

// `first`, then `second`.
inline PlaneMap operator*(const PlaneMap &second, const PlaneMap &first) {
  return {second.xx * first.xx + second.xy * first.yx,
          second.xx * first.xy + second.xy * first.yy,
          second.x_of(first.dx, first.dy),
          second.yx * first.xx + second.yy * first.yx,
          second.yx * first.xy + second.yy * first.yy,
          second.y_of(first.dx, first.dy)};
}

// About the top left corner.
inline PlaneMap scaling(double by_x, double by_y) {
  return {by_x, 0, 0, 0, by_y, 0};
}

}  // namespace sam2
