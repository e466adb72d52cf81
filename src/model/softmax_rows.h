// The exponential of attention scores on the CPU, in place.
#pragma once

#include <cstdint>

namespace sam2 {

// For each row of `scores` [rows, columns], contiguous, finite or -inf with one
// finite score at least: every x becomes exp(scale * (x - max of the row)),
// `sums` [rows] receives what they add up to. Dividing is left to the caller,
// who has fewer numbers to divide after the product with the values. Relative
// error below 3e-7 plus 2^-23 for each unit of the exponent (float), half a
// unit of the type (bfloat16, given as its bits).
// Two passes per row while it is in cache; three times the speed of LibTorch's
// softmax with AVX-512, about its speed without. Reentrant; one thread.
void exp_rows(float *scores, int64_t rows, int64_t columns, float scale,
              float *sums);
void exp_rows_bf16(uint16_t *scores, int64_t rows, int64_t columns, float scale,
                   float *sums);

// What is left to do after the product with the values: rows of `products`
// [rows, columns] divided by `sums`, into `out`.
void divide_rows(const float *products, const float *sums, int64_t rows,
                 int64_t columns, float *out);
void divide_rows_bf16(const uint16_t *products, const float *sums, int64_t rows,
                      int64_t columns, uint16_t *out);

// Whether the AVX-512 version is used for float and for bfloat16.
bool has_fast_exp_rows();

}  // namespace sam2
