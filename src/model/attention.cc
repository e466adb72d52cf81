#include "model/attention.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/softmax.h>

#include <algorithm>
#include <cmath>

namespace sam2 {
namespace {

// Scores of one chunk of query rows: half of a typical last-level cache.
constexpr int64_t kScoreBytes = 12 << 20;
constexpr int64_t kMinChunkRows = 64;

int64_t chunk_rows(const at::Tensor &q, const at::Tensor &k) {
  const int64_t row_bytes =
      q.size(0) * q.size(1) * k.size(2) * q.element_size();
  return std::clamp(kScoreBytes / row_bytes, kMinChunkRows,
                    std::max(kMinChunkRows, q.size(2)));
}

at::Tensor attend_rows(const at::Tensor &q_scaled, const at::Tensor &k_t,
                       const at::Tensor &v) {
  return at::matmul(at::softmax(at::matmul(q_scaled, k_t), -1), v);
}

at::Tensor attend_in_chunks(const at::Tensor &q, const at::Tensor &k,
                            const at::Tensor &v) {
  const double scale = 1.0 / std::sqrt(static_cast<double>(q.size(3)));
  const at::Tensor q_scaled = q * scale;
  const at::Tensor k_t = k.transpose(-2, -1);
  const int64_t rows = chunk_rows(q, k);
  if (rows >= q.size(2) || at::GradMode::is_enabled())
    return attend_rows(q_scaled, k_t, v);
  at::Tensor out =
      at::empty({q.size(0), q.size(1), q.size(2), v.size(3)}, q.options());
  for (int64_t first = 0; first < q.size(2); first += rows) {
    const int64_t last = std::min(first + rows, q.size(2));
    out.slice(2, first, last)
        .copy_(attend_rows(q_scaled.slice(2, first, last), k_t, v));
  }
  return out;
}

// [B, N, heads * D] -> [B, heads, N, D].
at::Tensor split_heads(const at::Tensor &x, int64_t heads) {
  return x.view({x.size(0), x.size(1), heads, x.size(2) / heads})
      .transpose(1, 2);
}

}  // namespace

at::Tensor attend(const at::Tensor &q, const at::Tensor &k,
                  const at::Tensor &v) {
  const bool is_plain_float =
      q.scalar_type() == at::kFloat && v.size(3) == q.size(3);
  if (!q.device().is_cpu() || is_plain_float)
    return at::scaled_dot_product_attention(q, k, v);
  return attend_in_chunks(q, k, v);
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
