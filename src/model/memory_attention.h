// Memory attention: the features of the current frame attend to the memory
// bank. 60 % of the tracker's time, so its data layout decides: tokens are
// batch first and contiguous, values stay as narrow as the memories.
// Letters: B objects, N tokens of the frame, M memory tokens, C d_model,
// Cm mem_dim. Source: sam2/modeling/memory_attention.py.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "model/attention.h"
#include "model/config.h"
#include "model/layers.h"
#include "model/position_encoding.h"

namespace sam2 {

// How queries and keys turn. In SAM 2 all three are the frame's table.
struct RotaryTables {
  RotaryTable frame;    // self attention, the frame's N tokens
  RotaryTable queries;  // cross attention, the frame's N tokens
  RotaryTable keys;     // cross attention, the tokens of one memory
};

// What an object's tokens attend to, one for all layers.
struct AttendedMemory {
  at::Tensor keys;    // [B, M, Cm], memory and its position
  at::Tensor values;  // [B, M or fewer, Cm]: averaged if `pooling` says so
  int64_t spatial_tokens = 0;  // of the keys, the first: those are rotated
  MemoryPooling pooling = MemoryPooling::kNone;
  at::Tensor key_bias;  // of the scores, [tokens of values] or undefined
};

// A layer's state before memory comes in.
struct SelfAttended {
  at::Tensor x;        // [B, N, C]
  at::Tensor queries;  // [B, N, C], of the cross attention, rotated
};

struct MemoryAttentionLayer {
  Attention self_attn;
  Attention cross_attn;  // keys and values mem_dim wide
  Linear linear1;
  Linear linear2;
  LayerNorm norm1;
  LayerNorm norm2;
  LayerNorm norm3;

  explicit MemoryAttentionLayer(const ModelConfig &config);
  void visit(const ParameterScope &scope);
  // The part before memory: x [B, N, C] attends to itself.
  SelfAttended attend_to_self(const at::Tensor &x,
                              const RotaryTables &rotary) const;
  // The rest, -> [B, N, C].
  at::Tensor attend_to_memory(const SelfAttended &frame,
                              const AttendedMemory &memory,
                              const RotaryTables &rotary) const;
};

struct MemoryAttention {
  std::vector<MemoryAttentionLayer> layers;
  LayerNorm norm;
  MemoryPooling pooling;

  explicit MemoryAttention(const ModelConfig &config);
  void visit(const ParameterScope &scope);

  // What does not depend on memory and is the same for all objects of a frame:
  // the first layer's first part. features [1 or B, N, C]; positions [N, C].
  SelfAttended start(const at::Tensor &features, const at::Tensor &positions,
                     const RotaryTables &rotary) const;
  // The rest: memory and memory_positions [B, M, Cm] ([1, M, Cm] positions
  // serve all), spatial memories first, then `pointer_tokens` tokens of object
  // pointers, which are not rotated.
  // Returns the features conditioned on memory, [B, N, C].
  at::Tensor finish(const SelfAttended &started, const at::Tensor &memory,
                    const at::Tensor &memory_positions, int64_t pointer_tokens,
                    const RotaryTables &rotary) const;
  // Both.
  at::Tensor forward(const at::Tensor &features, const at::Tensor &positions,
                     const at::Tensor &memory,
                     const at::Tensor &memory_positions, int64_t pointer_tokens,
                     const RotaryTables &rotary) const {
    return finish(start(features, positions, rotary), memory, memory_positions,
                  pointer_tokens, rotary);
  }

 private:
  AttendedMemory tokens_of(const at::Tensor &memory,
                           const at::Tensor &positions, int64_t pointer_tokens,
                           int64_t frame_tokens) const;
  at::Tensor pass(const SelfAttended &started, const AttendedMemory &memory,
                  const RotaryTables &rotary) const;
};

}  // namespace sam2
