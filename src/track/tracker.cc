#include "track/tracker.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include "base/error.h"
#include "track/mask_boxes.h"

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

// An answer's candidates and object score: one read-back. `size_px` is that of
// the model's input.
struct Readings {
  std::vector<MaskCandidate> candidates;
  std::vector<double> areas_px;
  double object_score = 0;
};

Readings read_back(const MaskOutput &masks, int64_t size_px) {
  const at::Tensor logits =
      at::upsample_bilinear2d(masks.candidates, {size_px, size_px}, false);
  const at::Tensor boxes = mask_boxes(logits);
  const at::Tensor areas = logits[0].gt(0).flatten(1).sum(1, true);
  const at::Tensor table =
      at::cat(
          {boxes[0], masks.ious.view({-1, 1}),
           masks.object_score.expand({boxes.size(1), 1}), areas.to(at::kFloat)},
          1)
          .to(at::kCPU, at::kFloat);
  const auto rows = table.accessor<float, 2>();
  Readings out;
  for (int64_t i = 0; i < table.size(0); ++i) {
    out.candidates.push_back(
        {rows[i][4], {rows[i][0], rows[i][1], rows[i][2], rows[i][3]}});
    out.areas_px.push_back(rows[i][6]);
  }
  out.object_score = rows[0][5];
  return out;
}

// See FrameScores.
double rival_iou(const Readings &read, size_t chosen) {
  double least = 1;
  for (size_t i = 0; i < read.candidates.size(); ++i)
    if (i != chosen && read.areas_px[i] > 0)
      least = std::min(
          least, box_iou(read.candidates[chosen].box, read.candidates[i].box));
  return least;
}

void check_range(const char *property, int value, int64_t least, int64_t most) {
  if (value >= least && value <= most) return;
  throw Error(ErrorCode::kSetting, std::string(property) + " is " +
                                       std::to_string(value) + ". Set it to " +
                                       std::to_string(least) + "..." +
                                       std::to_string(most) + ".");
}

void check_share(const char *property, double value) {
  if (value >= 0 && value <= 1) return;
  throw Error(ErrorCode::kSetting, std::string(property) + " is " +
                                       std::to_string(value) +
                                       ". Set it to 0...1.");
}

void check_logit(const char *property, double value) {
  if (std::isfinite(value)) return;
  throw Error(ErrorCode::kSetting, std::string(property) +
                                       " is not a finite number. Set it to a "
                                       "logit such as 0.");
}

void check_motion(const TrackerOptions &options) {
  check_range("stable-frames-threshold", options.motion.stable_frames, 1,
              std::numeric_limits<int>::max());
  check_share("stable-iou-threshold", options.motion.stable_iou);
  check_share("kf-score-weight", options.motion.kf_score_weight);
  check_share("memory-iou-threshold", options.memory_thresholds.predicted_iou);
  check_share("memory-kf-score-threshold", options.memory_thresholds.kf_score);
  check_logit("memory-obj-score-threshold",
              options.memory_thresholds.object_score);
  check_logit("min-obj-score", options.min_object_score);
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
  check_motion(options);
  const MemoryNeeds needs = policy_.needs(limits.num_maskmem);
  options_.limits.recent_memories = needs.recent;
  options_.limits.kept_memories = needs.kept;
}

bool Tracker::has_object(int64_t object_id) const {
  return std::any_of(objects_.begin(), objects_.end(),
                     [&](const auto &o) { return o.id == object_id; });
}

const MotionModel *Tracker::motion(int64_t object_id) const {
  for (const auto &known : objects_)
    if (known.id == object_id) return &known.motion;
  return nullptr;
}

Tracker::Object &Tracker::object(int64_t id, int64_t frame) {
  for (auto &known : objects_)
    if (known.id == id) return known;
  const ModelConfig &c = model_->config();
  objects_.push_back(
      {id,
       frame,
       MemoryBank(options_.limits, model_->memory_tokens(), c.mem_dim,
                  c.d_model, options_.memory_type, model_->device()),
       {},
       MotionModel(options_.motion)});
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

SelectionRequest Tracker::request(const Object &object, int64_t frame,
                                  bool is_reverse) const {
  const BankLimits &limits = options_.limits;
  return {frame,
          is_reverse,
          limits.num_maskmem,
          limits.max_obj_ptrs,
          limits.memory_stride,
          options_.max_cond_frames_in_attn,
          object.first_frame,
          options_.memory_thresholds};
}

// Features [1, N, C] of the frame with the object's memory in them.
at::Tensor Tracker::conditioned(const Object &object, int64_t frame,
                                const EncodedFrame &encoded, bool is_reverse,
                                Selection &selection) const {
  selection =
      policy_.select(object.bank.records(), request(object, frame, is_reverse));
  if (selection.memories.empty()) return model_->without_memory(encoded);
  const MemoryTokens memory =
      gather(*model_, object.bank, selection, options_.limits.max_obj_ptrs);
  return model_->with_memory(encoded, memory.tokens, memory.positions,
                             memory.pointer_tokens);
}

// Lets motion choose among three candidates, and takes the scores down. One
// candidate is the answer to a prompt, and nothing to choose from.
void Tracker::judge(Object &object, ObjectOutput &output) const {
  if (!policy_.needs_scores) return;
  MaskOutput &masks = output.masks;
  const Readings read = read_back(masks, model_->input_size_px());
  const auto &candidates = read.candidates;
  MaskChoice choice;
  if (candidates.size() > 1 && policy_.has_motion_model) {
    choice = object.motion.choose(candidates);
    const at::Tensor index =
        at::tensor({static_cast<int64_t>(choice.index)},
                   masks.candidates.options().dtype(at::kLong));
    masks = model_->with_candidate(masks, index);
  } else {
    choice.index = best_candidate(candidates);
  }
  output.scores = {candidates[choice.index].predicted_iou, read.object_score,
                   choice.kf_score, read.areas_px[choice.index],
                   rival_iou(read, choice.index)};
}

void Tracker::remember(Object &object, int64_t frame,
                       const EncodedFrame &encoded, bool is_prompted,
                       bool is_reverse, bool is_conditioning,
                       ObjectOutput &output) {
  const MaskOutput &m = output.masks;
  output.memory = model_->encode_memory(encoded, m.low_res_masks,
                                        m.object_score, is_prompted);
  BankEntry entry{m.low_res_masks, m.obj_ptr,     m.object_score,
                  m.chosen_iou,    output.memory, output.scores};
  if (is_conditioning) {
    object.bank.store_conditioning(frame, entry);
    return;
  }
  entry.is_kept = policy_.keeps(object.bank.records(), {frame, output.scores},
                                request(object, frame, is_reverse));
  object.bank.store_tracked(frame, entry);
}

ObjectOutput Tracker::prompt(int64_t frame, const EncodedFrame &encoded,
                             int64_t object_id, const PromptTensors &prompt,
                             bool is_reverse) {
  const c10::InferenceMode guard;
  Object &target = object(object_id, frame);
  const bool is_correction = target.bank.is_tracked(frame);
  ObjectOutput output;
  output.object_id = object_id;
  if (prompt.mask.defined()) {
    output.masks =
        model_->use_mask(encoded, prompt.mask, options_.min_object_score);
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
                       Sam2Model::wants_multimask(prompt.point_count()),
                       options_.min_object_score);
  }
  const bool is_conditioning =
      !is_correction || options_.corrections_are_conditioning;
  target.motion.restart();
  judge(target, output);
  remember(target, frame, encoded, true, is_reverse, is_conditioning, output);
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
    output.scores = entry->scores;
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
      model_->decode(encoded, features, {}, {}, Sam2Model::wants_multimask(0),
                     options_.min_object_score);
  judge(target, output);
  remember(target, frame, encoded, false, is_reverse, false, output);
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
