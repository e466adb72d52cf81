// Position tables. All are made once, at load, in float64 rounded to float32
// where that matters.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace sam2 {

// 2-D sine code of a `rows` x `columns` grid: [rows * columns, channels],
// float32. First half of the channels from the row, second from the column;
// positions 1..n scaled to 2 pi; sin at even, cos at odd channels.
// Source: sam2/modeling/position_encoding.py:15-110.
at::Tensor sine_grid(int64_t rows, int64_t columns, int64_t channels);

// 1-D sine code of `positions` [n]: [n, channels] = concat(sin, cos).
// Source: sam2/modeling/sam2_utils.py:64-77.
at::Tensor sine_times(const at::Tensor &positions, int64_t channels);

// Rotary tables of a square grid for `channels` wide queries and keys.
// Channel pair i rotates by position * 10000^(-4i/channels): the first half of
// the pairs with the column, the second with the row. Positions count from 0
// in steps of `step`.
// Source: sam2/modeling/position_encoding.py:167-183.
struct RotaryTable {
  at::Tensor cosine;  // [side * side, channels / 2], float32
  at::Tensor sine;
};
RotaryTable rotary_grid(int64_t side, int64_t channels, double step = 1);

// Rotates the channel pairs (2i, 2i+1) of the first `rotated` tokens of
// x [B, N, C]; the table repeats every side * side tokens, the tokens behind
// stay as they are. Computes in float32, returns x's type. `rotated` must be a
// multiple of the table's length.
// Source: sam2/modeling/position_encoding.py:194-221.
at::Tensor rotate(const at::Tensor &x, const RotaryTable &table,
                  int64_t rotated);

}  // namespace sam2
