#include "track_session.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "mask_file.h"

namespace sam2 {
namespace {

bool is_due(const TimedPrompt &prompt, const FrameTimes &times) {
  if (prompt.frame_index) return times.frame_index >= *prompt.frame_index;
  if (!prompt.time_ns) return true;
  const auto due_ns = static_cast<GstClockTime>(*prompt.time_ns);
  return GST_CLOCK_TIME_IS_VALID(times.stream_ns) &&
         (times.is_backwards ? times.stream_ns <= due_ns
                             : times.stream_ns >= due_ns);
}

bool has_due(const std::vector<TimedPrompt> &prompts, const FrameTimes &times) {
  return std::any_of(prompts.begin(), prompts.end(),
                     [&](const TimedPrompt &p) { return is_due(p, times); });
}

// Each of them leaves `prompts` when `use` has it: it may throw.
template <class Use>
void use_due(std::vector<TimedPrompt> &prompts, const FrameTimes &times,
             Use use) {
  for (auto it = prompts.begin(); it != prompts.end();) {
    if (!is_due(*it, times)) {
      ++it;
      continue;
    }
    use(*it);
    it = prompts.erase(it);
  }
}

// False if there are none.
bool erase_prompts_of(int64_t object_id, std::vector<TimedPrompt> &prompts) {
  const auto end = std::remove_if(
      prompts.begin(), prompts.end(),
      [&](const TimedPrompt &p) { return p.object_id == object_id; });
  const bool has_some = end != prompts.end();
  prompts.erase(end, prompts.end());
  return has_some;
}

bool marks_object(const TimedPrompt &prompt) {
  return prompt.box || !prompt.mask.is_empty() || !prompt.mask_file.empty() ||
         std::any_of(prompt.points.begin(), prompt.points.end(),
                     [](const UnresolvedPoint &p) { return p.is_positive; });
}

// Anything else is not the user's to mend.
bool is_users(ErrorCode code) {
  return code == ErrorCode::kSetting || code == ErrorCode::kNotFound ||
         code == ErrorCode::kUnreadable;
}

// Memory must not grow with what programs ask of a time that never comes.
constexpr size_t kMostAsked = 4096;

// The frame tracked last may be prompted: see follow_detections().
TrackerSettings with_held_frame(TrackerSettings settings) {
  settings.frames_held = std::max(settings.frames_held, 1);
  return settings;
}

Error no_room(int64_t object_id, int max_objects) {
  return Error(ErrorCode::kSetting,
               "Object " + std::to_string(object_id) +
                   " is not tracked: max-objects is " +
                   std::to_string(max_objects) +
                   ", and there are as many. Raise it, or remove an object "
                   "first.");
}

// The object's mask in a picture of that size.
Prompt mask_prompt(const ObjectResult &object, SizePx frame_size) {
  Prompt prompt;
  prompt.object_id = object.object_id;
  prompt.label = object.label;
  prompt.mask = MaskImage{frame_size.width, frame_size.height, {}};
  std::vector<uint8_t> &pixels = prompt.mask->pixels;
  pixels.resize(size_t{1} * frame_size.width * frame_size.height);
  const MaskImage &cut = object.mask;
  auto *to = pixels.data() +
             size_t{1} * static_cast<int>(object.box.y) * frame_size.width +
             static_cast<int>(object.box.x);
  for (int y = 0; y < cut.height; ++y, to += frame_size.width)
    std::copy_n(cut.pixels.begin() + size_t{1} * y * cut.width, cut.width, to);
  return prompt;
}

// In the place of the object's result, if there is one.
void put(FrameResult &result, ObjectResult object) {
  for (ObjectResult &known : result.objects)
    if (known.object_id == object.object_id) {
      known = std::move(object);
      return;
    }
  result.objects.push_back(std::move(object));
}

}  // namespace

TrackSession::TrackSession(std::shared_ptr<const Engine> engine,
                           const TrackerSettings &settings, ObjectIds &ids,
                           const ObjectSettings &object_settings,
                           OnRefusal on_refusal)
    : engine_(std::move(engine)),
      settings_(with_held_frame(settings)),
      tracker_(engine_->create_tracker(settings_)),
      ids_(ids),
      lifecycle_(object_settings, ids),
      auto_prompt_(object_settings.auto_prompt),
      on_refusal_(std::move(on_refusal)) {}

void TrackSession::set_prompts(std::vector<TimedPrompt> prompts) {
  prompts_ = std::move(prompts);
  take_up_prompts();
}

void TrackSession::take_up_prompts() {
  pending_ = prompts_;
  for (const TimedPrompt &prompt : prompts_) ids_.reserve(prompt.object_id);
}

void TrackSession::offer(FrameDetections detections, SizePx frame_size) {
  lifecycle_.offer(std::move(detections), frame_size);
}

void TrackSession::ask(TimedPrompt prompt) {
  if (asked_.size() >= kMostAsked)
    return refuse(Error(ErrorCode::kSetting,
                        std::to_string(kMostAsked) +
                            " prompts wait for their frames already. Ask for "
                            "this one later, or clear-prompts."));
  ids_.reserve(prompt.object_id);  // a reset may have forgotten it
  asked_.push_back(std::move(prompt));
}

void TrackSession::remove_object(int64_t object_id) {
  const bool had_pending = erase_prompts_of(object_id, pending_);
  const bool was_asked = erase_prompts_of(object_id, asked_);
  const bool was_tracked = tracker_->remove_object(object_id);
  given_.erase(std::remove_if(given_.begin(), given_.end(),
                              [&](const Prompt &prompt) {
                                return prompt.object_id == object_id;
                              }),
               given_.end());
  object_ids_.erase(object_id);
  lifecycle_.forget(object_id);
  seen_.erase(object_id);
  if (!had_pending && !was_asked && !was_tracked)
    refuse(Error(ErrorCode::kSetting,
                 "There is no object " + std::to_string(object_id) +
                     " to remove. Name an id of the objects that are "
                     "tracked."));
}

void TrackSession::clear_prompts() {
  prompts_.clear();
  pending_.clear();
  asked_.clear();
}

void TrackSession::refuse(const Error &error) const {
  if (on_refusal_) on_refusal_(error);
}

bool TrackSession::has_work(const FrameTimes &times) const {
  return !object_ids_.empty() || lifecycle_.has_detections() ||
         has_prompts(times);
}

bool TrackSession::has_prompts(const FrameTimes &times) const {
  return has_auto_prompt() || has_due(pending_, times) ||
         has_due(asked_, times);
}

bool TrackSession::has_room_for(int64_t object_id) const {
  return object_ids_.count(object_id) > 0 ||
         object_ids_.size() < static_cast<size_t>(lifecycle_.max_objects());
}

void TrackSession::add(const TimedPrompt &timed, SizePx frame_size) {
  if (!has_room_for(timed.object_id))
    return refuse(no_room(timed.object_id, lifecycle_.max_objects()));
  Prompt prompt = resolve(timed, frame_size);
  if (!timed.mask_file.empty()) prompt.mask = load_mask_file(timed.mask_file);
  give(prompt);
}

void TrackSession::give(const Prompt &prompt) {
  tracker_->add_prompt(prompt);
  given_.push_back(prompt);
  object_ids_.insert(prompt.object_id);
}

void TrackSession::try_asked(const TimedPrompt &timed, SizePx frame_size) {
  try {
    if (object_ids_.count(timed.object_id) == 0 && !marks_object(timed))
      throw Error(ErrorCode::kSetting,
                  "Object " + std::to_string(timed.object_id) +
                      " cannot start with points that are not on it. Give "
                      "one that is.");
    add(timed, frame_size);
  } catch (const Error &error) {
    if (!is_users(error.code())) throw;
    refuse(error);
  }
}

SeenTimes TrackSession::update_seen(const ObjectResult &object,
                                    GstClockTime now_ns) {
  const auto [entry, is_new] =
      seen_.emplace(object.object_id, SeenTimes{now_ns, now_ns});
  if (!is_new && !object.is_lost && !object.is_coasted)
    entry->second.last_ns = now_ns;
  return entry->second;
}

TrackedFrame TrackSession::track(
    const std::shared_ptr<const EncodedImage> &frame, const FrameTimes &times) {
  if (!unfinished_) start(frame, times);
  follow_detections();
  return finish(times);
}

void TrackSession::start(const std::shared_ptr<const EncodedImage> &frame,
                         const FrameTimes &times) {
  const SizePx size = frame->frame_size();
  use_due(pending_, times, [&](const TimedPrompt &p) {
    has_tracked_ ? try_asked(p, size) : add(p, size);
  });
  use_due(asked_, times, [&](const TimedPrompt &p) { try_asked(p, size); });
  if (has_auto_prompt()) add_auto_prompts(frame);
  is_first_frame_ = false;
  unfinished_ = Unfinished{tracker_->track(frame), {}};
  has_tracked_ = true;
  given_.clear();
  unfinished_->prompts =
      lifecycle_.update(unfinished_->result, *tracker_).prompts;
}

TrackedFrame TrackSession::finish(const FrameTimes &times) {
  FrameResult result = std::move(unfinished_->result);
  unfinished_.reset();
  take_down(result, times.running_ns);
  lifecycle_.show(result);
  return with_times(std::move(result), times.running_ns);
}

void TrackSession::add_auto_prompts(
    const std::shared_ptr<const EncodedImage> &frame) {
  const int room =
      lifecycle_.max_objects() - static_cast<int>(object_ids_.size());
  for (Prompt &prompt : auto_prompts(auto_prompt_, *engine_, frame, room)) {
    prompt.object_id = lifecycle_.take_id();
    give(prompt);
  }
}

// Detections are compared with what the tracker sees on the same frame; those
// that belong to nothing there become prompts for it.
void TrackSession::follow_detections() {
  FrameResult &result = unfinished_->result;
  std::vector<Prompt> &prompts = unfinished_->prompts;
  while (!prompts.empty()) {
    for (FrameResult &found :
         tracker_->prompt_at(result.frame_index, prompts.front()))
      for (ObjectResult &object : found.objects) put(result, std::move(object));
    prompts.erase(prompts.begin());
  }
}

void TrackSession::take_down(const FrameResult &result, GstClockTime now_ns) {
  object_ids_.clear();
  for (const ObjectResult &object : result.objects) {
    object_ids_.insert(object.object_id);
    seen_.emplace(object.object_id, SeenTimes{now_ns, now_ns});
  }
  for (auto it = seen_.begin(); it != seen_.end();)
    it = object_ids_.count(it->first) ? std::next(it) : seen_.erase(it);
}

TrackedFrame TrackSession::coast(const ImageView &frame,
                                 const FrameTimes &times) {
  if (unfinished_) return finish(times);
  FrameResult result = tracker_->skip(frame);
  lifecycle_.show(result);
  return with_times(std::move(result), times.running_ns);
}

void TrackSession::move_to(std::shared_ptr<const Engine> engine,
                           SizePx frame_size) {
  auto next = engine->create_tracker(settings_);
  std::vector<Prompt> prompts;
  const ImageView nothing{nullptr, frame_size.width, frame_size.height, 0};
  for (const ObjectResult &object : tracker_->skip(nothing).objects)
    if (!object.is_lost) prompts.push_back(mask_prompt(object, frame_size));
  prompts.insert(prompts.end(), given_.begin(), given_.end());
  for (const Prompt &prompt : prompts) next->add_prompt(prompt);
  given_ = std::move(prompts);
  engine_ = std::move(engine);
  tracker_ = std::move(next);
}

void TrackSession::look_at(const ImageView &picture) {
  tracker_->look_at(picture);
}

TrackedFrame TrackSession::with_times(FrameResult result, GstClockTime now_ns) {
  TrackedFrame tracked;
  for (const ObjectResult &object : result.objects)
    tracked.times.push_back(update_seen(object, now_ns));
  tracked.result = std::move(result);
  return tracked;
}

void TrackSession::reset() {
  tracker_->reset();
  given_.clear();
  unfinished_.reset();
  seen_.clear();
  object_ids_.clear();
  asked_.clear();
  is_first_frame_ = true;
  lifecycle_.reset();
  take_up_prompts();
}

}  // namespace sam2
