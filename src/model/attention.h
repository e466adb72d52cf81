// Softmax attention, with the fastest way per device and type behind one name.
#pragma once

#include <ATen/core/Tensor.h>

#include "model/layers.h"

namespace sam2 {

// softmax(q kᵀ / sqrt(D) + bias) v.
// q [B, h, Nq, D], k [B, h, Nk, D], v [B, h, Nk, Dv], one type and device;
// key_bias [Nk] of the same, for each key, or undefined for none.
// Returns [B, h, Nq, Dv]. Dv may differ from D: memory attention keeps its
// values 64 wide. Scratch on the CPU is bounded (kScoreBytes per chunk).
// Const, any thread; runs on the current stream; does not synchronise.
//
// On the CPU LibTorch's own scaled_dot_product_attention is good in float32
// with Dv == D and 50 times too slow in bfloat16, so all other cases multiply
// chunks of query rows whose scores stay in cache.
at::Tensor attend(const at::Tensor &q, const at::Tensor &k, const at::Tensor &v,
                  const at::Tensor &key_bias = {});

// Bytes of the scores of one chunk of attend() for `batch` * heads.
int64_t score_bytes(int64_t batch, int64_t queries, int64_t keys,
                    int64_t element_bytes);

// Multi-head attention over tokens, with projections ("Attention" of
// sam2/modeling/sam/transformer.py:176-234).
struct Attention {
  int64_t heads = 1;
  Linear q_proj;
  Linear k_proj;
  Linear v_proj;
  Linear out_proj;

  Attention() = default;
  // `width` = channels inside, `kv_in` = channels of keys and values.
  Attention(int64_t channels, int64_t width, int64_t heads, int64_t kv_in);
  void visit(const ParameterScope &scope);
  // q [B, Nq, C], k and v [B, Nk, kv_in] -> [B, Nq, C].
  at::Tensor forward(const at::Tensor &q, const at::Tensor &k,
                     const at::Tensor &v) const;
};

}  // namespace sam2
