#include "model/softmax_rows.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#define SAM2_AVX512 \
  __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq")))
#endif

namespace sam2 {
namespace {

float load(float x) { return x; }
float load(uint16_t bits) {
  const uint32_t wide = uint32_t{bits} << 16;
  float x;
  std::memcpy(&x, &wide, sizeof x);
  return x;
}

void store(float x, float *target) { *target = x; }
void store(float x, uint16_t *target) {  // round to nearest even
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  *target = static_cast<uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

template <class T>
void exp_rows_plain(T *scores, int64_t rows, int64_t columns, float scale,
                    float *sums) {
  for (int64_t r = 0; r < rows; ++r, scores += columns) {
    float largest = load(scores[0]);
    for (int64_t i = 1; i < columns; ++i)
      largest = std::max(largest, load(scores[i]));
    float sum = 0;
    for (int64_t i = 0; i < columns; ++i) {
      const float e = std::exp(scale * (load(scores[i]) - largest));
      store(e, scores + i);
      sum += e;
    }
    sums[r] = sum;
  }
}

template <class T>
void divide_rows_plain(const T *products, const float *sums, int64_t rows,
                       int64_t columns, T *out) {
  for (int64_t r = 0; r < rows; ++r) {
    const float factor = 1.0f / sums[r];
    for (int64_t i = r * columns; i < (r + 1) * columns; ++i)
      store(load(products[i]) * factor, out + i);
  }
}

#if defined(__x86_64__)

constexpr int64_t kLanes = 16;

SAM2_AVX512 inline __mmask16 lanes(int64_t count) {
  return static_cast<__mmask16>(count >= kLanes ? 0xffff : (1u << count) - 1);
}
SAM2_AVX512 inline __m512 load_lanes(const float *p, __mmask16 mask) {
  return _mm512_maskz_loadu_ps(mask, p);
}
SAM2_AVX512 inline __m512 load_lanes(const uint16_t *p, __mmask16 mask) {
  const __m512i wide = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(mask, p));
  return _mm512_castsi512_ps(_mm512_slli_epi32(wide, 16));
}
SAM2_AVX512 inline void store_lanes(float *p, __mmask16 mask, __m512 x) {
  _mm512_mask_storeu_ps(p, mask, x);
}
SAM2_AVX512 inline void store_lanes(uint16_t *p, __mmask16 mask, __m512 x) {
  const __m512i bits = _mm512_castps_si512(x);
  const __m512i odd =
      _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  const __m512i rounded =
      _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
  _mm256_mask_storeu_epi16(
      p, mask, _mm512_cvtepi32_epi16(_mm512_srli_epi32(rounded, 16)));
}

// 2^y for y <= 0: 2^n by the exponent, 2^f for f in [-1/2, 1/2] by the Taylor
// series of exp(f ln 2); what is left out is below 5e-9 (degree 7) and 4e-5
// (degree 4, a fiftieth of bfloat16's unit).
template <int kDegree>
SAM2_AVX512 inline __m512 exp2_lanes(__m512 y) {
  constexpr float kLn2Powers[] = {1.0f,           0.69314718f,    0.24022651f,
                                  0.055504109f,   0.009618129f,   0.0013333558f,
                                  0.00015403530f, 0.000015252734f};
  const __m512 n =
      _mm512_roundscale_ps(y, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  const __m512 f = _mm512_sub_ps(y, n);
  __m512 p = _mm512_set1_ps(kLn2Powers[kDegree]);
  for (int i = kDegree - 1; i >= 0; --i)
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(kLn2Powers[i]));
  return _mm512_scalef_ps(p, n);
}

template <class T>
SAM2_AVX512 float row_max(const T *row, int64_t columns) {
  const __m512 lowest = _mm512_set1_ps(-INFINITY);
  __m512 a = lowest, b = lowest;
  int64_t i = 0;
  for (; i + 2 * kLanes <= columns; i += 2 * kLanes) {
    a = _mm512_max_ps(a, load_lanes(row + i, 0xffff));
    b = _mm512_max_ps(b, load_lanes(row + i + kLanes, 0xffff));
  }
  for (; i < columns; i += kLanes) {
    const __mmask16 mask = lanes(columns - i);
    a = _mm512_mask_max_ps(a, mask, a, load_lanes(row + i, mask));
  }
  return _mm512_reduce_max_ps(_mm512_max_ps(a, b));
}

template <int kDegree, class T>
SAM2_AVX512 float exp_row(T *row, int64_t columns, float scale) {
  constexpr float kLog2E = 1.44269504f;
  const __m512 factor = _mm512_set1_ps(scale * kLog2E);
  const __m512 largest = _mm512_set1_ps(row_max(row, columns));
  __m512 sum = _mm512_setzero_ps();
  for (int64_t i = 0; i < columns; i += kLanes) {
    const __mmask16 mask = lanes(columns - i);
    const __m512 e = exp2_lanes<kDegree>(_mm512_mul_ps(
        _mm512_sub_ps(load_lanes(row + i, mask), largest), factor));
    store_lanes(row + i, mask, e);
    sum = _mm512_mask_add_ps(sum, mask, sum, e);
  }
  return _mm512_reduce_add_ps(sum);
}

#endif

}  // namespace

void divide_rows(const float *products, const float *sums, int64_t rows,
                 int64_t columns, float *out) {
  divide_rows_plain(products, sums, rows, columns, out);
}

void divide_rows_bf16(const uint16_t *products, const float *sums, int64_t rows,
                      int64_t columns, uint16_t *out) {
  divide_rows_plain(products, sums, rows, columns, out);
}

bool has_fast_exp_rows() {
#if defined(__x86_64__)
  static const bool has =
      __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  return has;
#else
  return false;
#endif
}

void exp_rows(float *scores, int64_t rows, int64_t columns, float scale,
              float *sums) {
#if defined(__x86_64__)
  if (has_fast_exp_rows()) {
    for (int64_t r = 0; r < rows; ++r)
      sums[r] = exp_row<7>(scores + r * columns, columns, scale);
    return;
  }
#endif
  exp_rows_plain(scores, rows, columns, scale, sums);
}

void exp_rows_bf16(uint16_t *scores, int64_t rows, int64_t columns, float scale,
                   float *sums) {
#if defined(__x86_64__)
  if (has_fast_exp_rows()) {
    for (int64_t r = 0; r < rows; ++r)
      sums[r] = exp_row<4>(scores + r * columns, columns, scale);
    return;
  }
#endif
  exp_rows_plain(scores, rows, columns, scale, sums);
}

}  // namespace sam2
