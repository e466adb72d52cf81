#include "track_pads.h"

#include <gst/video/video.h>

#include <optional>
#include <thread>
#include <utility>

#include "boundary.h"
#include "element_parts.h"
#include "gst_ptr.h"
#include "prompt_event.h"

GST_DEBUG_CATEGORY_EXTERN(sam2track_debug);
#define GST_CAT_DEFAULT sam2track_debug

namespace sam2 {
namespace {

gboolean go_on(GstSam2Track *self,
               std::optional<GstFlowReturn> reason = std::nullopt);

// Upstream has sent everything, so no answer to a frame will tell it.
void tell_untold_end(GstSam2Track *self, GstFlowReturn flow) {
  const bool is_error = flow == GST_FLOW_NOT_LINKED || flow < GST_FLOW_EOS;
  if (is_error && self->state->flow.queue.take_untold_end())
    GST_ELEMENT_FLOW_ERROR(self, flow);
}

// `is_told`: a message says why.
void end_of_flow(GstSam2Track *self, GstFlowReturn flow, bool is_told) {
  gst_pad_pause_task(self->source);
  self->state->flow.queue.close(flow, is_told);
  if (flow == GST_FLOW_FLUSHING) return;
  GST_INFO_OBJECT(self, "flow ends: %s", gst_flow_get_name(flow));
  tell_untold_end(self, flow);
  if (flow < GST_FLOW_EOS)
    gst_pad_push_event(self->source, gst_event_new_eos());
  // After a new link frames may go on. One that was made before the queue was
  // closed, source_event() has not noticed.
  if (flow == GST_FLOW_NOT_LINKED && gst_pad_check_reconfigure(self->source))
    go_on(self, flow);
}

void track_task(gpointer data) {
  GstSam2Track *self = as_track(data);
  using Flow = std::optional<GstFlowReturn>;
  const Flow flow = guarded(GST_ELEMENT(self), Flow(), [&]() -> Flow {
    return self->state->worker.turn();
  });
  if (flow != GST_FLOW_OK)
    end_of_flow(self, flow.value_or(GST_FLOW_ERROR), !flow);
}

gboolean start_task(GstSam2Track *self) {
  return gst_pad_start_task(self->source, track_task, self, nullptr);
}

// What the tracking thread holds while it works.
class StreamLock {
 public:
  explicit StreamLock(GstPad *pad) : pad_(pad) { GST_PAD_STREAM_LOCK(pad_); }
  // Gives up when `is_futile` says so.
  template <typename IsFutile>
  StreamLock(GstPad *pad, IsFutile is_futile) : pad_(pad) {
    while (!(is_held_ = GST_PAD_STREAM_TRYLOCK(pad_)) && !is_futile())
      std::this_thread::yield();
  }
  ~StreamLock() {
    if (is_held_) GST_PAD_STREAM_UNLOCK(pad_);
  }
  StreamLock(const StreamLock &) = delete;
  StreamLock &operator=(const StreamLock &) = delete;

  bool is_held() const { return is_held_; }

 private:
  GstPad *pad_;
  bool is_held_ = true;
};

// After the queue was closed (and is not shut) for this reason, or any; events
// may have been lost. All of it is done before others may rest the task. If the
// task goes on by itself meanwhile, it holds its lock for as long as it works.
gboolean go_on(GstSam2Track *self, std::optional<GstFlowReturn> reason) {
  FrameQueue &queue = self->state->flow.queue;
  const StreamLock lock(self->source,
                        [&] { return reason && queue.flow() != *reason; });
  if (!lock.is_held() || !queue.reopen(reason)) return FALSE;
  const bool is_ready = guarded(GST_ELEMENT(self), false, [&] {
    self->state->worker.catch_up();
    return true;
  });
  if (!is_ready) queue.close(GST_FLOW_ERROR, true);
  return is_ready && start_task(self);
}

// The queue is closed; somebody may just be starting the task again, though.
void rest_task(GstSam2Track *self) {
  {
    const StreamLock lock(self->source);
  }
  gst_pad_pause_task(self->source);
}

gboolean activate_source(GstPad *pad, GstObject *parent, GstPadMode mode,
                         gboolean is_active) {
  if (mode != GST_PAD_MODE_PUSH) return FALSE;
  GstSam2Track *self = as_track(parent);
  if (is_active) {
    self->state->flow.queue.open();
    return start_task(self);
  }
  self->state->flow.shut();
  rest_task(self);
  return gst_pad_stop_task(pad);
}

gboolean activate_sink(GstPad *, GstObject *parent, GstPadMode mode,
                       gboolean is_active) {
  if (mode != GST_PAD_MODE_PUSH) return FALSE;
  if (!is_active) as_track(parent)->state->flow.close(GST_FLOW_FLUSHING);
  return TRUE;
}

GstFlowReturn chain(GstPad *, GstObject *parent, GstBuffer *buffer) {
  BufferPtr frame(buffer);
  return guarded(GST_ELEMENT(parent), GST_FLOW_ERROR, [&] {
    TrackFlow &flow = as_track(parent)->state->flow;
    flow.stats.count_in();
    BufferPtr dropped;
    const GstFlowReturn result =
        flow.queue.push_frame(std::move(frame), dropped);
    if (dropped) flow.stats.count_dropped();
    return result;
  });
}

gboolean flush(GstSam2Track *self, EventPtr event) {
  TrackElementState &state = *self->state;
  const bool is_start = GST_EVENT_TYPE(event.get()) == GST_EVENT_FLUSH_START;
  const gboolean is_sent = gst_pad_push_event(self->source, event.release());
  // Again when it ends: the element may have started anew meanwhile.
  state.flow.close(GST_FLOW_FLUSHING);
  rest_task(self);
  if (is_start) return is_sent;
  state.worker.reset();
  state.clicks.restart();
  return go_on(self) && is_sent;
}

GstFlowReturn queue_event(GstSam2Track *self, EventPtr event) {
  const bool is_end = GST_EVENT_TYPE(event.get()) == GST_EVENT_EOS;
  // What sticks goes on when the flow does.
  const bool is_kept = GST_EVENT_IS_STICKY(event.get()) && !is_end;
  const GstFlowReturn flow =
      self->state->flow.queue.push_event(std::move(event));
  if (is_end) tell_untold_end(self, flow);
  return is_kept && flow != GST_FLOW_FLUSHING ? GST_FLOW_OK : flow;
}

bool take_unqueued(GstSam2Track *self, EventPtr event) {
  if (!is_prompt_event(event.get()))
    return gst_pad_event_default(self->sink, GST_OBJECT(self), event.release());
  return obey_prompt_event(GST_ELEMENT(self), event.get(), self->state->desk);
}

GstFlowReturn sink_event(GstPad *, GstObject *parent, GstEvent *raw_event) {
  EventPtr event(raw_event);
  return guarded(GST_ELEMENT(parent), GST_FLOW_ERROR, [&] {
    GstSam2Track *self = as_track(parent);
    const GstEventType type = GST_EVENT_TYPE(event.get());
    const bool is_flush =
        type == GST_EVENT_FLUSH_START || type == GST_EVENT_FLUSH_STOP;
    if (!is_flush && GST_EVENT_IS_SERIALIZED(event.get()))
      return queue_event(self, std::move(event));
    const bool is_taken = is_flush ? flush(self, std::move(event))
                                   : take_unqueued(self, std::move(event));
    return is_taken ? GST_FLOW_OK : GST_FLOW_ERROR;
  });
}

bool takes_navigation(GstSam2Track *self) {
  const ObjectLock lock(self);
  return self->state->settings.takes_navigation;
}

// Whether the event was a prompt, which nobody else should take as well.
bool take_prompt(GstSam2Track *self, GstEvent *event) {
  GstElement *element = GST_ELEMENT(self);
  if (is_prompt_event(event)) {
    obey_prompt_event(element, event, self->state->desk);
    return true;
  }
  if (GST_EVENT_TYPE(event) != GST_EVENT_NAVIGATION || !takes_navigation(self))
    return false;
  return warned(element, true,
                [&] { return self->state->clicks.take(event, self->source); });
}

gboolean source_event(GstPad *pad, GstObject *parent, GstEvent *raw_event) {
  GstSam2Track *self = as_track(parent);
  EventPtr event(raw_event);
  if (take_prompt(self, raw_event)) return TRUE;
  TrackFlow &flow = self->state->flow;
  const GstEventType type = GST_EVENT_TYPE(raw_event);
  if (type == GST_EVENT_QOS) flow.gate.update(raw_event, flow.frame_ns);
  // Somebody may have been linked behind.
  if (type == GST_EVENT_RECONFIGURE && flow.queue.flow() == GST_FLOW_NOT_LINKED)
    go_on(self, GST_FLOW_NOT_LINKED);
  return gst_pad_event_default(pad, parent, event.release());
}

FlowSettings flow_settings(GstSam2Track *self) {
  const ObjectLock lock(self);
  return self->state->settings.flow;
}

gboolean sink_query(GstPad *pad, GstObject *parent, GstQuery *query) {
  if (!GST_QUERY_IS_SERIALIZED(query))
    return gst_pad_query_default(pad, parent, query);
  return guarded(GST_ELEMENT(parent), gboolean{FALSE}, [&] {
    return gboolean{as_track(parent)->state->flow.queue.run_query(query)};
  });
}

// A frame takes as long as measured, waits for its batch, and up to
// frame-buffer-size of them wait for the tracker.
gboolean answer_latency(GstSam2Track *self, GstQuery *query) {
  if (!gst_pad_peer_query(self->sink, query)) return FALSE;
  gboolean is_live = FALSE;
  GstClockTime least_ns = 0, most_ns = 0;
  gst_query_parse_latency(query, &is_live, &least_ns, &most_ns);
  const TrackFlow &flow = self->state->flow;
  const FlowSettings settings = flow_settings(self);
  const GstClockTime own_ns =
      flow.latency.latency_ns() + batch_wait_ns(settings, flow.frame_ns);
  least_ns += own_ns;
  if (GST_CLOCK_TIME_IS_VALID(most_ns))
    most_ns += own_ns + flow.frame_ns * settings.frame_buffer_size;
  gst_query_set_latency(query, is_live, least_ns, most_ns);
  return TRUE;
}

gboolean source_query(GstPad *pad, GstObject *parent, GstQuery *query) {
  if (GST_QUERY_TYPE(query) == GST_QUERY_LATENCY)
    return answer_latency(as_track(parent), query);
  return gst_pad_query_default(pad, parent, query);
}

GstPad *new_pad(GstSam2Track *self, const char *name) {
  GstPadTemplate *pad_template =
      gst_element_class_get_pad_template(GST_ELEMENT_GET_CLASS(self), name);
  GstPad *pad = gst_pad_new_from_template(pad_template, name);
  GST_PAD_SET_PROXY_CAPS(pad);
  GST_PAD_SET_ACCEPT_INTERSECT(pad);  // caps may lack a frame rate
  gst_element_add_pad(GST_ELEMENT(self), pad);
  return pad;
}

}  // namespace

void add_track_pad_templates(GstElementClass *element_class) {
  for (const GstPadDirection direction : {GST_PAD_SINK, GST_PAD_SRC})
    add_frames_template(element_class, direction,
                        GST_VIDEO_CAPS_MAKE(GST_VIDEO_FORMATS_ALL));
}

void add_track_pads(GstSam2Track *self) {
  self->sink = new_pad(self, "sink");
  gst_pad_set_chain_function(self->sink, chain);
  gst_pad_set_event_full_function(self->sink, sink_event);
  gst_pad_set_query_function(self->sink, sink_query);
  gst_pad_set_activatemode_function(self->sink, activate_sink);
  self->source = new_pad(self, "src");
  gst_pad_set_event_function(self->source, source_event);
  gst_pad_set_query_function(self->source, source_query);
  gst_pad_set_activatemode_function(self->source, activate_source);
}

}  // namespace sam2
