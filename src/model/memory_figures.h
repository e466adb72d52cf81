// How much memory a model computes with, by its row of the variant table.
#pragma once

#include <c10/core/ScalarType.h>

#include <cstdint>

#include "model/config.h"

namespace sam2 {

inline constexpr int64_t kMeasuredMemories = 7;

// The most bytes of tensors, for each pixel of the model's input (input_size²).
struct MemoryFigures {
  double encode;  // the image encoder, for each frame of a batch
  double decode;  // a prompt, by the mask decoder and the memory encoder
  // An object and its memory of kMeasuredMemories frames, but for attention's
  // scores.
  double attend;
};

// Measured on the CPU by tools/sam2_measure_memory.cc; of a model that is in no
// row, those of the row with the next wider image encoder.
MemoryFigures memory_figures(const ModelConfig &config, c10::ScalarType type);

// What a memory attention reads of each object.
struct AttentionReach {
  int64_t memories = kMeasuredMemories;  // frames, prompted ones among them
  int64_t pointers = 16;                 // of objects
};

// Bytes of the scores of memory attention on the CPU for `objects` that go
// through the network together; as attend() of model/attention.h cuts them.
uint64_t attention_score_bytes(const ModelConfig &config, c10::ScalarType type,
                               int64_t input_size_px, int64_t objects,
                               const AttentionReach &reach);

}  // namespace sam2
