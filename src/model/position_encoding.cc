#include "model/position_encoding.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/floor_divide.h>
#include <ATen/ops/outer.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/stack.h>
#include <c10/util/BFloat16.h>
#include <c10/util/Exception.h>

#include <cmath>

namespace sam2 {
namespace {

constexpr double kTemperature = 10000.0;

// w_k = temperature^(2 floor(k/2) / n) for k < n, float32 as the reference's.
at::Tensor sine_wavelengths(int64_t n) {
  const at::Tensor k = at::arange(n, at::kFloat);
  const at::Tensor exponent = k.div(2, "floor").mul(2).div(n);
  return at::pow(kTemperature, exponent);
}

// [n] positions -> [n, channels], sin and cos interleaved.
at::Tensor interleaved_sine(const at::Tensor &positions, int64_t channels) {
  const at::Tensor angle =
      positions.unsqueeze(1) / sine_wavelengths(channels).unsqueeze(0);
  const at::Tensor even = angle.slice(1, 0, channels, 2).sin();
  const at::Tensor odd = angle.slice(1, 1, channels, 2).cos();
  return at::stack({even, odd}, 2).flatten(1);
}

at::Tensor axis_positions(int64_t n) {
  constexpr double kEps = 1e-6;
  return at::arange(1, n + 1, at::kFloat).div(n + kEps).mul(2 * M_PI);
}

template <class T>
void rotate_rows(const T *in, T *out, const float *cosine, const float *sine,
                 int64_t first, int64_t last, int64_t period, int64_t half) {
  for (int64_t row = first; row < last; ++row) {
    const float *c = cosine + (row % period) * half;
    const float *s = sine + (row % period) * half;
    const T *x = in + row * 2 * half;
    T *y = out + row * 2 * half;
    for (int64_t i = 0; i < half; ++i) {
      const float re = static_cast<float>(x[2 * i]);
      const float im = static_cast<float>(x[2 * i + 1]);
      y[2 * i] = static_cast<T>(re * c[i] - im * s[i]);
      y[2 * i + 1] = static_cast<T>(re * s[i] + im * c[i]);
    }
  }
}

template <class T>
at::Tensor rotate_on_cpu(const at::Tensor &x, const RotaryTable &table,
                         int64_t rotated) {
  const at::Tensor in = x.contiguous();
  at::Tensor out = at::empty_like(in);
  const int64_t tokens = in.size(1);
  const int64_t half = in.size(2) / 2;
  const int64_t period = table.cosine.size(0);
  for (int64_t b = 0; b < in.size(0); ++b) {
    const T *source = in.const_data_ptr<T>() + b * tokens * half * 2;
    T *target = out.data_ptr<T>() + b * tokens * half * 2;
    at::parallel_for(0, rotated, 256, [&](int64_t first, int64_t last) {
      rotate_rows(source, target, table.cosine.const_data_ptr<float>(),
                  table.sine.const_data_ptr<float>(), first, last, period,
                  half);
    });
    std::copy(source + rotated * half * 2, source + tokens * half * 2,
              target + rotated * half * 2);
  }
  return out;
}

// The plain version, for every device and for autograd.
at::Tensor rotate_composed(const at::Tensor &x, const RotaryTable &table,
                           int64_t rotated) {
  const int64_t period = table.cosine.size(0);
  const int64_t batch = x.size(0);
  const int64_t half = x.size(2) / 2;
  const at::Tensor pairs =
      x.slice(1, 0, rotated)
          .to(at::kFloat)
          .reshape({batch, rotated / period, period, half, 2});
  const at::Tensor re = pairs.select(-1, 0);
  const at::Tensor im = pairs.select(-1, 1);
  const at::Tensor turned = at::stack({re * table.cosine - im * table.sine,
                                       re * table.sine + im * table.cosine},
                                      -1)
                                .reshape({batch, rotated, 2 * half})
                                .to(x.scalar_type());
  return rotated == x.size(1) ? turned
                              : at::cat({turned, x.slice(1, rotated)}, 1);
}

}  // namespace

at::Tensor sine_grid(int64_t rows, int64_t columns, int64_t channels) {
  const int64_t half = channels / 2;
  const at::Tensor y = interleaved_sine(axis_positions(rows), half);
  const at::Tensor x = interleaved_sine(axis_positions(columns), half);
  return at::cat({y.unsqueeze(1).expand({rows, columns, half}),
                  x.unsqueeze(0).expand({rows, columns, half})},
                 2)
      .reshape({rows * columns, channels});
}

at::Tensor sine_times(const at::Tensor &positions, int64_t channels) {
  const at::Tensor wavelengths =
      sine_wavelengths(channels / 2).to(positions.device());
  const at::Tensor angle = positions.unsqueeze(-1) / wavelengths;
  return at::cat({angle.sin(), angle.cos()}, -1);
}

RotaryTable rotary_grid(int64_t side, int64_t channels, double step) {
  const int64_t quarter = channels / 4;
  const at::Tensor frequency =
      at::pow(kTemperature, at::arange(quarter, at::kFloat)
                                .mul(4)
                                .div(static_cast<double>(channels))
                                .neg());
  const at::Tensor position = at::arange(side, at::kFloat).mul(step);
  const at::Tensor angle = at::outer(position, frequency);  // [side, quarter]
  const at::Tensor by_column = angle.unsqueeze(0).expand({side, side, quarter});
  const at::Tensor by_row = angle.unsqueeze(1).expand({side, side, quarter});
  const at::Tensor all =
      at::cat({by_column, by_row}, 2).reshape({side * side, 2 * quarter});
  return {all.cos(), all.sin()};
}

at::Tensor rotate(const at::Tensor &x, const RotaryTable &table,
                  int64_t rotated) {
  TORCH_INTERNAL_ASSERT(rotated % table.cosine.size(0) == 0 &&
                        rotated <= x.size(1));
  const bool is_plain = x.device().is_cpu() && !at::GradMode::is_enabled();
  if (is_plain && x.scalar_type() == at::kFloat)
    return rotate_on_cpu<float>(x, table, rotated);
  if (is_plain && x.scalar_type() == at::kBFloat16)
    return rotate_on_cpu<at::BFloat16>(x, table, rotated);
  return rotate_composed(x, table, rotated);
}

}  // namespace sam2
