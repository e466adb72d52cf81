#include "track_session.h"

#include <utility>

#include "mask_file.h"

namespace sam2 {

TrackSession::TrackSession(const Engine &engine,
                           const TrackerSettings &settings)
    : tracker_(engine.create_tracker(settings)) {}

void TrackSession::set_prompts(std::vector<TimedPrompt> prompts) {
  prompts_ = std::move(prompts);
  pending_ = prompts_;
}

bool TrackSession::is_due(const TimedPrompt &prompt,
                          const FrameTimes &times) const {
  if (!prompt.time_ns) return true;
  return GST_CLOCK_TIME_IS_VALID(times.stream_ns) &&
         times.stream_ns >= static_cast<GstClockTime>(*prompt.time_ns);
}

bool TrackSession::has_work(const FrameTimes &times) const {
  if (has_objects_) return true;
  for (const TimedPrompt &prompt : pending_)
    if (is_due(prompt, times)) return true;
  return false;
}

void TrackSession::add_due_prompts(SizePx frame_size, const FrameTimes &times) {
  std::vector<TimedPrompt> later;
  for (TimedPrompt &timed : pending_) {
    if (!is_due(timed, times)) {
      later.push_back(std::move(timed));
      continue;
    }
    Prompt prompt = resolve(timed, frame_size);
    if (!timed.mask_file.empty()) prompt.mask = load_mask_file(timed.mask_file);
    tracker_->add_prompt(prompt);
    has_objects_ = true;
  }
  pending_ = std::move(later);
}

SeenTimes TrackSession::update_seen(const ObjectResult &object,
                                    GstClockTime now_ns) {
  const auto [entry, is_new] =
      seen_.emplace(object.object_id, SeenTimes{now_ns, now_ns});
  if (!is_new && !object.is_lost) entry->second.last_ns = now_ns;
  return entry->second;
}

TrackedFrame TrackSession::track(
    const std::shared_ptr<const EncodedImage> &frame, const FrameTimes &times) {
  add_due_prompts(frame->frame_size(), times);
  TrackedFrame tracked;
  tracked.result = tracker_->track(frame);
  for (const ObjectResult &object : tracked.result.objects)
    tracked.times.push_back(update_seen(object, times.running_ns));
  return tracked;
}

void TrackSession::reset() {
  tracker_->reset();
  seen_.clear();
  has_objects_ = false;
  pending_ = prompts_;
}

}  // namespace sam2
