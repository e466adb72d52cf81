// Prompts for frames by their numbers: those to come, and those still held.
#include <c10/core/InferenceMode.h>

#include <algorithm>

#include "base/error.h"
#include "engine/stream_tracker.h"

namespace sam2 {

std::vector<FrameResult> StreamTrackerImpl::prompt_at(int64_t frame,
                                                      const Prompt &prompt) {
  Prompt accepted = checked(prompt);
  // Skipped frames at the end count as frames to come.
  if (frame >= next_frame_ - coaster_.coasted_frames()) {
    pending_.push_back({frame, std::move(accepted)});
    return {};
  }
  const std::vector<HeldFrame> frames = held_.from(frame);
  if (frames.empty()) refuse_late(frame, prompt.object_id);
  const c10::InferenceMode guard;
  return all_or_nothing(
      [&](StreamTrackerImpl &next) { return next.catch_up(accepted, frames); });
}

void StreamTrackerImpl::refuse_late(int64_t frame, int64_t object_id) const {
  const std::string next = std::to_string(next_frame_);
  // Of any number that somebody gives: an int64 need not hold the difference.
  const uint64_t age =
      static_cast<uint64_t>(next_frame_) - static_cast<uint64_t>(frame);
  throw Error(ErrorCode::kSetting,
              "The prompt for object " + std::to_string(object_id) +
                  " is for frame " + std::to_string(frame) + ", which is " +
                  std::to_string(age) + " frames before the next one, " + next +
                  ", and " + std::to_string(held_.count()) +
                  " are held. Prompt a newer frame, or hold more of them by "
                  "frames-held.");
}

// What was seen from the frame on is looked for again.
void StreamTrackerImpl::rewind(const Prompt &prompt, const HeldFrame &frame) {
  const bool is_correction = !prompt.box && !prompt.mask;
  tracker_.rewind(prompt.object_id,
                  is_correction ? frame.tracked + 1 : frame.tracked);
  const auto memo = memos_.find(prompt.object_id);
  if (memo == memos_.end()) return;
  memo->second.first_seen = std::min(memo->second.first_seen, frame.frame);
  std::vector<int64_t> &seen = memo->second.seen;
  seen.erase(std::lower_bound(seen.begin(), seen.end(), frame.frame),
             seen.end());
}

// In the place of what there is of the object, and without what masks do not
// need.
void StreamTrackerImpl::keep_latest(const ObjectOutput &output) {
  ObjectOutput kept;
  kept.object_id = output.object_id;
  kept.masks.low_res_masks = output.masks.low_res_masks;
  kept.masks.chosen_iou = output.masks.chosen_iou;
  kept.masks.object_score = output.masks.object_score;
  for (ObjectOutput &known : latest_)
    if (known.object_id == kept.object_id) {
      known = std::move(kept);
      return;
    }
  latest_.push_back(std::move(kept));
}

std::vector<FrameResult> StreamTrackerImpl::catch_up(
    const Prompt &prompt, const std::vector<HeldFrame> &frames) {
  rewind(prompt, frames.front());
  std::vector<FrameResult> results;
  for (const HeldFrame &held : frames) {
    const ObjectOutput output =
        results.empty()
            ? apply(prompt, held)
            : tracker_.track_object(held.tracked, held.image->features(),
                                    prompt.object_id);
    const SizePx size = held.image->frame_size();
    const bool is_latest = &held == &frames.back();
    const bool has_all = keeps_latest() && is_latest;
    if (has_all) keep_latest(output);
    FrameResult found =
        result(has_all ? latest_ : std::vector<ObjectOutput>{output},
               held.frame, size);
    if (is_latest)
      for (const ObjectResult &object : found.objects) coaster_.correct(object);
    results.push_back(shown(std::move(found), size));
  }
  return results;
}

}  // namespace sam2
