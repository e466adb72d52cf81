/**
 * SECTION:element-sam2track
 * @title: sam2track
 *
 * Segments and tracks objects in a video with SAM 2. Frames pass through
 * unchanged, in the same memory; each gets metadata with the objects' boxes,
 * ids, scores and masks (#GstAnalyticsRelationMeta), for sam2overlay,
 * sam2jsonenc and every other reader of that metadata.
 *
 * Which objects, says #GstSam2Track:prompt: clauses with an object id, and a
 * box, points or a PNG mask, separated by semicolons. `@2.5s` before a clause
 * means stream time: the clause is for the first frame shown at that time or
 * later; without it, for the first frame. Until the first prompt is due, frames
 * pass without metadata and the model does not run.
 *
 * The model is loaded on the way from READY to PAUSED, with a progress message
 * "load-model". Without #GstSam2Track:model-file it is the one that comes
 * with the plugin.
 *
 * Frames wait in a queue of #GstSam2Track:frame-buffer-size and are tracked on
 * a thread of the element's own, so that decoding goes on meanwhile. When the
 * queue is full, #GstSam2Track:drop-policy says what happens; frames that would
 * come too late downstream are dropped before they are tracked
 * (#GstSam2Track:qos). The latency that the element answers is measured.
 * #GstSam2Track:stats tells how many frames went in, came out and were dropped,
 * and how long the parts of the work take; with #GstSam2Track:stats-interval
 * the same comes as an element message "sam2-stats".
 *
 * A flushing seek forgets all objects and takes the prompts up again, from the
 * first frame after the seek on. Everything else, such as new caps, a
 * discontinuity, a gap or a segment without flush, keeps them; coordinates
 * follow the new frame size.
 *
 * #GstSam2Track:memory-policy says which frames are remembered. `samurai`
 * remembers those with good masks, and follows each object's motion to choose
 * between masks; good for fast objects, look-alikes and occlusions. The
 * properties from #GstSam2Track:memory-iou-threshold to
 * #GstSam2Track:min-obj-score are its own; it reads scores back from the device
 * for each object and frame, as does `distractor`, which remembers every fifth
 * frame and those on which something looked like the object.
 *
 * Masks are the model's logits above #GstSam2Track:mask-threshold, cleaned of
 * holes and specks up to #GstSam2Track:fill-hole-area pixels of the frame. That
 * and #GstSam2Track:non-overlap-masks change what is attached to the buffers,
 * not what the tracker remembers. They are read when the element starts.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=30 pattern=ball \
 *   ! video/x-raw,width=320,height=240 \
 *   ! sam2track model-file=sam2.1_hiera_tiny.pt prompt="1:points=160,120,+" \
 *   ! sam2overlay ! videoconvert ! autovideosink
 * ]|
 * Tracks the ball and shows it.
 * |[
 * gst-launch-1.0 filesrc location=in.mp4 ! decodebin ! videoconvert \
 *   ! sam2track model-file=sam2.1_hiera_tiny.pt \
 *     prompt="1:box=320,120,200,160; @2.5s 2:points=50%,50%,+" \
 *   ! sam2jsonenc ! filesink location=objects.ndjson
 * ]|
 * Writes one line per frame with boxes and masks of two objects.
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=30 pattern=ball \
 *   ! video/x-raw,width=320,height=240 \
 *   ! sam2track model-file=sam2.1_hiera_tiny.pt memory-policy=samurai \
 *     stable-frames-threshold=5 prompt="1:points=160,120,+" ! fakesink
 * ]|
 * Remembers good frames only, and trusts the motion after 5 of them.
 */
#include "sam2track.h"

#include <gst/video/video.h>

#include <memory>
#include <string>
#include <utility>

#include "boundary.h"
#include "engine_library.h"
#include "gst_ptr.h"
#include "io/bundled_model.h"
#include "io/prompt_text.h"
#include "track_properties.h"
#include "track_worker.h"

GST_DEBUG_CATEGORY(sam2track_debug);
#define GST_CAT_DEFAULT sam2track_debug

namespace {

struct State {
  State(GstElement *element, GstPad *sink, GstPad *source)
      : worker(element, sink, source, flow) {}

  sam2::TrackSettings settings;  // guarded by the object lock
  // From NULL to READY on; the library stays open for good.
  const sam2::EngineApi *api = nullptr;
  sam2::TrackFlow flow;
  sam2::TrackWorker worker;
};

}  // namespace

struct GstSam2Track {
  GstElement parent;
  GstPad *sink;    // the element's
  GstPad *source;  // the element's; its task is the tracking thread
  State *state;
};
struct GstSam2TrackClass {
  GstElementClass parent_class;
};

static GType gst_sam2_track_get_type(void);
G_DEFINE_TYPE(GstSam2Track, gst_sam2_track, GST_TYPE_ELEMENT)
GST_ELEMENT_REGISTER_DEFINE(sam2track, "sam2track", GST_RANK_NONE,
                            gst_sam2_track_get_type())

namespace {

GstSam2Track *as_track(gpointer object) {
  return reinterpret_cast<GstSam2Track *>(object);
}

void post_progress(GstElement *element, GstProgressType type,
                   const std::string &text) {
  gst_element_post_message(
      element, gst_message_new_progress(GST_OBJECT(element), type, "load-model",
                                        text.c_str()));
}

void warn_if_slow(GstElement *element, const sam2::EngineApi &api) {
  const std::string warning = api.slow_matmul_warning();
  if (!warning.empty())
    GST_ELEMENT_WARNING(element, LIBRARY, SETTINGS, ("%s", warning.c_str()),
                        (nullptr));
}

std::shared_ptr<const sam2::Engine> load_model(
    GstElement *element, const sam2::EngineApi &api,
    const sam2::ModelSettings &settings) {
  post_progress(element, GST_PROGRESS_TYPE_START,
                "Loading " + settings.model_file);
  try {
    auto engine = api.open(settings);
    const sam2::ModelInfo info = engine->info();
    post_progress(element, GST_PROGRESS_TYPE_COMPLETE,
                  "Loaded " + info.variant + " on " + info.device + " in " +
                      info.precision);
    return engine;
  } catch (...) {
    post_progress(element, GST_PROGRESS_TYPE_ERROR,
                  "Could not load " + settings.model_file);
    throw;
  }
}

sam2::TrackSettings settings_at_start(GstSam2Track *self) {
  const sam2::ObjectLock lock(self);
  self->state->flow.commands.clear();  // the text of the prompt is in here
  sam2::TrackSettings settings = self->state->settings;
  if (settings.model.model_file.empty())
    settings.model.model_file = sam2::bundled_model();
  return settings;
}

bool start(GstSam2Track *self) {
  GstElement *element = GST_ELEMENT(self);
  return sam2::guarded(element, false, [&] {
    State &state = *self->state;
    const sam2::TrackSettings settings = settings_at_start(self);
    sam2::parse_prompt_text(settings.prompt);  // a mistake costs no loading
    auto engine = load_model(element, *state.api, settings.model);
    warn_if_slow(element, *state.api);
    state.worker.start(std::move(engine), settings);
    return true;
  });
}

bool open_library(GstSam2Track *self) {
  return sam2::guarded(GST_ELEMENT(self), false, [&] {
    self->state->api = &sam2::engine_api();
    return true;
  });
}

// Nobody upstream may be left who would learn of it, because all has been sent.
void end_of_flow(GstSam2Track *self, GstFlowReturn flow) {
  // In this order: whoever sees the queue closed may start the task again.
  gst_pad_pause_task(self->source);
  self->state->flow.queue.close(flow);
  if (flow == GST_FLOW_FLUSHING) return;
  GST_INFO_OBJECT(self, "flow ends: %s", gst_flow_get_name(flow));
  const bool is_eos = GST_PAD_IS_EOS(self->sink);
  const bool is_failure = flow < GST_FLOW_EOS;
  if (is_eos && (is_failure || flow == GST_FLOW_NOT_LINKED))
    GST_ELEMENT_FLOW_ERROR(self, flow);
  // After a new link frames may go on.
  if (is_failure) gst_pad_push_event(self->source, gst_event_new_eos());
}

void track_task(gpointer data) {
  GstSam2Track *self = as_track(data);
  const GstFlowReturn flow =
      sam2::guarded(GST_ELEMENT(self), GST_FLOW_ERROR,
                    [&] { return self->state->worker.turn(); });
  if (flow != GST_FLOW_OK) end_of_flow(self, flow);
}

gboolean start_task(GstSam2Track *self) {
  self->state->flow.queue.open();
  return gst_pad_start_task(self->source, track_task, self, nullptr);
}

// After the queue was closed; events may have been lost.
gboolean go_on(GstSam2Track *self) {
  GST_PAD_STREAM_LOCK(self->source);
  const bool is_ready = sam2::guarded(GST_ELEMENT(self), false, [&] {
    self->state->worker.catch_up();
    return true;
  });
  GST_PAD_STREAM_UNLOCK(self->source);
  return is_ready && start_task(self);
}

gboolean activate_source(GstPad *pad, GstObject *parent, GstPadMode mode,
                         gboolean is_active) {
  if (mode != GST_PAD_MODE_PUSH) return FALSE;
  GstSam2Track *self = as_track(parent);
  if (is_active) return start_task(self);
  self->state->flow.queue.close(GST_FLOW_FLUSHING);
  return gst_pad_stop_task(pad);
}

gboolean activate_sink(GstPad *, GstObject *parent, GstPadMode mode,
                       gboolean is_active) {
  if (mode != GST_PAD_MODE_PUSH) return FALSE;
  if (!is_active) as_track(parent)->state->flow.queue.close(GST_FLOW_FLUSHING);
  return TRUE;
}

GstFlowReturn chain(GstPad *, GstObject *parent, GstBuffer *buffer) {
  sam2::BufferPtr frame(buffer);
  return sam2::guarded(GST_ELEMENT(parent), GST_FLOW_ERROR, [&] {
    sam2::TrackFlow &flow = as_track(parent)->state->flow;
    flow.stats.count_in();
    sam2::BufferPtr dropped;
    const GstFlowReturn result =
        flow.queue.push_frame(std::move(frame), dropped);
    if (dropped) flow.stats.count_dropped();
    return result;
  });
}

gboolean flush(GstSam2Track *self, sam2::EventPtr event) {
  State &state = *self->state;
  const bool is_start = GST_EVENT_TYPE(event.get()) == GST_EVENT_FLUSH_START;
  const gboolean is_sent = gst_pad_push_event(self->source, event.release());
  if (is_start) {
    state.flow.queue.close(GST_FLOW_FLUSHING);
    gst_pad_pause_task(self->source);
    return is_sent;
  }
  state.worker.reset();
  return go_on(self) && is_sent;
}

gboolean sink_event(GstPad *pad, GstObject *parent, GstEvent *raw_event) {
  sam2::EventPtr event(raw_event);
  return sam2::guarded(GST_ELEMENT(parent), gboolean{FALSE}, [&]() -> gboolean {
    GstSam2Track *self = as_track(parent);
    const GstEventType type = GST_EVENT_TYPE(event.get());
    if (type == GST_EVENT_FLUSH_START || type == GST_EVENT_FLUSH_STOP)
      return flush(self, std::move(event));
    if (!GST_EVENT_IS_SERIALIZED(event.get()))
      return gst_pad_event_default(pad, parent, event.release());
    // What sticks goes on when the flow does.
    const bool is_kept =
        GST_EVENT_IS_STICKY(event.get()) && type != GST_EVENT_EOS;
    const GstFlowReturn flow =
        self->state->flow.queue.push_event(std::move(event));
    return flow == GST_FLOW_OK || (is_kept && flow != GST_FLOW_FLUSHING);
  });
}

gboolean source_event(GstPad *pad, GstObject *parent, GstEvent *event) {
  GstSam2Track *self = as_track(parent);
  sam2::TrackFlow &flow = self->state->flow;
  if (GST_EVENT_TYPE(event) == GST_EVENT_QOS)
    flow.gate.update(event, flow.frame_ns);
  // Somebody may have been linked behind.
  if (GST_EVENT_TYPE(event) == GST_EVENT_RECONFIGURE &&
      flow.queue.flow() == GST_FLOW_NOT_LINKED)
    go_on(self);
  return gst_pad_event_default(pad, parent, event);
}

sam2::FlowSettings flow_settings(GstSam2Track *self) {
  const sam2::ObjectLock lock(self);
  return self->state->settings.flow;
}

gboolean sink_query(GstPad *pad, GstObject *parent, GstQuery *query) {
  if (!GST_QUERY_IS_SERIALIZED(query))
    return gst_pad_query_default(pad, parent, query);
  return sam2::guarded(GST_ELEMENT(parent), gboolean{FALSE}, [&] {
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
  const sam2::TrackFlow &flow = self->state->flow;
  const sam2::FlowSettings settings = flow_settings(self);
  const GstClockTime own_ns =
      flow.latency.latency_ns() + sam2::batch_wait_ns(settings, flow.frame_ns);
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

GstStateChangeReturn change_state(GstElement *element,
                                  GstStateChange transition) {
  GstSam2Track *self = as_track(element);
  if (transition == GST_STATE_CHANGE_NULL_TO_READY && !open_library(self))
    return GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start(self))
    return GST_STATE_CHANGE_FAILURE;
  const GstStateChangeReturn result =
      GST_ELEMENT_CLASS(gst_sam2_track_parent_class)
          ->change_state(element, transition);
  const bool has_failed = transition == GST_STATE_CHANGE_READY_TO_PAUSED &&
                          result == GST_STATE_CHANGE_FAILURE;
  if (has_failed || transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    self->state->worker.stop();
  return result;
}

void set_property(GObject *object, guint id, const GValue *value,
                  GParamSpec *) {
  sam2::guarded(GST_ELEMENT(object), 0, [&] {
    const sam2::ObjectLock lock(object);
    State &state = *as_track(object)->state;
    if (!sam2::set_track_property(state.settings, id, value)) return 0;
    state.flow.commands.post(
        [text = state.settings.prompt](sam2::TrackSession &session) {
          session.set_prompts(sam2::parse_prompt_text(text));
        });
    return 0;
  });
}

void get_property(GObject *object, guint id, GValue *value, GParamSpec *) {
  sam2::guarded(GST_ELEMENT(object), 0, [&] {
    const sam2::ObjectLock lock(object);
    const State &state = *as_track(object)->state;
    if (id == sam2::kStatsProperty)
      g_value_take_boxed(
          value,
          state.flow.stats.structure(state.flow.queue.level()).release());
    else
      sam2::get_track_property(state.settings, id, value);
    return 0;
  });
}

void finalize(GObject *object) {
  delete as_track(object)->state;
  G_OBJECT_CLASS(gst_sam2_track_parent_class)->finalize(object);
}

void add_pad_template(GstElementClass *element_class, const char *name,
                      GstPadDirection direction) {
  const sam2::CapsPtr caps(
      gst_caps_from_string(GST_VIDEO_CAPS_MAKE(GST_VIDEO_FORMATS_ALL)));
  gst_element_class_add_pad_template(
      element_class,
      gst_pad_template_new(name, direction, GST_PAD_ALWAYS, caps.get()));
}

GstPad *new_pad(GstSam2Track *self, const char *name) {
  GstPadTemplate *pad_template =
      gst_element_class_get_pad_template(GST_ELEMENT_GET_CLASS(self), name);
  GstPad *pad = gst_pad_new_from_template(pad_template, name);
  GST_PAD_SET_PROXY_CAPS(pad);
  gst_element_add_pad(GST_ELEMENT(self), pad);
  return pad;
}

}  // namespace

static void gst_sam2_track_class_init(GstSam2TrackClass *klass) {
  GST_DEBUG_CATEGORY_INIT(sam2track_debug, "sam2track", 0, "SAM 2 tracker");
  auto *object_class = G_OBJECT_CLASS(klass);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  sam2::install_track_properties(object_class);

  auto *element_class = GST_ELEMENT_CLASS(klass);
  element_class->change_state = change_state;
  gst_element_class_set_static_metadata(
      element_class, "SAM 2 tracker", "Analyzer/Video",
      "Segments and tracks objects in a video and adds them as metadata",
      "The gst-sam2 authors");
  add_pad_template(element_class, "sink", GST_PAD_SINK);
  add_pad_template(element_class, "src", GST_PAD_SRC);
}

static void gst_sam2_track_init(GstSam2Track *self) {
  self->sink = new_pad(self, "sink");
  gst_pad_set_chain_function(self->sink, chain);
  gst_pad_set_event_function(self->sink, sink_event);
  gst_pad_set_query_function(self->sink, sink_query);
  gst_pad_set_activatemode_function(self->sink, activate_sink);
  self->source = new_pad(self, "src");
  gst_pad_set_event_function(self->source, source_event);
  gst_pad_set_query_function(self->source, source_query);
  gst_pad_set_activatemode_function(self->source, activate_source);
  self->state = new State(GST_ELEMENT(self), self->sink, self->source);
}
