#include "track/kalman_filter.h"

#include <algorithm>
#include <cmath>

namespace sam2 {
namespace {

// Standard deviations: shares of the height, but for width / height, which
// has no length.
constexpr double kPositionShare = 1.0 / 20;
constexpr double kVelocityShare = 1.0 / 160;
constexpr double kAspectDeviation = 1e-2;
constexpr double kAspectVelocityDeviation = 1e-5;
constexpr double kMeasuredAspectDeviation = 1e-1;
// The first state is known less well than a predicted one.
constexpr double kFirstPositionFactor = 2;
constexpr double kFirstVelocityFactor = 10;

constexpr int kSeen = 4;    // numbers in a measurement
constexpr int kAspect = 2;  // index of width / height
constexpr int kHeight = 3;

using Square = std::array<BoxMeasurement, kSeen>;

double squared(double value) { return value * value; }

// Variances of the state's eight numbers.
KalmanMean variances(double position, double velocity) {
  KalmanMean out;
  for (int i = 0; i < kSeen; ++i) {
    out[i] = squared(i == kAspect ? kAspectDeviation : position);
    out[kSeen + i] =
        squared(i == kAspect ? kAspectVelocityDeviation : velocity);
  }
  return out;
}

// Lower triangle L with L L' = `matrix`, which is positive definite.
Square cholesky(const Square &matrix) {
  Square lower = {};
  for (int row = 0; row < kSeen; ++row)
    for (int column = 0; column <= row; ++column) {
      double rest = matrix[row][column];
      for (int k = 0; k < column; ++k) rest -= lower[row][k] * lower[column][k];
      lower[row][column] =
          row == column ? std::sqrt(rest) : rest / lower[column][column];
    }
  return lower;
}

// x with L L' x = `right`.
BoxMeasurement solve(const Square &lower, BoxMeasurement right) {
  for (int row = 0; row < kSeen; ++row) {
    for (int k = 0; k < row; ++k) right[row] -= lower[row][k] * right[k];
    right[row] /= lower[row][row];
  }
  for (int row = kSeen - 1; row >= 0; --row) {
    for (int k = row + 1; k < kSeen; ++k)
      right[row] -= lower[k][row] * right[k];
    right[row] /= lower[row][row];
  }
  return right;
}

// `part` times the positions and times the velocities.
KalmanMean warped(const Square &part, const KalmanMean &numbers) {
  KalmanMean out = {};
  for (int row = 0; row < kSeen; ++row)
    for (int k = 0; k < kSeen; ++k) {
      out[row] += part[row][k] * numbers[k];
      out[kSeen + row] += part[row][k] * numbers[kSeen + k];
    }
  return out;
}

}  // namespace

BoxMeasurement measurement_of(const CornerBox &box) {
  const double width = box.right - box.left;
  const double height = box.bottom - box.top;
  const double divisor = height == 0 ? 1 : height;
  return {box.left + width / 2, box.top + height / 2, width / divisor, divisor};
}

double box_iou(const CornerBox &box, const CornerBox &candidate) {
  const auto area = [](const CornerBox &b) {
    return (b.right - b.left) * (b.bottom - b.top);
  };
  const double width =
      std::min(box.right, candidate.right) - std::max(box.left, candidate.left);
  const double height =
      std::min(box.bottom, candidate.bottom) - std::max(box.top, candidate.top);
  const double common = std::max(0.0, width) * std::max(0.0, height);
  const double either = area(box) + area(candidate) - common;
  return either == 0 ? 0 : common / either;
}

KalmanFilter::KalmanFilter(const BoxMeasurement &seen) : mean_{} {
  std::copy(seen.begin(), seen.end(), mean_.begin());
  const double height = seen[kHeight];
  const KalmanMean first =
      variances(kFirstPositionFactor * kPositionShare * height,
                kFirstVelocityFactor * kVelocityShare * height);
  for (size_t i = 0; i < first.size(); ++i) covariance_[i][i] = first[i];
}

// mean = F mean, P = F P F' + Q, where F adds each velocity to its position.
void KalmanFilter::predict() {
  const double height = mean_[kHeight];
  const KalmanMean noise =
      variances(kPositionShare * height, kVelocityShare * height);
  for (int i = 0; i < kSeen; ++i) mean_[i] += mean_[kSeen + i];
  for (int row = 0; row < kSeen; ++row)
    for (size_t k = 0; k < mean_.size(); ++k)
      covariance_[row][k] += covariance_[kSeen + row][k];
  for (KalmanMean &row : covariance_)
    for (int k = 0; k < kSeen; ++k) row[k] += row[kSeen + k];
  for (size_t i = 0; i < noise.size(); ++i) covariance_[i][i] += noise[i];
}

// K = P H' S^-1 with S = H P H' + R, where H takes the positions.
void KalmanFilter::update(const BoxMeasurement &seen) {
  const double deviation = kPositionShare * mean_[kHeight];
  Square projected;
  BoxMeasurement surprise;
  for (int i = 0; i < kSeen; ++i) {
    std::copy_n(covariance_[i].begin(), kSeen, projected[i].begin());
    projected[i][i] +=
        squared(i == kAspect ? kMeasuredAspectDeviation : deviation);
    surprise[i] = seen[i] - mean_[i];
  }
  const Square lower = cholesky(projected);
  const KalmanCovariance before = covariance_;
  for (size_t row = 0; row < before.size(); ++row) {
    BoxMeasurement gain;
    std::copy_n(before[row].begin(), kSeen, gain.begin());
    gain = solve(lower, gain);
    for (int k = 0; k < kSeen; ++k) {
      mean_[row] += gain[k] * surprise[k];
      // K S K' = K (P H')', as S K' = (P H')'.
      for (size_t column = 0; column < before.size(); ++column)
        covariance_[row][column] -= gain[k] * before[column][k];
    }
  }
}

// mean = M mean + d, P = M P M', where M does the same to positions and
// velocities, and d shifts the centre.
void KalmanFilter::warp(const PlaneMap &map) {
  const double wider = std::hypot(map.xx, map.yx);
  const double higher = std::hypot(map.xy, map.yy);
  const Square part = {{{map.xx, map.xy, 0, 0},
                        {map.yx, map.yy, 0, 0},
                        {0, 0, wider / higher, 0},
                        {0, 0, 0, higher}}};
  mean_ = warped(part, mean_);
  mean_[0] += map.dx;
  mean_[1] += map.dy;
  // P M' row by row, then M (P M') column by column.
  for (KalmanMean &row : covariance_) row = warped(part, row);
  for (size_t column = 0; column < mean_.size(); ++column) {
    KalmanMean numbers;
    for (size_t row = 0; row < mean_.size(); ++row)
      numbers[row] = covariance_[row][column];
    numbers = warped(part, numbers);
    for (size_t row = 0; row < mean_.size(); ++row)
      covariance_[row][column] = numbers[row];
  }
}

CornerBox KalmanFilter::box() const {
  const double width = mean_[kAspect] * mean_[kHeight];
  const double height = mean_[kHeight];
  return {mean_[0] - width / 2, mean_[1] - height / 2, mean_[0] + width / 2,
          mean_[1] + height / 2};
}

}  // namespace sam2
