#include "track/degradation_ladder.h"

#include <algorithm>
#include <utility>

namespace sam2 {
namespace {

constexpr const char *kFull = "Memory is full.";
constexpr const char *kCritical = "Memory is above the critical threshold.";
constexpr const char *kWarning = "Memory is above the warning threshold.";
constexpr const char *kFree = "Memory is free again.";
constexpr const char *kRemedy =
    " Raise memory-limit, or lower max-objects or input-size.";

std::string counted(int count, const char *one, const char *more) {
  return std::to_string(count) + " " + (count == 1 ? one : more);
}

// "Frames are encoded 2 at a time." and the like.
std::string effect(DegradationStep step, const MemoryAllowance &allowance) {
  switch (step) {
    case DegradationStep::kEmptyCaches:
      return "What was kept for later frames is given back.";
    case DegradationStep::kSmallerBatch:
      return counted(allowance.encoder_batch, "frame is", "frames are") +
             " encoded at a time.";
    case DegradationStep::kSmallerGroups:
      return counted(allowance.objects_per_pass, "object is", "objects are") +
             " tracked at a time.";
    case DegradationStep::kSpillBank:
      return "The objects' memories lie in host memory.";
    case DegradationStep::kSmallerBank:
      return "Objects are remembered by " +
             counted(allowance.num_maskmem, "frame", "frames") +
             ", which changes masks.";
    case DegradationStep::kSkipFrame:
      break;
  }
  return "The frame is not tracked: objects coast over it.";
}

std::string effect_of_undo(DegradationStep step,
                           const MemoryAllowance &allowance) {
  if (step == DegradationStep::kEmptyCaches)
    return "Memory is kept for later frames as before.";
  if (step == DegradationStep::kSpillBank)
    return "The objects' memories go back to the device.";
  if (step == DegradationStep::kSmallerBank)
    return "Objects are remembered by " +
           std::to_string(allowance.num_maskmem) + " frames.";
  return effect(step, allowance);
}

void apply(DegradationStep step, const MemoryUse &use,
           MemoryAllowance &allowance) {
  switch (step) {
    case DegradationStep::kSmallerBatch:
      allowance.encoder_batch =
          std::min(allowance.encoder_batch, use.frames_together) / 2;
      break;
    case DegradationStep::kSmallerGroups:
      allowance.objects_per_pass =
          std::min(allowance.objects_per_pass, use.objects_together) / 2;
      break;
    case DegradationStep::kSpillBank:
      allowance.spills_bank = true;
      break;
    case DegradationStep::kSmallerBank:
      allowance.num_maskmem /= 2;
      break;
    case DegradationStep::kEmptyCaches:
    case DegradationStep::kSkipFrame:
      break;
  }
}

}  // namespace

const std::vector<DegradationRow> &degradation_rows() {
  static const std::vector<DegradationRow> rows = {
      {DegradationStep::kEmptyCaches, "empty-caches",
       "Memory kept for later frames is given back", false},
      {DegradationStep::kSmallerBatch, "smaller-batch",
       "Half as many frames are encoded together", false},
      {DegradationStep::kSmallerGroups, "smaller-groups",
       "Half as many objects go through the network together", false},
      {DegradationStep::kSpillBank, "spill-bank",
       "The objects' memories move to host memory", false},
      {DegradationStep::kSmallerBank, "smaller-bank",
       "Half as many frames are remembered of each object", true},
      {DegradationStep::kSkipFrame, "skip-frame",
       "The frame is not tracked, objects coast over it", true},
  };
  return rows;
}

const DegradationRow &degradation_row(DegradationStep step) {
  return degradation_rows()[static_cast<size_t>(step)];
}

bool DegradationLadder::is_in_force(DegradationStep step) const {
  return std::any_of(taken_.begin(), taken_.end(),
                     [&](const Taken &taken) { return taken.step == step; });
}

DegradationStep DegradationLadder::next_step(const MemoryUse &use) const {
  if (!is_in_force(DegradationStep::kEmptyCaches))
    return DegradationStep::kEmptyCaches;
  if (std::min(allowance_.encoder_batch, use.frames_together) > 1)
    return DegradationStep::kSmallerBatch;
  if (std::min(allowance_.objects_per_pass, use.objects_together) > 1)
    return DegradationStep::kSmallerGroups;
  if (can_spill_ && !allowance_.spills_bank && use.objects > 0)
    return DegradationStep::kSpillBank;
  if (allowance_.num_maskmem > 1 && use.objects > 0)
    return DegradationStep::kSmallerBank;
  return DegradationStep::kSkipFrame;
}

void DegradationLadder::ask_for_more_good_frames() {
  if (is_on_trial_)
    wanted_frames_ = std::min(2 * wanted_frames_, kMostGoodFrames);
  is_on_trial_ = false;
}

Degradation DegradationLadder::take(DegradationStep step, const MemoryUse &use,
                                    const std::string &reason) {
  ask_for_more_good_frames();
  good_frames_ = 0;
  allowance_before_ = allowance_;
  if (step != DegradationStep::kSkipFrame) taken_.push_back({step, allowance_});
  apply(step, use, allowance_);
  Tally &tally = at(step);
  ++tally.count;
  const bool is_news = !tally.is_known;
  tally.is_known = true;
  return {step,
          false,
          allowance_,
          level(),
          reason + " " + effect(step, allowance_) + kRemedy,
          is_news};
}

Degradation DegradationLadder::run_out(const MemoryUse &use) {
  return take(next_step(use), use, kFull);
}

Degradation DegradationLadder::skip() {
  return take(DegradationStep::kSkipFrame, {}, kFull);
}

std::optional<Degradation> DegradationLadder::press(PressureLevel level,
                                                    const MemoryUse &use) {
  const bool was_critical = pressure_ == PressureLevel::kCritical;
  pressure_ = level;
  if (level == PressureLevel::kNormal) return std::nullopt;
  good_frames_ = 0;
  if (level == PressureLevel::kWarning) {
    if (is_in_force(DegradationStep::kEmptyCaches)) return std::nullopt;
    return take(DegradationStep::kEmptyCaches, use, kWarning);
  }
  if (was_critical && ++critical_frames_ < kFramesPerStep) return std::nullopt;
  critical_frames_ = 0;
  const DegradationStep step = next_step(use);
  if (step == DegradationStep::kSkipFrame) return std::nullopt;
  return take(step, use, kCritical);
}

Degradation DegradationLadder::undo() {
  const Taken latest = taken_.back();
  taken_.pop_back();
  allowance_before_ = std::exchange(allowance_, latest.before);
  return {latest.step,
          true,
          allowance_,
          level(),
          std::string(kFree) + " " + effect_of_undo(latest.step, allowance_),
          true};
}

void DegradationLadder::take_back(const Degradation &change) {
  allowance_ = allowance_before_;
  if (change.is_undone) {
    taken_.push_back({change.step, change.allowance});
    ask_for_more_good_frames();
    return;
  }
  taken_.pop_back();
  --at(change.step).count;
  at(change.step).is_known = !change.is_news;
  if (change.step == DegradationStep::kSpillBank) can_spill_ = false;
}

std::optional<Degradation> DegradationLadder::good_frame() {
  if (pressure_ != PressureLevel::kNormal || ++good_frames_ < wanted_frames_)
    return std::nullopt;
  good_frames_ = 0;
  if (is_on_trial_) wanted_frames_ = kGoodFrames;
  is_on_trial_ = !taken_.empty();
  if (!taken_.empty()) return undo();
  for (Tally &tally : tallies_) tally.is_known = false;
  return std::nullopt;
}

}  // namespace sam2
