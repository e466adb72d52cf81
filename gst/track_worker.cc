#include "track_worker.h"

#include <algorithm>
#include <string>
#include <utility>

#include "analytics_meta.h"
#include "element_parts.h"
#include "engine_library.h"
#include "model_loading.h"
#include "prompt_event.h"
#include "track_signals.h"

GST_DEBUG_CATEGORY_EXTERN(sam2track_debug);
#define GST_CAT_DEFAULT sam2track_debug

namespace sam2 {
namespace {

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
                effort.num_maskmem, effort.spills_bank},
               session_->can_spill_bank(),
               [this](const MemoryAllowance &allowance) { allow(allowance); });
  tell_where_memories_are(engine->info().device);
  warn_if_unlimited(element_, *engine);
  engine_ = std::move(engine);
}

void TrackWorker::tell_where_memories_are(const std::string &device) {
  if (demand_.tracker.offload_state != OffloadState::kAlways ||
      session_->can_spill_bank())
    return;
  GST_ELEMENT_INFO(element_, RESOURCE, SETTINGS,
                   ("offload-state=always changes nothing with device %s: the "
                    "objects' memories are in host memory already.",
                    device.c_str()),
                   (nullptr));
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
  const MemoryPlan plan = prepare_memory(element_, *engine_, demand_);
  most_batch_ = static_cast<unsigned>(plan.batch_size);
  demand_.tracker.objects_per_pass = plan.objects_per_pass;
  allow(steps_.allowance());
}

// What the steps and the plan allow, whichever is less.
void TrackWorker::allow(const MemoryAllowance &allowance) {
  const int planned = demand_.tracker.objects_per_pass;  // 0 = not said
  const int objects = planned > 0
                          ? std::min(allowance.objects_per_pass, planned)
                          : allowance.objects_per_pass;
  session_->set_effort({objects, allowance.num_maskmem, allowance.spills_bank});
}

bool TrackWorker::answer(GstQuery *query) {
  if (!gst_pad_peer_query(source_, query)) return false;
  if (GST_QUERY_TYPE(query) == GST_QUERY_ALLOCATION) {
    ask_for_more_buffers(query, settings_.frame_buffer_size);
    refuse_cropping(query);
  }
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
  times.is_backwards = segment_.rate < 0;
  const GstClockTime pts_ns = GST_BUFFER_PTS(frame);
  if (segment_.format != GST_FORMAT_TIME || !GST_CLOCK_TIME_IS_VALID(pts_ns))
    return times;
  times.stream_ns =
      gst_segment_to_stream_time(&segment_, GST_FORMAT_TIME, pts_ns);
  times.running_ns =
      gst_segment_to_running_time(&segment_, GST_FORMAT_TIME, pts_ns);
  return times;
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
  announce(element_, stats_of(flow_));
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
