// Weights without training: every value follows from the tensor's name and its
// index by integer arithmetic, so any machine makes the same model file and
// reference numbers can be computed for it. Masks are meaningless blobs, but
// every operation and selection rule is exercised.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace sam2 {

// 64-bit Fowler-Noll-Vo hash (FNV-1a).
uint64_t fnv1a64(const void *bytes, size_t size_bytes);
uint64_t fnv1a64(const std::string &text);

// Element `index` of the pseudo-random sequence of `seed` (SplitMix64).
uint64_t splitmix64(uint64_t seed, uint64_t index);

// A tensor that departs from the rules: either `values`, or center + spread *
// uniform in [-1, 1).
struct Adjustment {
  double center = 0;
  double spread = 0;
  std::vector<double> values;
};
using Adjustments = std::map<std::string, Adjustment>;

// Reads {"tensor name": [center, spread] or {"values": [...]}, ...}.
// Error kNotFound or kUnreadable.
Adjustments load_adjustments(const std::string &path);

// The weight `name`: float32 of `shape` on the CPU (int64 zeros for
// "num_batches_tracked"). Spreads keep activations in a range where mistakes
// show: attention is neither flat nor saturated, scores change sign between
// frames. An adjustment's values must fill the shape (asserted).
// Reentrant. About 3 ns an element.
at::Tensor generated_weight(const std::string &name, at::IntArrayRef shape,
                            const Adjustments &adjustments);

}  // namespace sam2
