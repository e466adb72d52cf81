// What the tracker remembers of one object, in a fixed amount of memory.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "gpu/host_store.h"
#include "track/bank_occupancy.h"
#include "track/frame_ring.h"
#include "track/selection_policy.h"
#include "track/state_scope.h"

namespace sam2 {

// Capacities of a bank. Everything else about its size follows from the model.
struct BankLimits {
  int num_maskmem = 7;
  int max_obj_ptrs = 16;
  int memory_stride = 1;
  // Conditioning frames kept, -1 = all.
  int max_cond_frames = 4;
  // When one too many comes, the second oldest goes: the first prompt says what
  // the object is and stays. Else the oldest goes, as with max_cond_frames 1.
  bool keep_first_cond_frame = true;
  // Slots for memories of the latest frames, 0 = as many as the window of
  // num_maskmem and memory_stride reaches, and of frames stored to be kept.
  int recent_memories = 0;
  int kept_memories = 0;
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
  FrameScores scores = {};
  bool is_kept = false;  // of a tracked frame: its memory outlives the latest
};

// Memories and pointers of tracked frames lie in the slots of rings, those of
// conditioning frames in a short list. What is stored is never written to: a
// copy of a bank is one of handles, and stays as it is. Held: memories of the
// latest recent_memories frames and of the latest kept_memories of those stored
// with is_kept, pointers of the latest max_obj_ptrs, mask logits of the latest
// one (but for kept_memories all + extra_history), and at most max_cond_frames
// conditioning frames. Older frames may not be asked for. Memory tokens, the
// large part, may lie in a HostStore. Thread-bound.
class MemoryBank {
 public:
  // tokens N and channels Cm of a memory, C of a pointer; `type` is the
  // memories' stored type.
  MemoryBank(const BankLimits &limits, int64_t tokens, int64_t mem_dim,
             int64_t pointer_dim, at::ScalarType type, at::Device device);

  // Copies the entry.
  void store_tracked(int64_t frame, const BankEntry &entry);
  // Keeps the entry; the frame's tracked entry, if any, is forgotten.
  void store_conditioning(int64_t frame, const BankEntry &entry);

  // Tracked frames from this one on are as if never stored, but for what they
  // pushed out. Conditioning frames stay.
  void forget_tracked_from(int64_t frame);

  // Other limits: of what is held the latest frames stay, as many as there is
  // room for, and what goes is freed. Allocates no tensor. Conditioning frames
  // stay; extra_history and max_cond_frames are the same as before.
  void resize(const BankLimits &limits);

  // Where memory tokens lie from now on: `store`, or the device for nullptr.
  // There is one store at most for a bank and its copies. All or nothing.
  void move_memories(const std::shared_ptr<HostStore> &store);

  bool is_conditioning(int64_t frame) const;
  bool is_tracked(int64_t frame) const {
    return pointer_ring_.find(frame) >= 0;
  }
  // nullptr if there is none.
  const BankEntry *conditioning_entry(int64_t frame) const;
  // Mask logits of a frame that is still held, else undefined.
  at::Tensor low_res_masks(int64_t frame) const;

  BankRecords records() const;
  // Memory tokens [N, Cm], where they lie, and pointer [C] of a pick of this
  // bank's records.
  at::Tensor memory(const MemoryPick &pick) const;
  at::Tensor pointer(const PointerPick &pick) const;

  // Bytes of the tensors held on the device, and on the host; rings take more
  // with every frame until they are full.
  int64_t bytes() const;
  int64_t host_bytes() const { return store_ ? memory_bytes() : 0; }
  // What is held, and what a bank of these limits may hold.
  BankCounts counts() const;
  static BankCounts capacity(const BankLimits &limits);

  // Saves or restores all that is held. To be restored: a new bank of the same
  // limits and sizes. `mask_side` is that of mask logits, 4h. What is in a
  // store has to be settled.
  void visit(const StateScope &scope, int64_t mask_side);

 private:
  void visit_tracked(const StateScope &scope, int64_t mask_side);
  void visit_conditioning(const StateScope &scope, int64_t mask_side);
  void free_forgotten();
  // As it is stored; a tensor of its own if `is_view` or in a store.
  at::Tensor stored(const at::Tensor &memory, bool is_view) const;
  // Those that hold memory tokens; two may hold the same ones.
  std::vector<at::Tensor *> held_memories();
  int64_t memory_bytes() const;
  // Undefined if there is none.
  at::Tensor tracked_memory(int64_t frame) const;

  struct ConditioningFrame {
    int64_t frame;
    BankEntry entry;
  };
  BankLimits limits_;
  int64_t tokens_;
  int64_t mem_dim_;
  int64_t pointer_dim_;
  at::TensorOptions memory_options_;  // on the device
  at::TensorOptions real_options_;    // of all else
  FrameRing memory_ring_;
  KeptFrames kept_;
  FrameRing pointer_ring_;
  FrameRing mask_ring_;
  // One per slot, undefined where there is no frame.
  std::vector<at::Tensor> memories_;  // [N, Cm]
  std::vector<at::Tensor> kept_memories_;
  std::vector<at::Tensor> pointers_;  // [C]
  std::vector<at::Tensor> masks_;     // [1, 1, 4h, 4h]
  std::vector<ConditioningFrame> conditioning_;
  std::shared_ptr<HostStore> store_;  // of memories; nullptr = on the device
};

// Bytes of a bank that is full, from those of one frame's memory, pointer and
// mask logits. Without a limit for conditioning frames 16 are counted.
int64_t most_bank_bytes(const BankLimits &limits, int64_t memory_bytes,
                        int64_t pointer_bytes, int64_t mask_bytes);

}  // namespace sam2
