#include "track_worker.h"

#include <algorithm>
#include <string>
#include <utility>

#include "analytics_meta.h"
#include "detections.h"
#include "engine_library.h"
#include "model_loading.h"
#include "prompt_event.h"
#include "track_signals.h"

GST_DEBUG_CATEGORY_EXTERN(sam2track_debug);
#define GST_CAT_DEFAULT sam2track_debug

namespace sam2 {
namespace {

constexpr gint kQualityScale = 1000000;  // of QoS messages: full quality

// Downstream's memory may have to hold the frames that wait here too.
void ask_for_more_buffers(GstQuery *query, guint waiting) {
  for (guint i = 0; i < gst_query_get_n_allocation_pools(query); ++i) {
    GstBufferPool *pool = nullptr;
    guint size = 0, least = 0, most = 0;
    gst_query_parse_nth_allocation_pool(query, i, &pool, &size, &least, &most);
    gst_query_set_nth_allocation_pool(query, i, pool, size, least + waiting,
                                      most == 0 ? 0 : most + waiting);
    if (pool) gst_object_unref(pool);
  }
}

GstClockTime frame_duration_ns(const GstVideoInfo &info) {
  if (GST_VIDEO_INFO_FPS_N(&info) <= 0) return 0;
  return gst_util_uint64_scale(GST_SECOND, GST_VIDEO_INFO_FPS_D(&info),
                               GST_VIDEO_INFO_FPS_N(&info));
}

// Stores an event that sticks to the sink pad at the source pad, where the next
// frame takes it along.
gboolean keep(GstPad *, GstEvent **event, gpointer source) {
  if (GST_EVENT_TYPE(*event) != GST_EVENT_EOS)
    gst_pad_store_sticky_event(GST_PAD(source), *event);
  return TRUE;
}

}  // namespace

StructurePtr stats_of(const TrackFlow &flow) {
  StructurePtr structure = flow.stats.structure(flow.queue.level());
  flow.memory.describe(structure.get());
  return structure;
}

TrackWorker::TrackWorker(GstElement *element, GstPad *sink, GstPad *source,
                         TrackFlow &flow, PromptDesk &desk)
    : element_(element),
      sink_(sink),
      source_(source),
      flow_(flow),
      desk_(desk),
      steps_(element, flow.stats) {
  gst_segment_init(&segment_, GST_FORMAT_UNDEFINED);
}

void TrackWorker::start(std::shared_ptr<const Engine> engine,
                        const TrackSettings &settings,
                        std::vector<TimedPrompt> prompts) {
  // The batch, and what masks take, follow from the frames' size.
  demand_ = {settings.tracker, settings.objects.lifecycle.max_objects, 1, {}};
  demand_.tracker.objects_per_pass =
      prepare_memory(element_, *engine, demand_).objects_per_pass;
  auto session = std::make_unique<TrackSession>(
      engine, demand_.tracker, flow_.ids, settings.objects,
      [this](const Error &error) { desk_.refuse(error); });
  session->set_prompts(std::move(prompts));
  model_ = settings.model;
  settings_ = settings.flow;
  attached_ = settings.attached;
  flow_.queue.set_limits({settings_.frame_buffer_size,
                          settings_.drop_policy == DropPolicy::kOldest});
  needs_pictures_ = settings.tracker.camera_motion;
  since_tracked_ = 0;
  session_ = std::move(session);
  use(std::move(engine));
  flow_.stats.reset();
  count_objects(0);
  flow_.latency.reset();
  flow_.gate.reset();
  follows_drop_ = false;
  next_frame_ = 0;
  watch_.reset();
  latest_report_us_ = g_get_monotonic_time();
}

void TrackWorker::use(std::shared_ptr<const Engine> engine) {
  is_cpu_ = engine->info().device == "cpu";
  take_seat(engine);
  has_tracked_ = false;
  flow_.memory.set_engine(engine);
  const TrackerEffort effort = session_->effort();
  steps_.start(engine, settings_.oom_policy,
               {static_cast<int>(largest_batch({})), effort.objects_per_pass,
                effort.num_maskmem, false},
               [this](const MemoryAllowance &allowance) {
                 session_->set_effort(
                     {allowance.objects_per_pass, allowance.num_maskmem});
               });
  engine_ = std::move(engine);
}

// The device has failed. The frame at hand has been coasted, which takes no
// device. A second failure in a row is not tried on the device again.
void TrackWorker::reopen() {
  auto engine = reload_model(element_, engine_api(), model_,
                             *steps_.device_failure(), has_tracked_);
  session_->move_to(engine, frame_size());
  use(std::move(engine));
  encoder_.set_format(*format_);
}

void TrackWorker::take_seat(const std::shared_ptr<const Engine> &engine) {
  const std::string &id = settings_.model_instance_id;
  if (id.empty())
    return encoder_.set_encode(
        [engine](const auto &pictures) { return engine->encode(pictures); });
  flow_.seat.join(encoder_group(id, engine));
  encoder_.set_encode(
      [this](const auto &pictures) { return encode_together(pictures); });
}

void TrackWorker::stop() {
  flow_.commands.clear();
  steps_.stop();
  session_.reset();
  encoder_.set_encode(nullptr);
  flow_.seat.leave();
  flow_.memory.set_engine(nullptr);
  engine_.reset();
  format_.reset();
  is_live_.reset();
  gst_segment_init(&segment_, GST_FORMAT_UNDEFINED);
}

void TrackWorker::reset() {
  gst_segment_init(&segment_, GST_FORMAT_UNDEFINED);
  flow_.gate.reset();
  flow_.commands.forget_times();
  next_frame_ = 0;
  since_tracked_ = 0;
  watch_.reset();
  if (session_) session_->reset();
}

void TrackWorker::catch_up() {
  gst_pad_sticky_events_foreach(sink_, keep, source_);
  const CapsPtr caps(gst_pad_get_current_caps(sink_));
  if (caps) set_format(caps.get());
  const EventPtr segment(gst_pad_get_sticky_event(sink_, GST_EVENT_SEGMENT, 0));
  if (segment) gst_event_copy_segment(segment.get(), &segment_);
}

GstFlowReturn TrackWorker::turn() {
  QueueItem item = flow_.queue.pop();
  if (item.frame) return ended(take_frames(std::move(item)));
  if (item.event) return take_event(std::move(item.event));
  if (item.query) {
    flow_.queue.answer(answer(item.query));
    return GST_FLOW_OK;
  }
  return flow_.queue.flow();
}

// A new stream may follow one that downstream has had enough of.
GstFlowReturn TrackWorker::ended(GstFlowReturn flow) {
  if (flow != GST_FLOW_EOS) return flow;
  flow_.queue.end_stream();
  return GST_FLOW_OK;
}

GstFlowReturn TrackWorker::take_event(EventPtr event) {
  if (is_prompt_event(event.get())) {
    obey_prompt_event(element_, event.get(), desk_);
    return GST_FLOW_OK;
  }
  if (GST_EVENT_TYPE(event.get()) == GST_EVENT_CAPS) {
    GstCaps *caps = nullptr;
    gst_event_parse_caps(event.get(), &caps);
    set_format(caps);
  }
  if (GST_EVENT_TYPE(event.get()) == GST_EVENT_SEGMENT)
    gst_event_copy_segment(event.get(), &segment_);
  gst_pad_push_event(source_, event.release());
  return GST_FLOW_OK;
}

void TrackWorker::set_format(const GstCaps *caps) {
  GstVideoInfo info;
  if (!gst_video_info_from_caps(&info, caps)) return format_.reset();
  encoder_.set_format(info);
  format_ = info;
  flow_.frame_ns = frame_duration_ns(info);
  prepare_for(frame_size());
}

unsigned TrackWorker::largest_batch(SizePx frame_size) const {
  return flow_.seat.is_taken()
             ? shared_batch_size(settings_, frame_size)
             : batch_size(settings_, is_cpu_, false, frame_size);
}

// Throws Error (kNoMemory) for frames that memory has no room for. Smaller ones
// than before need nothing new.
void TrackWorker::prepare_for(SizePx frame_size) {
  const auto pixels = [](SizePx size) {
    return int64_t{1} * size.width * size.height;
  };
  if (!engine_ || pixels(frame_size) <= pixels(demand_.frame_size)) return;
  demand_.frame_size = frame_size;
  demand_.batch_size = static_cast<int>(largest_batch(frame_size));
  most_batch_ = static_cast<unsigned>(
      prepare_memory(element_, *engine_, demand_).batch_size);
}

bool TrackWorker::answer(GstQuery *query) {
  if (!gst_pad_peer_query(source_, query)) return false;
  if (GST_QUERY_TYPE(query) == GST_QUERY_ALLOCATION)
    ask_for_more_buffers(query, settings_.frame_buffer_size);
  return true;
}

// Whether the pipeline is live decides what happens when frames pile up.
void TrackWorker::look_upstream() {
  if (is_live_) return;
  const QueryPtr query(gst_query_new_latency());
  gboolean is_live = FALSE;
  if (gst_pad_peer_query(sink_, query.get()))
    gst_query_parse_latency(query.get(), &is_live, nullptr, nullptr);
  is_live_ = is_live;
  const bool drops = settings_.drop_policy == DropPolicy::kOldest ||
                     (settings_.drop_policy == DropPolicy::kAuto && *is_live_);
  flow_.queue.set_limits({settings_.frame_buffer_size, drops});
}

FrameTimes TrackWorker::frame_times(const GstBuffer *frame) const {
  FrameTimes times;
  const GstClockTime pts_ns = GST_BUFFER_PTS(frame);
  if (segment_.format != GST_FORMAT_TIME || !GST_CLOCK_TIME_IS_VALID(pts_ns))
    return times;
  times.stream_ns =
      gst_segment_to_stream_time(&segment_, GST_FORMAT_TIME, pts_ns);
  times.running_ns =
      gst_segment_to_running_time(&segment_, GST_FORMAT_TIME, pts_ns);
  return times;
}

GstFlowReturn TrackWorker::take_frames(QueueItem first) {
  if (!format_) return GST_FLOW_NOT_NEGOTIATED;
  look_upstream();
  std::vector<Work> frames = gather(std::move(first));
  if (flow_.queue.flow() != GST_FLOW_OK) return flow_.queue.flow();
  // A prompt that comes from now on is too late for these frames.
  flow_.commands.run(*session_,
                     frame_times(frames.back().item.frame.get()).stream_ns);
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

BufferPtr TrackWorker::attach(BufferPtr frame, const TrackedFrame &tracked,
                              GstClockTime running_ns) {
  announce_changes(tracked.result, running_ns);
  const StageTimer timer(flow_.stats, Stage::kAttach);
  frame.reset(gst_buffer_make_writable(frame.release()));
  attach_result(frame.get(), tracked.result, tracked.times, attached_);
  GST_LOG_OBJECT(element_, "%zu objects on frame %" G_GINT64_FORMAT,
                 tracked.result.objects.size(), tracked.result.frame_index);
  return frame;
}

void TrackWorker::announce_changes(const FrameResult &result,
                                   GstClockTime running_ns) {
  for (const ObjectChange &change : watch_.update(result))
    announce(element_, change, running_ns);
}

void TrackWorker::measured(GstClockTime busy_ns) {
  if (flow_.latency.add(busy_ns) && *is_live_)
    gst_element_post_message(element_,
                             gst_message_new_latency(GST_OBJECT(element_)));
}

void TrackWorker::report_stats() {
  if (settings_.stats_interval_ns == 0) return;
  const gint64 now_us = g_get_monotonic_time();
  const auto passed_us = static_cast<guint64>(now_us - latest_report_us_);
  if (passed_us * GST_USECOND < settings_.stats_interval_ns) return;
  latest_report_us_ = now_us;
  gst_element_post_message(
      element_,
      gst_message_new_element(GST_OBJECT(element_), stats_of(flow_).release()));
}

GstFlowReturn TrackWorker::push(BufferPtr frame) {
  if (std::exchange(follows_drop_, false)) {
    frame.reset(gst_buffer_make_writable(frame.release()));
    GST_BUFFER_FLAG_SET(frame.get(), GST_BUFFER_FLAG_DISCONT);
  }
  GstFlowReturn result = GST_FLOW_OK;
  {
    const StageTimer timer(flow_.stats, Stage::kPush);
    gst_pad_check_reconfigure(source_);  // whoever came before this frame
    result = gst_pad_push(source_, frame.release());
  }
  // The frame came too early for who has been linked meanwhile.
  if (result == GST_FLOW_NOT_LINKED && gst_pad_check_reconfigure(source_))
    return GST_FLOW_OK;
  if (result == GST_FLOW_OK) flow_.stats.count_out();
  flow_.memory.look(element_);
  report_stats();
  return result;
}

}  // namespace sam2
