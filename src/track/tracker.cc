#include "track/tracker.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/tensor.h>
#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

#include "base/error.h"
#include "track/object_batch.h"

namespace sam2 {
namespace {

// The former mask of a corrected frame enters within these bounds.
constexpr double kPreviousMaskLimit = 32.0;
// Beyond, a typing error is likelier than a wish: the rings grow with them.
constexpr int64_t kMaxPointers = 256;
constexpr int64_t kMaxStride = 256;
constexpr int64_t kMaxObjectsPerPass = 256;

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

// See FrameScores.
double rival_iou(const Readings &read, size_t chosen) {
  double least = 1;
  for (size_t i = 0; i < read.candidates.size(); ++i)
    if (i != chosen && read.areas_px[i] > 0)
      least = std::min(
          least, box_iou(read.candidates[chosen].box, read.candidates[i].box));
  return least;
}

}  // namespace

// Together, small pictures gain from fewer and larger steps; in large ones the
// scores of attention then leave the cache.
int default_objects_per_pass(const Sam2Model &model) {
  constexpr int64_t kSmallPicture = 24 * 24;  // tokens
  if (!model.device().is_cpu()) return 8;
  return model.tokens() <= kSmallPicture ? 4 : 1;
}

Tracker::Tracker(std::shared_ptr<const Sam2Model> model,
                 const TrackerOptions &options,
                 std::shared_ptr<HostStore> store)
    : model_(std::move(model)),
      options_(options),
      policy_(find_selection_policy(options.memory_policy)),
      store_(std::move(store)) {
  const BankLimits &limits = options.limits;
  check_range("num-maskmem", limits.num_maskmem, 1,
              model_->config().num_maskmem);
  check_range("max-obj-ptrs", limits.max_obj_ptrs, 1, kMaxPointers);
  check_range("memory-stride", limits.memory_stride, 1, kMaxStride);
  check_range("objects-per-pass", options.objects_per_pass, 0,
              kMaxObjectsPerPass);
  if (options.objects_per_pass == 0)
    options_.objects_per_pass = default_objects_per_pass(*model_);
  options_.spills_bank = options.spills_bank && can_spill();
  check_motion(options);
  fit_limits_to_policy();
}

void Tracker::fit_limits_to_policy() {
  const MemoryNeeds needs = policy_.needs(options_.limits.num_maskmem);
  options_.limits.recent_memories = needs.recent;
  options_.limits.kept_memories = needs.kept;
}

void Tracker::set_effort(int objects_per_pass, int num_maskmem,
                         bool spills_bank) {
  check_range("objects-per-pass", objects_per_pass, 1, kMaxObjectsPerPass);
  check_range("num-maskmem", num_maskmem, 1, model_->config().num_maskmem);
  if (can_spill() && spills_bank != options_.spills_bank)
    move_memories(spills_bank);
  options_.objects_per_pass = objects_per_pass;
  options_.limits.num_maskmem = num_maskmem;
  fit_limits_to_policy();
  for (Object &object : objects_) object.bank.resize(options_.limits);
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

Tracker::Object Tracker::new_object(int64_t id, int64_t frame) const {
  const ModelConfig &c = model_->config();
  MemoryBank bank(options_.limits, model_->memory_tokens(), c.mem_dim,
                  c.d_model, options_.memory_type, model_->device());
  if (options_.spills_bank) bank.move_memories(store_);
  return {id, frame, std::move(bank), {}, MotionModel(options_.motion)};
}

Tracker::Object *Tracker::find(int64_t id) {
  for (auto &known : objects_)
    if (known.id == id) return &known;
  return nullptr;
}

Tracker::Object &Tracker::object(int64_t id, int64_t frame) {
  if (Object *known = find(id)) return *known;
  objects_.push_back(new_object(id, frame));
  return objects_.back();
}

bool Tracker::remove_object(int64_t object_id) {
  const auto it = std::find_if(objects_.begin(), objects_.end(),
                               [&](auto &o) { return o.id == object_id; });
  if (it == objects_.end()) return false;
  objects_.erase(it);
  return true;
}

void Tracker::rewind(int64_t object_id, int64_t frame) {
  if (Object *known = find(object_id)) known->bank.forget_tracked_from(frame);
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

std::vector<BankSelection> Tracker::selections(
    const std::vector<Target> &targets) {
  std::vector<BankSelection> objects;
  for (const Target &target : targets)
    objects.push_back({&target.object->bank, &target.output->selection});
  return objects;
}

// For conditioned(), batch by batch.
Delivery Tracker::memories_of(const std::vector<Batch> &batches) const {
  std::vector<Delivery::Group> groups;
  for (const Batch &batch : batches)
    if (!batch.targets.front().output->selection.memories.empty())
      groups.push_back(selected_memories(selections(batch.targets)));
  return {options_.spills_bank ? store_.get() : nullptr, std::move(groups)};
}

// Features [B, N, C] of the frame with each object's memory in them. All
// selections are of one length; if there are some, the memories are due.
at::Tensor Tracker::conditioned(FrameWork &work,
                                const std::vector<Target> &targets,
                                Delivery &memories) const {
  if (targets.front().output->selection.memories.empty())
    return model_->without_memory(work.encoded)
        .expand({static_cast<int64_t>(targets.size()), -1, -1});
  if (!work.started) work.started = model_->start_attention(work.encoded);
  const MemoryTokens memory =
      stacked_memories(*model_, selections(targets), memories.next(),
                       options_.limits.max_obj_ptrs);
  return model_->with_memory(*work.started, memory.tokens, memory.positions,
                             memory.pointer_tokens);
}

void Tracker::select(const FrameWork &work, const Target &target) const {
  target.output->selection =
      policy_.select(target.object->bank.records(),
                     request(*target.object, work.frame, work.is_reverse));
}

// Lets motion choose among three candidates, and takes the scores down. One
// candidate is the answer to a prompt, and nothing to choose from. Returns the
// chosen one's index.
int64_t Tracker::judge(const Target &target, const Readings &read) const {
  const auto &candidates = read.candidates;
  MaskChoice choice;
  if (candidates.size() > 1 && policy_.has_motion_model)
    choice = target.object->motion.choose(candidates);
  else
    choice.index = best_candidate(candidates);
  target.output->scores = {candidates[choice.index].predicted_iou,
                           read.object_score, choice.kf_score,
                           read.areas_px[choice.index],
                           rival_iou(read, choice.index)};
  return static_cast<int64_t>(choice.index);
}

// All batches have as many candidates.
void Tracker::judge(std::vector<Batch> &batches) const {
  if (!policy_.needs_scores || batches.empty()) return;
  std::vector<at::Tensor> tables;
  for (const Batch &batch : batches)
    tables.push_back(readings_table(batch.masks, model_->input_size_px()));
  const int64_t candidates = batches.front().masks.candidates.size(1);
  const std::vector<Readings> read = read_back(at::cat(tables), candidates);
  auto reading = read.begin();
  for (Batch &batch : batches) {
    std::vector<int64_t> chosen;
    for (const Target &target : batch.targets)
      chosen.push_back(judge(target, *reading++));
    if (candidates > 1 && policy_.has_motion_model)
      batch.masks = model_->with_candidate(
          batch.masks, at::tensor(chosen).to(model_->device()));
  }
}

// Stores the batch's answers as memories and hands them out.
void Tracker::remember(FrameWork &work, const Batch &batch, StoreAs how) const {
  if (!work.projected.defined())
    work.projected = model_->project_features(work.encoded);
  const at::Tensor memories =
      model_->encode_memory(work.projected, batch.masks.low_res_masks,
                            batch.masks.object_score, how.is_prompted);
  int64_t index = 0;
  for (const Target &target : batch.targets) {
    ObjectOutput &output = *target.output;
    output.masks = object_of(batch.masks, index);
    output.memory = memories.slice(0, index, index + 1);
    ++index;
    store(work, target, how);
  }
}

void Tracker::store(const FrameWork &work, const Target &target,
                    StoreAs how) const {
  const ObjectOutput &output = *target.output;
  const MaskOutput &m = output.masks;
  MemoryBank &bank = target.object->bank;
  BankEntry entry{m.low_res_masks, m.obj_ptr,     m.object_score,
                  m.chosen_iou,    output.memory, output.scores};
  if (how.is_conditioning) {
    bank.store_conditioning(work.frame, entry);
    return;
  }
  entry.is_kept =
      policy_.keeps(bank.records(), {work.frame, output.scores},
                    request(*target.object, work.frame, work.is_reverse));
  bank.store_tracked(work.frame, entry);
}

MaskOutput Tracker::answer(FrameWork &work, const Target &target,
                           const PromptTensors &prompt) const {
  if (prompt.mask.defined())
    return model_->use_mask(work.encoded, prompt.mask,
                            options_.min_object_score);
  // On a frame without results there is no memory to attend to.
  if (target.object->bank.is_tracked(work.frame)) select(work, target);
  at::Tensor former = target.object->bank.low_res_masks(work.frame);
  if (former.defined())
    former = former.clamp(-kPreviousMaskLimit, kPreviousMaskLimit);
  Delivery memories = memories_of({{{target}, {}}});
  return model_->decode(work.encoded, conditioned(work, {target}, memories),
                        prompt.points, former,
                        Sam2Model::wants_multimask(prompt.point_count()),
                        options_.min_object_score);
}

ObjectOutput Tracker::prompt(int64_t frame, const EncodedFrame &encoded,
                             int64_t object_id, const PromptTensors &prompt,
                             bool is_reverse) {
  const c10::InferenceMode guard;
  Object &known = object(object_id, frame);
  const bool is_correction = known.bank.is_tracked(frame);
  ObjectOutput output;
  output.object_id = object_id;
  FrameWork work{encoded, frame, is_reverse, {}, {}};
  const Target target{&known, &output};
  std::vector<Batch> batches = {{{target}, answer(work, target, prompt)}};
  const bool is_conditioning =
      !is_correction || options_.corrections_are_conditioning;
  known.motion.restart();
  judge(batches);
  remember(work, batches[0], {true, is_conditioning});
  if (!is_conditioning && options_.keeps_corrections)
    keep_correction(known, frame, output.masks);
  return output;
}

void Tracker::keep_correction(Object &object, int64_t frame,
                              const MaskOutput &masks) const {
  auto &kept = object.kept_corrections;
  kept[frame] = masks;
  for (auto it = kept.begin(); it != kept.end();)
    it = object.bank.is_tracked(it->first) ? std::next(it) : kept.erase(it);
}

// True if the frame's answer is there already: a prompt gave it.
bool Tracker::answer_from_bank(const Object &object, int64_t frame,
                               ObjectOutput &output) {
  if (const BankEntry *entry = object.bank.conditioning_entry(frame)) {
    output.masks.low_res_masks = entry->low_res_masks;
    output.masks.object_score = entry->object_score;
    output.masks.obj_ptr = entry->obj_ptr;
    output.masks.chosen_iou = entry->chosen_iou;
    output.scores = entry->scores;
    return true;
  }
  const auto kept = object.kept_corrections.find(frame);
  if (kept == object.kept_corrections.end() || !object.bank.is_tracked(frame))
    return false;
  output.masks = kept->second;
  return true;
}

// Objects that attend to equally many memories and pointers go together, at
// most objects_per_pass of them.
std::vector<Tracker::Batch> Tracker::batches_of(
    const std::vector<Target> &targets) const {
  using Lengths = std::pair<size_t, size_t>;
  std::map<Lengths, std::vector<Target>> by_length;
  for (const Target &target : targets) {
    const Selection &selection = target.output->selection;
    by_length[{selection.memories.size(), selection.pointers.size()}].push_back(
        target);
  }
  const size_t most = options_.objects_per_pass;
  std::vector<Batch> batches;
  for (const auto &[lengths, equals] : by_length)
    for (size_t i = 0; i < equals.size(); ++i) {
      if (i % most == 0) batches.emplace_back();
      batches.back().targets.push_back(equals[i]);
    }
  return batches;
}

std::vector<ObjectOutput> Tracker::track(int64_t frame,
                                         const EncodedFrame &encoded,
                                         bool is_reverse) {
  std::vector<Object *> all;
  for (Object &object : objects_) all.push_back(&object);
  return track(all, {encoded, frame, is_reverse, {}, {}});
}

ObjectOutput Tracker::track_object(int64_t frame, const EncodedFrame &encoded,
                                   int64_t object_id, bool is_reverse) {
  Object *known = find(object_id);
  TORCH_INTERNAL_ASSERT(known, "there is no object ", object_id);
  return track({known}, {encoded, frame, is_reverse, {}, {}}).front();
}

std::vector<ObjectOutput> Tracker::track(const std::vector<Object *> &objects,
                                         FrameWork work) {
  const c10::InferenceMode guard;
  std::vector<ObjectOutput> outputs(objects.size());
  std::vector<Target> targets;
  for (size_t i = 0; i < objects.size(); ++i) {
    outputs[i].object_id = objects[i]->id;
    if (answer_from_bank(*objects[i], work.frame, outputs[i])) continue;
    targets.push_back({objects[i], &outputs[i]});
    select(work, targets.back());
  }
  std::vector<Batch> batches = batches_of(targets);
  Delivery memories = memories_of(batches);
  for (Batch &batch : batches)
    batch.masks = model_->decode(
        work.encoded, conditioned(work, batch.targets, memories), {}, {},
        Sam2Model::wants_multimask(0), options_.min_object_score);
  judge(batches);
  for (const Batch &batch : batches) remember(work, batch, {false, false});
  return outputs;
}

}  // namespace sam2
