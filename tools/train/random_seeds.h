// Seeds of independent random sequences.
#pragma once

#include <cstdint>

namespace sam2::train {

// A seed for item `index` of the run `seed`: SplitMix64's output function
// (Steele, Lea, Flood 2014) over both.
inline uint64_t mixed_seed(uint64_t seed, int64_t index) {
  uint64_t z = seed * 0xd1342543de82ef95ULL +
               static_cast<uint64_t>(index + 1) * 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

}  // namespace sam2::train
