// Where a box is going: a constant-velocity Kalman filter. Plain double
// arithmetic on fixed arrays; no tensors, no allocation.
#pragma once

#include <array>
#include <vector>

#include "track/plane_map.h"

namespace sam2 {

// A box by its corners, in pixels.
struct CornerBox {
  double left = 0;
  double top = 0;
  double right = 0;
  double bottom = 0;
};

// What is seen of a box: centre x, centre y, width / height, height.
using BoxMeasurement = std::array<double, 4>;
// The same and its change per frame.
using KalmanMean = std::array<double, 8>;
using KalmanCovariance = std::array<KalmanMean, 8>;  // rows

// A box of no height counts as 1 pixel high, its centre unchanged.
BoxMeasurement measurement_of(const CornerBox &box);

// Area in common / area of either; 0 if neither has an area. The box of a mask
// without a pixel, all zeros, has none.
double box_iou(const CornerBox &box, const CornerBox &candidate);

// One box through time, a frame a step. The noise follows the height: 1/20 of
// it for positions, 1/160 for velocities (Wojke et al. 2017, as SAMURAI uses
// it: sam2/utils/kalman_filter.py). A value: copies are independent.
class KalmanFilter {
 public:
  // At rest, as seen.
  explicit KalmanFilter(const BoxMeasurement &seen);

  // One frame on.
  void predict();
  // Takes in what is seen on the frame that was predicted.
  void update(const BoxMeasurement &seen);
  // The same state in other pixels: the picture has moved by `map`, which
  // neither mirrors nor flattens. The box stays upright: it turns by its
  // centre only, and its sides stretch by as much as the axes do.
  void warp(const PlaneMap &map);

  CornerBox box() const;
  const KalmanMean &mean() const { return mean_; }
  const KalmanCovariance &covariance() const { return covariance_; }

  // Saves or restores (StateScope).
  template <class Scope>
  void visit(const Scope &scope) {
    std::vector<double *> numbers;
    for (double &number : mean_) numbers.push_back(&number);
    scope.numbers("mean", numbers);
    numbers.clear();
    for (KalmanMean &row : covariance_)
      for (double &number : row) numbers.push_back(&number);
    scope.numbers("covariance", numbers);
  }

 private:
  KalmanMean mean_;
  KalmanCovariance covariance_ = {};
};

}  // namespace sam2
