// Arithmetic on rows of samples, of 1 to 4 bytes each (`step`), for
// CoarsePlane.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sam2 {

// Means without division: for up to 2^16 bytes their sum times 2^24 / count,
// and a half more, stays in 32 bits.
inline constexpr int kScaleBits = 24;

inline uint32_t scale_of(int count) {
  const auto divisor = static_cast<uint32_t>(count);
  return ((1u << kScaleBits) + divisor / 2) / divisor;
}

inline uint8_t mean(uint32_t sum, uint32_t scale) {
  return static_cast<uint8_t>((sum * scale + (1u << (kScaleBits - 1))) >>
                              kScaleBits);
}

// Adds up `rows` rows of `count` bytes, at most 256 of them.
void add_rows(const uint8_t *first, ptrdiff_t stride, int rows, int count,
              uint16_t *sums);

// The means of `rows` * `block` samples each, whose columns are summed up; the
// last ones are of fewer columns if `samples` is no multiple of `block`. Up to
// 3 sums more than there are samples are read.
void means_of_row(int step, const uint16_t *sums, int samples, int rows,
                  int block, uint8_t *target);

// The means of `window` bytes each, `step` apart, the first of which is in the
// same place. `source` has `count` + (`window` - 1) * `step` bytes.
void blur_row(const uint8_t *source, int count, int window, int step,
              uint16_t *sums, uint8_t *target);

// Between each two of `count` + 1 samples, `block` interpolated ones: 2, 4 or
// 8. `scratch` is as long as `target`.
void interpolate_row(int step, const uint8_t *source, int count, int block,
                     uint8_t *scratch, uint8_t *target);

// `count` bytes between two rows, of which `below` counts `weight` of 256.
void mix_rows(const uint8_t *above, const uint8_t *below, uint16_t weight,
              int count, uint8_t *target);
// The same, for the bits that `mask` has.
void mix_rows(const uint8_t *above, const uint8_t *below, uint16_t weight,
              int count, const uint8_t *mask, uint8_t *target);

// Each of `count` samples `block` times.
void repeat_row(int step, const uint8_t *source, int count, int block,
                uint8_t *target);

}  // namespace sam2
