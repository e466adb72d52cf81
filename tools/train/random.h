// The only source of chance of the clip composer.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace sam2::train {

// Draws that depend on the seed alone: the standard's distributions may differ
// between libraries, so the bits are mapped here. Reentrant.
class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}

  uint64_t bits() { return engine_(); }
  // In [0, 1).
  double unit() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }
  double uniform(double low, double high) {
    return low + (high - low) * unit();
  }
  // Both bounds positive; every factor is as likely as its inverse.
  double log_uniform(double low, double high) {
    return low * std::exp(std::log(high / low) * unit());
  }
  // Both bounds included.
  int integer(int low, int high) {
    return low + static_cast<int>(unit() * (high - low + 1));
  }
  // In [0, count); `count` is not 0.
  size_t index(size_t count) {
    return static_cast<size_t>(unit() * static_cast<double>(count));
  }
  bool chance(double probability) { return unit() < probability; }
  double sign() { return chance(0.5) ? 1 : -1; }
  double angle() { return uniform(0, 2 * 3.14159265358979323846); }

  template <typename T>
  void shuffle(std::vector<T> &values) {
    for (size_t left = values.size(); left > 1; --left)
      std::swap(values[left - 1], values[index(left)]);
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace sam2::train
