#include "track/tracker.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <iterator>

#include "base/error.h"

namespace sam2 {
namespace {

// The former mask of a corrected frame enters within these bounds.
constexpr double kPreviousMaskLimit = 32.0;
// Beyond, a typing error is likelier than a wish: the rings grow with them.
constexpr int64_t kMaxPointers = 256;
constexpr int64_t kMaxStride = 256;

// Memories and pointers of a selection as the tokens that are attended to.
struct MemoryTokens {
  at::Tensor tokens;     // [1, M, Cm]
  at::Tensor positions;  // [1, M, Cm]
  int64_t pointer_tokens = 0;
};

MemoryTokens gather(const Sam2Model &model, const MemoryBank &bank,
                    const Selection &selection, int max_obj_ptrs) {
  std::vector<at::Tensor> tokens;
  std::vector<at::Tensor> positions;
  for (const auto &pick : selection.memories) {
    tokens.push_back(bank.memory(pick).to(model.type()));
    positions.push_back(model.memory_positions()[pick.position_row]);
  }
  MemoryTokens out;
  if (!selection.pointers.empty()) {
    std::vector<at::Tensor> pointers;
    std::vector<float> times;
    const float longest = static_cast<float>(std::max(1, max_obj_ptrs - 1));
    for (const auto &pick : selection.pointers) {
      pointers.push_back(bank.pointer(pick));
      times.push_back(static_cast<float>(pick.frames_back) / longest);
    }
    tokens.push_back(model.pointer_tokens(at::stack(pointers).unsqueeze(0))[0]);
    positions.push_back(model.pointer_positions(at::tensor(times))[0]);
    out.pointer_tokens = tokens.back().size(0);
  }
  out.tokens = at::cat(tokens).unsqueeze(0);
  out.positions = at::cat(positions).unsqueeze(0);
  return out;
}

void check_range(const char *property, int value, int64_t least, int64_t most) {
  if (value >= least && value <= most) return;
  throw Error(ErrorCode::kSetting, std::string(property) + " is " +
                                       std::to_string(value) + ". Set it to " +
                                       std::to_string(least) + "..." +
                                       std::to_string(most) + ".");
}

}  // namespace

Tracker::Tracker(std::shared_ptr<const Sam2Model> model,
                 const TrackerOptions &options)
    : model_(std::move(model)),
      options_(options),
      policy_(find_selection_policy(options.memory_policy)) {
  const BankLimits &limits = options.limits;
  check_range("num-maskmem", limits.num_maskmem, 1,
              model_->config().num_maskmem);
  check_range("max-obj-ptrs", limits.max_obj_ptrs, 1, kMaxPointers);
  check_range("memory-stride", limits.memory_stride, 1, kMaxStride);
}

bool Tracker::has_object(int64_t object_id) const {
  return std::any_of(objects_.begin(), objects_.end(),
                     [&](const auto &o) { return o.id == object_id; });
}

Tracker::Object &Tracker::object(int64_t id) {
  for (auto &known : objects_)
    if (known.id == id) return known;
  const ModelConfig &c = model_->config();
  objects_.push_back(
      {id,
       MemoryBank(options_.limits, model_->memory_tokens(), c.mem_dim,
                  c.d_model, options_.memory_type, model_->device()),
       {}});
  return objects_.back();
}

bool Tracker::remove_object(int64_t object_id) {
  const auto it = std::find_if(objects_.begin(), objects_.end(),
                               [&](auto &o) { return o.id == object_id; });
  if (it == objects_.end()) return false;
  objects_.erase(it);
  return true;
}

int64_t Tracker::bank_bytes() const {
  int64_t total = 0;
  for (const auto &o : objects_) total += o.bank.bytes();
  return total;
}

// Features [1, N, C] of the frame with the object's memory in them.
at::Tensor Tracker::conditioned(const Object &object, int64_t frame,
                                const EncodedFrame &encoded, bool is_reverse,
                                Selection &selection) const {
  const BankLimits &limits = options_.limits;
  selection = policy_.select(
      object.bank.records(),
      {frame, is_reverse, limits.num_maskmem, limits.max_obj_ptrs,
       limits.memory_stride, options_.max_cond_frames_in_attn});
  if (selection.memories.empty()) return model_->without_memory(encoded);
  const MemoryTokens memory =
      gather(*model_, object.bank, selection, limits.max_obj_ptrs);
  return model_->with_memory(encoded, memory.tokens, memory.positions,
                             memory.pointer_tokens);
}

void Tracker::remember(Object &object, int64_t frame,
                       const EncodedFrame &encoded, bool is_prompted,
                       bool is_conditioning, ObjectOutput &output) {
  const MaskOutput &m = output.masks;
  output.memory = model_->encode_memory(encoded, m.low_res_masks,
                                        m.object_score, is_prompted);
  const BankEntry entry{m.low_res_masks, m.obj_ptr, m.object_score,
                        m.chosen_iou, output.memory};
  if (is_conditioning)
    object.bank.store_conditioning(frame, entry);
  else
    object.bank.store_tracked(frame, entry);
}

ObjectOutput Tracker::prompt(int64_t frame, const EncodedFrame &encoded,
                             int64_t object_id, const PromptTensors &prompt,
                             bool is_reverse) {
  const c10::InferenceMode guard;
  Object &target = object(object_id);
  const bool is_correction = target.bank.is_tracked(frame);
  ObjectOutput output;
  output.object_id = object_id;
  if (prompt.mask.defined()) {
    output.masks = model_->use_mask(encoded, prompt.mask);
  } else {
    const at::Tensor features =
        is_correction
            ? conditioned(target, frame, encoded, is_reverse, output.selection)
            : model_->without_memory(encoded);
    at::Tensor former = target.bank.low_res_masks(frame);
    if (former.defined())
      former = former.clamp(-kPreviousMaskLimit, kPreviousMaskLimit);
    output.masks =
        model_->decode(encoded, features, prompt.points, former,
                       Sam2Model::wants_multimask(prompt.point_count()));
  }
  const bool is_conditioning =
      !is_correction || options_.corrections_are_conditioning;
  remember(target, frame, encoded, true, is_conditioning, output);
  if (!is_conditioning && options_.keeps_corrections)
    keep_correction(target, frame, output.masks);
  return output;
}

void Tracker::keep_correction(Object &object, int64_t frame,
                              const MaskOutput &masks) const {
  auto &kept = object.kept_corrections;
  kept[frame] = masks;
  for (auto it = kept.begin(); it != kept.end();)
    it = object.bank.is_tracked(it->first) ? std::next(it) : kept.erase(it);
}

ObjectOutput Tracker::track_object(Object &target, int64_t frame,
                                   const EncodedFrame &encoded,
                                   bool is_reverse) {
  ObjectOutput output;
  output.object_id = target.id;
  if (const BankEntry *entry = target.bank.conditioning_entry(frame)) {
    output.masks.low_res_masks = entry->low_res_masks;
    output.masks.object_score = entry->object_score;
    output.masks.obj_ptr = entry->obj_ptr;
    output.masks.chosen_iou = entry->chosen_iou;
    return output;
  }
  const auto kept = target.kept_corrections.find(frame);
  if (kept != target.kept_corrections.end() && target.bank.is_tracked(frame)) {
    output.masks = kept->second;
    return output;
  }
  const at::Tensor features =
      conditioned(target, frame, encoded, is_reverse, output.selection);
  output.masks =
      model_->decode(encoded, features, {}, {}, Sam2Model::wants_multimask(0));
  remember(target, frame, encoded, false, false, output);
  return output;
}

std::vector<ObjectOutput> Tracker::track(int64_t frame,
                                         const EncodedFrame &encoded,
                                         bool is_reverse) {
  const c10::InferenceMode guard;
  std::vector<ObjectOutput> outputs;
  for (auto &o : objects_)
    outputs.push_back(track_object(o, frame, encoded, is_reverse));
  return outputs;
}

}  // namespace sam2
