// How TrackWorker deals with the frames of a turn: gathered, encoded together,
// tracked or coasted one after the other.
#include <algorithm>
#include <utility>

#include "detections.h"
#include "track_worker.h"

namespace sam2 {
namespace {

constexpr gint kQualityScale = 1000000;  // of QoS messages: full quality

}  // namespace

GstFlowReturn TrackWorker::take_frames(QueueItem first) {
  if (!format_) return GST_FLOW_NOT_NEGOTIATED;
  look_upstream();
  std::vector<Work> frames = gather(std::move(first));
  if (flow_.queue.flow() != GST_FLOW_OK) return flow_.queue.flow();
  // A prompt that comes from now on is too late for these frames.
  flow_.commands.run(*session_, frame_times(frames.back().item.frame.get()));
  if (frames.size() == 1 || !follows_detections(frames))
    return work_off(plan(std::move(frames)));
  for (Work &work : frames) {
    std::vector<Work> alone;
    alone.push_back(std::move(work));
    const GstFlowReturn result = work_off(plan(std::move(alone)));
    if (result != GST_FLOW_OK) return result;
  }
  return GST_FLOW_OK;
}

// What detections change is known when a frame is tracked, not before.
bool TrackWorker::follows_detections(const std::vector<Work> &frames) const {
  return session_->follows_detections() ||
         std::any_of(frames.begin(), frames.end(), [](const Work &work) {
           return work.detections.has_detector_run;
         });
}

SizePx TrackWorker::frame_size() const {
  return {GST_VIDEO_INFO_WIDTH(&*format_), GST_VIDEO_INFO_HEIGHT(&*format_)};
}

std::vector<TrackWorker::Work> TrackWorker::gather(QueueItem first) {
  const size_t wanted = batch_size(settings_, is_cpu_, *is_live_, frame_size());
  const size_t count = std::min({wanted, static_cast<size_t>(most_batch_),
                                 static_cast<size_t>(steps_.encoder_batch())});
  const auto now = std::chrono::steady_clock::now();
  batch_deadline_ = now + std::chrono::nanoseconds(settings_.batch_timeout_ns);
  std::vector<QueueItem> frames;
  frames.push_back(std::move(first));
  // Among several streams the wait is for theirs.
  flow_.queue.gather(frames, count,
                     flow_.seat.is_taken() ? now : batch_deadline_);
  std::vector<Work> gathered;
  for (QueueItem &item : frames) {
    auto detections = read_detections(item.frame.get(), frame_size());
    gathered.push_back({std::move(item), std::move(detections)});
  }
  return gathered;
}

std::vector<TrackWorker::Work> TrackWorker::plan(std::vector<Work> batch) {
  has_work_ = false;
  for (Work &work : batch) {
    work.times = frame_times(work.item.frame.get());
    work.times.frame_index = next_frame_++;
    session_->offer(std::move(work.detections), frame_size());
    work.action = action_for(work.times);
  }
  return batch;
}

// What a frame adds is not known before it is tracked: the frames of a batch
// behind one that is tracked have work as well.
TrackWorker::Action TrackWorker::action_for(const FrameTimes &times) {
  has_work_ = has_work_ || session_->has_work(times);
  if (!has_work_) {
    watch_.reset();
    since_tracked_ = 0;
    return Action::kPass;
  }
  if (settings_.obeys_qos && flow_.gate.is_late(times.running_ns))
    return Action::kDrop;
  const bool is_turn = since_tracked_ % settings_.inference_interval == 0;
  if (!is_turn && !session_->has_prompts(times)) {
    ++since_tracked_;
    return Action::kCoast;
  }
  since_tracked_ = 1;
  return Action::kTrack;
}

// One image a frame that is to be tracked, without one where memory is not
// enough; none if the flow has ended meanwhile.
std::optional<std::vector<EncodedImagePtr>> TrackWorker::encode(
    const std::vector<Work> &batch) {
  std::vector<GstBuffer *> frames;
  for (const Work &work : batch)
    if (work.action == Action::kTrack) frames.push_back(work.item.frame.get());
  const int objects = static_cast<int>(session_->object_count());
  if (!frames.empty())
    steps_.look({static_cast<int>(frames.size()), objects, objects});
  std::vector<EncodedImagePtr> images;
  while (images.size() < frames.size()) {
    const auto first = frames.begin() + images.size();
    const int left = static_cast<int>(frames.end() - first);
    std::vector<EncodedImagePtr> part(1);
    steps_.attempt({left, 0, objects}, [&] {
      const int count = std::min(left, steps_.encoder_batch());
      part = encoder_.encode({first, first + count}, flow_.stats);
    });
    if (part.empty()) return std::nullopt;
    images.insert(images.end(), part.begin(), part.end());
  }
  return images;
}

// With frames of the other elements of this model-instance-id.
std::vector<EncodedImagePtr> TrackWorker::encode_together(
    const std::vector<ImageView> &pictures) {
  auto images = flow_.seat.encode(
      pictures,
      {pictures.size(),
       std::min(shared_batch_size(settings_, frame_size()), most_batch_),
       batch_deadline_},
      [this] { return flow_.queue.flow() != GST_FLOW_OK; });
  if (!images) return {};
  return std::move(*images);
}

MemoryUse TrackWorker::tracking() const {
  const int objects = static_cast<int>(session_->object_count());
  return {0, objects, objects};
}

GstFlowReturn TrackWorker::work_off(std::vector<Work> batch) {
  const gint64 start_us = g_get_monotonic_time();
  const auto images = encode(batch);
  if (!images) return flow_.queue.flow();
  auto image = images->begin();
  gint64 pushing_us = 0;
  for (Work &work : batch) {
    coast_over(work.item.drops_before);
    const Action action = work.action;
    BufferPtr frame;
    if (action == Action::kPass) {
      count_objects(0);
      frame = std::move(work.item.frame);
    }
    if (action == Action::kTrack) frame = track(std::move(work), *image++);
    if (action == Action::kCoast) frame = coast(std::move(work));
    if (action == Action::kDrop) {
      drop(work);
      continue;
    }
    const gint64 done_us = g_get_monotonic_time();
    const GstFlowReturn result = push(std::move(frame));
    if (result != GST_FLOW_OK) return result;
    pushing_us += g_get_monotonic_time() - done_us;
  }
  if (!images->empty())
    measured(GST_USECOND * (g_get_monotonic_time() - start_us - pushing_us));
  if (steps_.device_failure()) reopen();
  return GST_FLOW_OK;
}

// Objects move on while frames are dropped.
void TrackWorker::coast_over(int drops) {
  follows_drop_ |= drops > 0;
  const ImageView nothing{nullptr, frame_size().width, frame_size().height, 0};
  for (; drops > 0; --drops)
    steps_.attempt({}, [&] { session_->coast(nothing, {}); });
}

void TrackWorker::drop(const Work &work) {
  coasted(work);
  follows_drop_ = true;
  const GstBuffer *frame = work.item.frame.get();
  const FrameTimes &times = work.times;
  flow_.stats.count_dropped();
  GstMessage *message = gst_message_new_qos(
      GST_OBJECT(element_), *is_live_, times.running_ns, times.stream_ns,
      GST_BUFFER_PTS(frame), GST_BUFFER_DURATION(frame));
  gst_message_set_qos_values(message, flow_.gate.jitter_ns(),
                             flow_.gate.proportion(), kQualityScale);
  gst_message_set_qos_stats(message, GST_FORMAT_BUFFERS,
                            flow_.stats.frames_out(),
                            flow_.stats.frames_dropped());
  gst_element_post_message(element_, message);
}

// Without it the camera counts as at rest.
void TrackWorker::look_at(const Work &work) {
  steps_.attempt(tracking(), [&] {
    encoder_.show(work.item.frame.get(), [this](const ImageView &picture) {
      session_->look_at(picture);
    });
  });
}

BufferPtr TrackWorker::track(Work work, const EncodedImagePtr &image) {
  if (!image) return coast(std::move(work));
  if (needs_pictures_) look_at(work);
  TrackedFrame tracked;
  const bool is_tracked = steps_.attempt(tracking(), [&] {
    const StageTimer timer(flow_.stats, Stage::kTrack);
    tracked = session_->track(image, work.times);
  });
  if (!is_tracked) return coast(std::move(work));
  steps_.frame_went_well();
  has_tracked_ = true;
  count_objects(tracked.result.objects.size());
  return attach(std::move(work.item.frame), tracked, work.times.running_ns);
}

void TrackWorker::count_objects(size_t objects) {
  flow_.stats.set_objects(objects);
  flow_.stats.set_bank(session_->bank_occupancy());
}

BufferPtr TrackWorker::coast(Work work) {
  flow_.stats.count_coasted();
  const auto tracked = coasted(work);
  if (!tracked) return std::move(work.item.frame);
  return attach(std::move(work.item.frame), *tracked, work.times.running_ns);
}

// None if there is not even the memory for that.
std::optional<TrackedFrame> TrackWorker::coasted(const Work &work) {
  std::optional<TrackedFrame> tracked;
  const auto look = [&](const ImageView &picture) {
    tracked = session_->coast(picture, work.times);
  };
  steps_.attempt({}, [&] {
    if (needs_pictures_)
      encoder_.show(work.item.frame.get(), look);
    else
      look({nullptr, frame_size().width, frame_size().height, 0});
  });
  return tracked;
}

}  // namespace sam2
