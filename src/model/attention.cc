#include "model/attention.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/baddbmm.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/softmax.h>

#include <algorithm>
#include <cmath>

#include "model/softmax_rows.h"

namespace sam2 {
namespace {

// Scores of one chunk of query rows: half of a typical last-level cache.
constexpr int64_t kScoreBytes = 16 << 20;
// Below, matrix products lose more than the cache gains.
constexpr int64_t kMinChunkRows = 192;
constexpr int64_t kChunkRowStep = 64;
constexpr int64_t kRowsPerTask = 8;

int64_t chunk_rows(int64_t row_bytes) {
  const int64_t rows = kScoreBytes / row_bytes / kChunkRowStep * kChunkRowStep;
  return std::max(rows, kMinChunkRows);
}

uint16_t *bf16_bits(const at::Tensor &t) {
  return reinterpret_cast<uint16_t *>(t.data_ptr<at::BFloat16>());
}

// scores [n, rows, columns] become exponentials; returns their sums
// [n * rows], float32.
at::Tensor exp_in_place(at::Tensor &scores, float scale) {
  const int64_t columns = scores.size(2);
  const int64_t rows = scores.size(0) * scores.size(1);
  at::Tensor sums = at::empty({rows}, scores.options().dtype(at::kFloat));
  float *sum = sums.data_ptr<float>();
  at::parallel_for(0, rows, kRowsPerTask, [&](int64_t first, int64_t last) {
    if (scores.scalar_type() == at::kFloat)
      exp_rows(scores.data_ptr<float>() + first * columns, last - first,
               columns, scale, sum + first);
    else
      exp_rows_bf16(bf16_bits(scores) + first * columns, last - first, columns,
                    scale, sum + first);
  });
  return sums;
}

// products [n, rows, Dv], contiguous, divided by the sums, in place.
void divide_in_place(at::Tensor &products, const at::Tensor &sums) {
  const int64_t columns = products.size(2);
  const float *sum = sums.const_data_ptr<float>();
  at::parallel_for(
      0, sums.numel(), 8 * kRowsPerTask, [&](int64_t first, int64_t last) {
        if (products.scalar_type() == at::kFloat) {
          float *p = products.data_ptr<float>() + first * columns;
          divide_rows(p, sum + first, last - first, columns, p);
        } else {
          uint16_t *p = bf16_bits(products) + first * columns;
          divide_rows_bf16(p, sum + first, last - first, columns, p);
        }
      });
}

// q [n, Nq, D], k [n, Nk, D], v [n, Nk, Dv], key_bias [Nk] or undefined.
at::Tensor attend_in_chunks(const at::Tensor &q, const at::Tensor &k,
                            const at::Tensor &v, const at::Tensor &key_bias,
                            float scale) {
  const at::Tensor k_t = k.transpose(1, 2);
  // The scale comes after it.
  const at::Tensor bias = key_bias.defined() ? key_bias / scale : key_bias;
  const int64_t rows = chunk_rows(q.size(0) * k.size(1) * q.element_size());
  at::Tensor out;
  if (rows < q.size(1))
    out = at::empty({q.size(0), q.size(1), v.size(2)}, q.options());
  at::Tensor scores;
  for (int64_t first = 0; first < q.size(1); first += rows) {
    const int64_t last = std::min(first + rows, q.size(1));
    if (scores.defined() && scores.size(1) != last - first)
      scores.reset();  // before the next is there
    if (!scores.defined())
      scores = at::empty({q.size(0), last - first, k.size(1)}, q.options());
    const at::Tensor some = q.slice(1, first, last);
    if (bias.defined())
      at::baddbmm_out(scores, bias, some, k_t);
    else
      at::bmm_out(scores, some, k_t);
    const at::Tensor sums = exp_in_place(scores, scale);
    at::Tensor products = at::bmm(scores, v);
    divide_in_place(products, sums);
    if (rows >= q.size(1)) return products;
    out.slice(1, first, last).copy_(products);
  }
  return out;
}

at::Tensor attend_composed(const at::Tensor &q, const at::Tensor &k,
                           const at::Tensor &v, const at::Tensor &key_bias,
                           double scale) {
  at::Tensor scores = at::matmul(q * scale, k.transpose(-2, -1));
  if (key_bias.defined()) scores = scores + key_bias;
  return at::matmul(at::softmax(scores, -1), v);
}

// [B, N, heads * D] -> [B, heads, N, D].
at::Tensor split_heads(const at::Tensor &x, int64_t heads) {
  return x.view({x.size(0), x.size(1), heads, x.size(2) / heads})
      .transpose(1, 2);
}

}  // namespace

at::Tensor attend(const at::Tensor &q, const at::Tensor &k, const at::Tensor &v,
                  const at::Tensor &key_bias) {
  const at::ScalarType type = q.scalar_type();
  const double scale = 1.0 / std::sqrt(static_cast<double>(q.size(3)));
  const bool is_plain_float = type == at::kFloat && v.size(3) == q.size(3);
  const bool is_training = at::GradMode::is_enabled();
  if (!q.device().is_cpu() || (is_plain_float && !is_training))
    return at::scaled_dot_product_attention(
        q, k, v,
        key_bias.defined() ? std::optional(key_bias.expand({1, 1, 1, -1}))
                           : std::nullopt);
  if (is_training || type == at::kHalf)
    return attend_composed(q, k, v, key_bias, scale);
  return attend_in_chunks(q.flatten(0, 1), k.flatten(0, 1), v.flatten(0, 1),
                          key_bias, static_cast<float>(scale))
      .view({q.size(0), q.size(1), q.size(2), v.size(3)});
}

int64_t score_bytes(int64_t batch, int64_t queries, int64_t keys,
                    int64_t element_bytes) {
  const int64_t row_bytes = batch * keys * element_bytes;
  return std::min(queries, chunk_rows(row_bytes)) * row_bytes;
}

Attention::Attention(int64_t channels, int64_t width, int64_t heads,
                     int64_t kv_in)
    : heads(heads),
      q_proj{channels, width, {}, {}},
      k_proj{kv_in, width, {}, {}},
      v_proj{kv_in, width, {}, {}},
      out_proj{width, channels, {}, {}} {}

void Attention::visit(const ParameterScope &scope) {
  q_proj.visit(scope / "q_proj");
  k_proj.visit(scope / "k_proj");
  v_proj.visit(scope / "v_proj");
  out_proj.visit(scope / "out_proj");
}

at::Tensor Attention::forward(const at::Tensor &q, const at::Tensor &k,
                              const at::Tensor &v) const {
  const at::Tensor out = attend(split_heads(q_proj.forward(q), heads),
                                split_heads(k_proj.forward(k), heads),
                                split_heads(v_proj.forward(v), heads));
  return out_proj.forward(out.transpose(1, 2).flatten(2));
}

}  // namespace sam2
