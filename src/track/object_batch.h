// Several objects in one pass: their memories stacked, their answers read back
// together and taken apart again.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "gpu/host_store.h"
#include "model/sam2_model.h"
#include "track/memory_bank.h"
#include "track/motion_model.h"
#include "track/selection_policy.h"

namespace sam2 {

// An object's bank and what is attended to of it.
struct BankSelection {
  const MemoryBank *bank;
  const Selection *selection;
};

// As the tokens that objects attend to.
struct MemoryTokens {
  at::Tensor tokens;     // [B, M, Cm], model type
  at::Tensor positions;  // [B, M, Cm]
  int64_t pointer_tokens = 0;
};

// The memories that objects attend to, where they lie, object by object.
Delivery::Group selected_memories(const std::vector<BankSelection> &objects);

// Of one or more objects with equal numbers of memories (one or more) and of
// pointers; `memories` [B * memories * N, Cm] are the selected ones, delivered.
// Times are in units of max_obj_ptrs - 1 frames.
MemoryTokens stacked_memories(const Sam2Model &model,
                              const std::vector<BankSelection> &objects,
                              const at::Tensor &memories, int max_obj_ptrs);

// An object's candidates and score, on the host.
struct Readings {
  std::vector<MaskCandidate> candidates;
  std::vector<double> areas_px;
  double object_score = 0;
};

// What `readings` needs of masks [B, n, 4h, 4h]: [B * n, 7], on their device.
// `size_px` is that of the model's input.
at::Tensor readings_table(const MaskOutput &masks, int64_t size_px);
// The same for objects with `candidates` rows each, copied to the host: the
// only wait for the device. Tables of several batches may be concatenated.
std::vector<Readings> read_back(const at::Tensor &table, int64_t candidates);

// Object `index` of a batch: views.
MaskOutput object_of(const MaskOutput &batch, int64_t index);

}  // namespace sam2
