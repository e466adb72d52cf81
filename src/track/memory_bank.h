// What the tracker remembers of one object, in a fixed amount of memory.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "track/frame_ring.h"
#include "track/selection_policy.h"

namespace sam2 {

// Capacities of a bank. Everything else about its size follows from the model.
struct BankLimits {
  int num_maskmem = 7;
  int max_obj_ptrs = 16;
  int memory_stride = 1;
  // Conditioning frames kept. When one too many comes, the second oldest goes:
  // the first prompt says what the object is and stays.
  int max_cond_frames = 4;
  // Frames kept beyond what tracking forward reads, so that one may go back.
  int extra_history = 0;
};

// What is stored of one frame.
struct BankEntry {
  at::Tensor low_res_masks;  // [1, 1, 4h, 4h] float32
  at::Tensor obj_ptr;        // [1, C] float32
  at::Tensor object_score;   // [1, 1]
  at::Tensor chosen_iou;     // [1, 1]
  at::Tensor memory;         // [1, N, Cm], memory type
};

// Memories and pointers of tracked frames lie in rings written in place; those
// of conditioning frames in a short list. Kept: memories of the latest
// (num_maskmem - 2) * stride + 2 frames, pointers of the latest max_obj_ptrs,
// mask logits of the latest one (all + extra_history), and at most
// max_cond_frames conditioning frames. Older frames may not be asked for.
// Thread-bound.
class MemoryBank {
 public:
  // tokens N and channels Cm of a memory, C of a pointer; `type` is the
  // memories' stored type.
  MemoryBank(const BankLimits &limits, int64_t tokens, int64_t mem_dim,
             int64_t pointer_dim, at::ScalarType type, at::Device device);

  // Copies the entry into the rings.
  void store_tracked(int64_t frame, const BankEntry &entry);
  // Keeps the entry; the frame's tracked entry, if any, is forgotten.
  void store_conditioning(int64_t frame, const BankEntry &entry);

  bool is_conditioning(int64_t frame) const;
  bool is_tracked(int64_t frame) const {
    return pointer_ring_.find(frame) >= 0;
  }
  // nullptr if there is none.
  const BankEntry *conditioning_entry(int64_t frame) const;
  // Mask logits of a frame that is still held, else undefined.
  at::Tensor low_res_masks(int64_t frame) const;

  BankRecords records() const;
  // Memory tokens [N, Cm] and pointer [C] of a pick of this bank's records;
  // views, valid until the next store.
  at::Tensor memory(const MemoryPick &pick) const;
  at::Tensor pointer(const PointerPick &pick) const;

  int64_t bytes() const;

 private:
  struct ConditioningFrame {
    int64_t frame;
    BankEntry entry;
  };
  BankLimits limits_;
  FrameRing memory_ring_;
  FrameRing pointer_ring_;
  FrameRing mask_ring_;
  at::Tensor memories_;  // [slots, N, Cm]
  at::Tensor pointers_;  // [slots, C]
  std::vector<at::Tensor> masks_;
  std::vector<ConditioningFrame> conditioning_;
};

}  // namespace sam2
