#include "track/memory_bank.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace sam2 {
namespace {

// Of a restored bank whose limits name none. A file with more of them would
// have too long a header anyway.
constexpr int64_t kMostConditioning = 100000;

// One slot at least: with num_maskmem 1 no tracked memory is attended to.
int64_t memory_slots(const BankLimits &limits) {
  if (limits.recent_memories > 0)
    return limits.recent_memories + limits.extra_history;
  const int64_t reach = int64_t{limits.num_maskmem - 2} * limits.memory_stride;
  return std::max(int64_t{1}, reach + 2) + limits.extra_history;
}

bool is_one_of(const at::Tensor &tensor, const std::vector<at::Tensor> &all) {
  return std::any_of(all.begin(), all.end(),
                     [&](const auto &one) { return one.is_same(tensor); });
}

// Frees what slots held that are not used any more.
template <class Ring>
void free_unused(const Ring &ring, std::vector<at::Tensor> &slots) {
  for (size_t slot = 0; slot < slots.size(); ++slot)
    if (!ring.is_used(static_cast<int64_t>(slot))) slots[slot].reset();
}

// Other slots for the same frames; the latest stay if there are fewer.
template <class Ring>
void refit(int64_t capacity, Ring &ring, std::vector<at::Tensor> &slots) {
  if (ring.capacity() == capacity) return;
  Ring next(capacity);
  std::vector<at::Tensor> next_slots(capacity);
  for (const FrameRecord &record : ring.oldest_first()) {
    const int64_t slot = next.claim(record.frame, record.scores);
    if (slot >= 0) next_slots[slot] = slots[ring.find(record.frame)];
  }
  ring = std::move(next);
  slots = std::move(next_slots);
}

std::vector<at::Tensor> put(HostStore &store,
                            const std::vector<at::Tensor> &memories) {
  std::vector<at::Tensor> out;
  for (const at::Tensor &memory : memories) out.push_back(store.put(memory));
  return out;
}

std::vector<at::Tensor> brought_back(HostStore &store,
                                     const std::vector<at::Tensor> &memories) {
  std::vector<Delivery::Group> groups;
  for (const at::Tensor &memory : memories)
    groups.push_back({memory.view({-1, memory.size(-1)})});
  Delivery delivery(&store, groups);
  std::vector<at::Tensor> out;
  for (const at::Tensor &memory : memories)
    out.push_back(delivery.next().clone().view(memory.sizes()));
  return out;
}

}  // namespace

MemoryBank::MemoryBank(const BankLimits &limits, int64_t tokens,
                       int64_t mem_dim, int64_t pointer_dim,
                       at::ScalarType type, at::Device device)
    : limits_(limits),
      tokens_(tokens),
      mem_dim_(mem_dim),
      pointer_dim_(pointer_dim),
      memory_options_(at::TensorOptions().dtype(type).device(device)),
      real_options_(at::TensorOptions().dtype(at::kFloat).device(device)),
      memory_ring_(memory_slots(limits)),
      kept_(limits.kept_memories),
      pointer_ring_(limits.max_obj_ptrs + limits.extra_history),
      mask_ring_(1 + limits.extra_history),
      memories_(memory_ring_.capacity()),
      kept_memories_(kept_.capacity()),
      pointers_(pointer_ring_.capacity()),
      masks_(mask_ring_.capacity()) {}

void MemoryBank::store_tracked(int64_t frame, const BankEntry &entry) {
  // Copies: the entry may be a view of what a whole batch has in common.
  const at::Tensor memory = stored(entry.memory[0], true);
  const at::Tensor pointer = entry.obj_ptr[0].clone();
  const at::Tensor mask = entry.low_res_masks.clone();
  memories_[memory_ring_.claim(frame, entry.scores)] = memory;
  kept_.forget(frame);
  const int64_t kept = entry.is_kept ? kept_.claim(frame, entry.scores) : -1;
  if (kept >= 0) kept_memories_[kept] = memory;
  pointers_[pointer_ring_.claim(frame, entry.scores)] = pointer;
  masks_[mask_ring_.claim(frame)] = mask;
  free_unused(kept_, kept_memories_);
}

at::Tensor MemoryBank::stored(const at::Tensor &memory, bool is_view) const {
  if (store_) return store_->put(memory.to(memory_options_));
  return memory.to(memory_options_, false, is_view);
}

void MemoryBank::free_forgotten() {
  free_unused(memory_ring_, memories_);
  free_unused(kept_, kept_memories_);
  free_unused(pointer_ring_, pointers_);
  free_unused(mask_ring_, masks_);
}

void MemoryBank::store_conditioning(int64_t frame, const BankEntry &entry) {
  ConditioningFrame item{frame, entry};
  item.entry.memory = stored(entry.memory, false);
  memory_ring_.forget(frame);
  kept_.forget(frame);
  pointer_ring_.forget(frame);
  mask_ring_.forget(frame);
  free_forgotten();
  const auto known =
      std::find_if(conditioning_.begin(), conditioning_.end(),
                   [&](const auto &c) { return c.frame == frame; });
  if (known != conditioning_.end()) {
    *known = item;
    return;
  }
  conditioning_.push_back(item);
  const size_t limit = std::max(1, limits_.max_cond_frames);
  if (limits_.max_cond_frames > 0 && conditioning_.size() > limit)
    conditioning_.erase(conditioning_.begin() +
                        (limits_.keep_first_cond_frame && limit > 1 ? 1 : 0));
}

void MemoryBank::forget_tracked_from(int64_t frame) {
  memory_ring_.forget_from(frame);
  kept_.forget_from(frame);
  pointer_ring_.forget_from(frame);
  mask_ring_.forget_from(frame);
  free_forgotten();
}

void MemoryBank::resize(const BankLimits &limits) {
  limits_ = limits;
  refit(memory_slots(limits), memory_ring_, memories_);
  refit(limits.kept_memories, kept_, kept_memories_);
  refit(limits.max_obj_ptrs + limits.extra_history, pointer_ring_, pointers_);
}

std::vector<at::Tensor *> MemoryBank::held_memories() {
  std::vector<at::Tensor *> held;
  for (auto *slots : {&memories_, &kept_memories_})
    for (at::Tensor &memory : *slots)
      if (memory.defined()) held.push_back(&memory);
  for (auto &c : conditioning_) held.push_back(&c.entry.memory);
  return held;
}

void MemoryBank::move_memories(const std::shared_ptr<HostStore> &store) {
  if (store == store_) return;
  TORCH_INTERNAL_ASSERT(!store || !store_, "a bank has one store");
  MemoryBank moved = *this;
  std::map<const void *, size_t> known;  // index in `memories`
  std::vector<at::Tensor> memories;
  for (const at::Tensor *held : moved.held_memories())
    if (known.emplace(held->unsafeGetTensorImpl(), memories.size()).second)
      memories.push_back(*held);
  memories = store ? put(*store, memories) : brought_back(*store_, memories);
  for (at::Tensor *held : moved.held_memories())
    *held = memories[known.at(held->unsafeGetTensorImpl())];
  moved.store_ = store;
  *this = std::move(moved);
}

const BankEntry *MemoryBank::conditioning_entry(int64_t frame) const {
  for (const auto &c : conditioning_)
    if (c.frame == frame) return &c.entry;
  return nullptr;
}

bool MemoryBank::is_conditioning(int64_t frame) const {
  return conditioning_entry(frame) != nullptr;
}

at::Tensor MemoryBank::low_res_masks(int64_t frame) const {
  if (const BankEntry *entry = conditioning_entry(frame))
    return entry->low_res_masks;
  const int64_t slot = mask_ring_.find(frame);
  return slot < 0 ? at::Tensor() : masks_[slot];
}

BankRecords MemoryBank::records() const {
  BankRecords out;
  for (const auto &c : conditioning_)
    out.conditioning.push_back({c.frame, c.entry.scores});
  out.memories = kept_.records();
  for (const auto &recent : memory_ring_.records())
    if (kept_.find(recent.frame) < 0) out.memories.push_back(recent);
  out.pointers = pointer_ring_.records();
  return out;
}

at::Tensor MemoryBank::tracked_memory(int64_t frame) const {
  const int64_t recent = memory_ring_.find(frame);
  if (recent >= 0) return memories_[recent];
  const int64_t kept = kept_.find(frame);
  return kept < 0 ? at::Tensor() : kept_memories_[kept];
}

at::Tensor MemoryBank::memory(const MemoryPick &pick) const {
  if (pick.is_conditioning) return conditioning_entry(pick.frame)->memory[0];
  const at::Tensor memory = tracked_memory(pick.frame);
  TORCH_INTERNAL_ASSERT(memory.defined(), "memory of frame ", pick.frame,
                        " is gone");
  return memory;
}

at::Tensor MemoryBank::pointer(const PointerPick &pick) const {
  if (pick.is_conditioning) return conditioning_entry(pick.frame)->obj_ptr[0];
  const int64_t slot = pointer_ring_.find(pick.frame);
  TORCH_INTERNAL_ASSERT(slot >= 0, "pointer of frame ", pick.frame, " is gone");
  return pointers_[slot];
}

void MemoryBank::visit(const StateScope &scope, int64_t mask_side) {
  memory_ring_.visit(scope / "memory_ring");
  kept_.visit(scope / "kept_memories");
  pointer_ring_.visit(scope / "pointer_ring");
  mask_ring_.visit(scope / "mask_ring");
  // Restored on the device, then moved to where it belongs.
  const auto store =
      scope.is_loading() ? std::exchange(store_, nullptr) : store_;
  visit_tracked(scope, mask_side);
  visit_conditioning(scope / "conditioning", mask_side);
  move_memories(store);
}

// Only what slots hold.
void MemoryBank::visit_tracked(const StateScope &scope, int64_t mask_side) {
  const auto name = [](const char *what, int64_t slot) {
    return std::string(what) + "." + std::to_string(slot);
  };
  const int64_t recent = memory_ring_.capacity();
  for (int64_t i = 0; i < recent; ++i)
    if (memory_ring_.is_used(i))
      scope.tensor(name("memories", i), memories_[i], {tokens_, mem_dim_},
                   memory_options_);
  for (int64_t i = 0; i < kept_.capacity(); ++i)
    if (kept_.is_used(i))
      scope.tensor(name("memories", recent + i), kept_memories_[i],
                   {tokens_, mem_dim_}, memory_options_);
  for (int64_t i = 0; i < pointer_ring_.capacity(); ++i)
    if (pointer_ring_.is_used(i))
      scope.tensor(name("pointers", i), pointers_[i], {pointer_dim_},
                   real_options_);
  for (int64_t i = 0; i < mask_ring_.capacity(); ++i)
    if (mask_ring_.is_used(i))
      scope.tensor(name("masks", i), masks_[i], {1, 1, mask_side, mask_side},
                   real_options_);
}

void MemoryBank::visit_conditioning(const StateScope &scope,
                                    int64_t mask_side) {
  const int64_t limit = limits_.max_cond_frames;
  conditioning_.resize(
      scope.count(conditioning_.size(), limit > 0 ? limit : kMostConditioning));
  const at::TensorOptions &real = real_options_;
  for (size_t i = 0; i < conditioning_.size(); ++i) {
    const StateScope part = scope / static_cast<int64_t>(i);
    BankEntry &entry = conditioning_[i].entry;
    part.integers("frame", {&conditioning_[i].frame}, 0,
                  StateScope::kMostFrame);
    part.scores("scores", {&entry.scores});
    part.tensor("low_res_masks", entry.low_res_masks,
                {1, 1, mask_side, mask_side}, real);
    part.tensor("obj_ptr", entry.obj_ptr, {1, pointer_dim_}, real);
    part.tensor("object_score", entry.object_score, {1, 1}, real);
    part.tensor("chosen_iou", entry.chosen_iou, {1, 1}, real);
    part.tensor("memory", entry.memory, {1, tokens_, mem_dim_},
                memory_options_);
  }
}

BankCounts MemoryBank::counts() const {
  const BankRecords held = records();
  return {static_cast<int>(held.memories.size()),
          static_cast<int>(held.pointers.size()),
          static_cast<int>(held.conditioning.size())};
}

BankCounts MemoryBank::capacity(const BankLimits &limits) {
  return {static_cast<int>(memory_slots(limits)) + limits.kept_memories,
          limits.max_obj_ptrs + limits.extra_history, limits.max_cond_frames};
}

int64_t MemoryBank::memory_bytes() const {
  int64_t total = 0;
  for (const auto &memory : memories_)
    if (memory.defined()) total += memory.nbytes();
  for (const auto &memory : kept_memories_)
    if (memory.defined() && !is_one_of(memory, memories_))
      total += memory.nbytes();
  for (const auto &c : conditioning_) total += c.entry.memory.nbytes();
  return total;
}

int64_t MemoryBank::bytes() const {
  int64_t total = store_ ? 0 : memory_bytes();
  for (const auto *slots : {&pointers_, &masks_})
    for (const auto &tensor : *slots)
      if (tensor.defined()) total += tensor.nbytes();
  for (const auto &c : conditioning_)
    total += c.entry.low_res_masks.nbytes() + c.entry.obj_ptr.nbytes();
  return total;
}

int64_t most_bank_bytes(const BankLimits &limits, int64_t memory_bytes,
                        int64_t pointer_bytes, int64_t mask_bytes) {
  constexpr int64_t kUnlimited = 16;
  const int64_t conditioning =
      limits.max_cond_frames < 0 ? kUnlimited : limits.max_cond_frames;
  return (memory_slots(limits) + limits.kept_memories) * memory_bytes +
         (limits.max_obj_ptrs + limits.extra_history) * pointer_bytes +
         (1 + limits.extra_history) * mask_bytes +
         conditioning * (memory_bytes + pointer_bytes + mask_bytes);
}

}  // namespace sam2
