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
 * #GstSam2Track:prompt-file takes prompts from a file: lines as sam2jsonenc
 * writes them, a PNG label map whose objects are on the first frame, or a CSV
 * of DeepLabCut.
 *
 * Prompts also come by the action signals #GstSam2Track::add-points,
 * #GstSam2Track::add-box and #GstSam2Track::add-mask, by the mouse in a video
 * sink's window (#GstSam2Track:navigation), and by custom events "sam2-prompt":
 * from downstream, out of band, or serialized from upstream for exactly the
 * frame behind them. The fields of the event are `object-id` (-1 = new),
 * `label`, `box`, `points`, `labels` (1 = on the object, 0 = not), `mask` (a
 * #GstSample), `stream-time`, `remove`, or `text` alone, as in the property:
 * `sam2-prompt, object-id=1, points=<160,120,200,80>, labels=<1,0>`. Events
 * that are prompts go no further. #GstSam2Track::object-lost and
 * #GstSam2Track::object-found, or the element messages "sam2-object-lost" and
 * "sam2-object-found", tell what becomes of the objects.
 *
 * What a detector upstream finds is tracked too: #GstAnalyticsODMtd (with a
 * related #GstAnalyticsTrackingMtd, whose id tells objects apart that come
 * back) and #GstVideoRegionOfInterestMeta on the buffers.
 * #GstSam2Track:prompt-mode says on which frames, #GstSam2Track:object-class
 * and #GstSam2Track:min-confidence which of them. They stay on the buffer,
 * beside the results; what is tracked and segmented already, such as by another
 * sam2track, is no detection. A buffer with a #GstAnalyticsRelationMeta and
 * nothing in it says that a detector has found nothing; one without says
 * nothing. A detection becomes an object on its frame, by its box, if it goes
 * with none; one that is not sure is shown after its
 * #GstSam2Track:probation-age only. Detections that go with an object but not
 * with its mask, three times in a row, set it right. A lost object keeps its id
 * for #GstSam2Track:max-lost-age frames. Objects of prompts are left alone, and
 * their ids are not given to others; a prompt for an object of a detection
 * corrects it.
 *
 * Without anybody to point at objects, #GstSam2Track:auto-prompt=center tracks
 * what is in the middle of the first frame, and `everything` what the model
 * finds there with a grid of clicks.
 *
 * The model is loaded on the way from READY to PAUSED, with a progress message
 * "load-model". Without #GstSam2Track:model-file it is the one that comes
 * with the plugin.
 *
 * Elements of one process with the same model, device and precision share its
 * weights. With the same #GstSam2Track:model-instance-id, too, they encode their
 * frames in common batches, which gains on a GPU and little on the CPU: a frame
 * waits for one of each of the others, but no longer than
 * #GstSam2Track:batch-timeout, which for cameras is best the time from frame to
 * frame.
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
 * A flushing seek forgets all objects and takes the prompts of properties up
 * again, from the first frame after the seek on. Everything else, such as new
 * caps, a discontinuity, a gap or a segment without flush, keeps them;
 * coordinates follow the new frame size.
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
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=30 pattern=ball \
 *   ! video/x-raw,width=320,height=240 \
 *   ! sam2track model-file=sam2.1_hiera_tiny.pt \
 *   ! sam2overlay ! videoconvert ! autovideosink
 * ]|
 * Tracks what is clicked on in the window; key n goes on to another object.
 * |[
 * gst-launch-1.0 filesrc location=in.mp4 ! decodebin ! videoconvert \
 *   ! sam2track auto-prompt=everything max-objects=8 \
 *   ! sam2overlay ! videoconvert ! autovideosink
 * ]|
 * Tracks up to eight things, those that the bundled model is surest of.
 * |[
 * gst-launch-1.0 filesrc location=in.mp4 ! decodebin ! videoconvert \
 *   ! onnxinference model-file=ssd_mobilenet_v1_coco.onnx \
 *   ! ssdobjectdetector label-file=COCO_classes.txt \
 *   ! sam2track object-class=person,dog ! sam2overlay ! videoconvert \
 *   ! autovideosink
 * ]|
 * Tracks the people and dogs that a network finds (of GStreamer's plugin onnx).
 */
#include "sam2track.h"

#include <gst/video/video.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "boundary.h"
#include "engine_library.h"
#include "gst_ptr.h"
#include "io/bundled_model.h"
#include "model_loading.h"
#include "navigation.h"
#include "prompt_desk.h"
#include "prompt_event.h"
#include "property_prompts.h"
#include "track_properties.h"
#include "track_signals.h"
#include "track_worker.h"

GST_DEBUG_CATEGORY(sam2track_debug);
#define GST_CAT_DEFAULT sam2track_debug

namespace {

struct State {
  State(GstElement *element, GstPad *sink, GstPad *source)
      : desk(element, flow.commands, flow.ids),
        clicks(desk),
        worker(element, sink, source, flow, desk) {}

  sam2::TrackSettings settings;  // guarded by the object lock
  // From NULL to READY on; the library stays open for good.
  const sam2::EngineApi *api = nullptr;
  sam2::PropertyPrompts prompts;
  sam2::TrackFlow flow;
  sam2::PromptDesk desk;
  sam2::NavigationPrompts clicks;
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

sam2::TrackSettings settings_at_start(GstSam2Track *self) {
  const sam2::ObjectLock lock(self);
  sam2::TrackSettings settings = self->state->settings;
  if (settings.model.model_file.empty())
    settings.model.model_file = sam2::bundled_model();
  return settings;
}

// Of the properties; their ids are taken.
std::vector<sam2::TimedPrompt> prompts_of(GstSam2Track *self) {
  std::string text;
  {
    const sam2::ObjectLock lock(self);
    text = self->state->settings.prompt;
  }
  auto prompts = self->state->prompts.with_text(text);
  self->state->desk.reserve_ids(prompts);
  return prompts;
}

bool start(GstSam2Track *self) {
  GstElement *element = GST_ELEMENT(self);
  return sam2::guarded(element, false, [&] {
    State &state = *self->state;
    const sam2::TrackSettings settings = settings_at_start(self);
    state.prompts.load_file(settings.prompt_file, settings.dlc_likelihood);
    auto prompts = prompts_of(self);  // a mistake costs no loading of models
    auto engine = sam2::load_model(element, *state.api, settings.model);
    state.worker.start(std::move(engine), settings, std::move(prompts));
    return true;
  });
}

void stop(GstSam2Track *self) {
  self->state->flow.ids.clear();
  self->state->worker.stop();
  self->state->clicks.restart();
}

bool open_library(GstSam2Track *self) {
  return sam2::guarded(GST_ELEMENT(self), false, [&] {
    self->state->api = &sam2::engine_api();
    return true;
  });
}

gboolean go_on(GstSam2Track *self,
               std::optional<GstFlowReturn> reason = std::nullopt);

// Nobody upstream may be left who would learn of it, because all has been sent.
void end_of_flow(GstSam2Track *self, GstFlowReturn flow) {
  gst_pad_pause_task(self->source);
  self->state->flow.queue.close(flow);
  if (flow == GST_FLOW_FLUSHING) return;
  GST_INFO_OBJECT(self, "flow ends: %s", gst_flow_get_name(flow));
  const bool is_eos = GST_PAD_IS_EOS(self->sink);
  const bool is_failure = flow < GST_FLOW_EOS;
  if (is_eos && (is_failure || flow == GST_FLOW_NOT_LINKED))
    GST_ELEMENT_FLOW_ERROR(self, flow);
  if (is_failure) gst_pad_push_event(self->source, gst_event_new_eos());
  // After a new link frames may go on. One that was made before the queue was
  // closed, source_event() has not noticed.
  if (flow == GST_FLOW_NOT_LINKED && gst_pad_check_reconfigure(self->source))
    go_on(self, flow);
}

void track_task(gpointer data) {
  GstSam2Track *self = as_track(data);
  const GstFlowReturn flow =
      sam2::guarded(GST_ELEMENT(self), GST_FLOW_ERROR,
                    [&] { return self->state->worker.turn(); });
  if (flow != GST_FLOW_OK) end_of_flow(self, flow);
}

gboolean start_task(GstSam2Track *self) {
  return gst_pad_start_task(self->source, track_task, self, nullptr);
}

// What the tracking thread holds while it works.
class StreamLock {
 public:
  explicit StreamLock(GstPad *pad) : pad_(pad) { GST_PAD_STREAM_LOCK(pad_); }
  ~StreamLock() { GST_PAD_STREAM_UNLOCK(pad_); }
  StreamLock(const StreamLock &) = delete;
  StreamLock &operator=(const StreamLock &) = delete;

 private:
  GstPad *pad_;
};

// After the queue was closed (and is not shut) for this reason, or any; events
// may have been lost. All of it is done before others may rest the task.
gboolean go_on(GstSam2Track *self, std::optional<GstFlowReturn> reason) {
  const StreamLock lock(self->source);
  sam2::FrameQueue &queue = self->state->flow.queue;
  if (!queue.reopen(reason)) return FALSE;
  const bool is_ready = sam2::guarded(GST_ELEMENT(self), false, [&] {
    self->state->worker.catch_up();
    return true;
  });
  if (!is_ready) queue.close(GST_FLOW_ERROR);
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
  // Again when it ends: the element may have started anew meanwhile.
  state.flow.close(GST_FLOW_FLUSHING);
  rest_task(self);
  if (is_start) return is_sent;
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
    const bool is_serialized = GST_EVENT_IS_SERIALIZED(event.get());
    if (!is_serialized && sam2::is_prompt_event(event.get()))
      return sam2::obey_prompt_event(GST_ELEMENT(self), event.get(),
                                     self->state->desk);
    if (!is_serialized)
      return gst_pad_event_default(pad, parent, event.release());
    // What sticks goes on when the flow does.
    const bool is_kept =
        GST_EVENT_IS_STICKY(event.get()) && type != GST_EVENT_EOS;
    const GstFlowReturn flow =
        self->state->flow.queue.push_event(std::move(event));
    return flow == GST_FLOW_OK || (is_kept && flow != GST_FLOW_FLUSHING);
  });
}

bool takes_navigation(GstSam2Track *self) {
  const sam2::ObjectLock lock(self);
  return self->state->settings.takes_navigation;
}

// Whether the event was a prompt, which nobody else should take as well.
bool take_prompt(GstSam2Track *self, GstEvent *event) {
  GstElement *element = GST_ELEMENT(self);
  if (sam2::is_prompt_event(event)) {
    sam2::obey_prompt_event(element, event, self->state->desk);
    return true;
  }
  if (GST_EVENT_TYPE(event) != GST_EVENT_NAVIGATION || !takes_navigation(self))
    return false;
  return sam2::warned(element, true, [&] {
    return self->state->clicks.take(event, self->source);
  });
}

gboolean source_event(GstPad *pad, GstObject *parent, GstEvent *raw_event) {
  GstSam2Track *self = as_track(parent);
  sam2::EventPtr event(raw_event);
  if (take_prompt(self, raw_event)) return TRUE;
  sam2::TrackFlow &flow = self->state->flow;
  const GstEventType type = GST_EVENT_TYPE(raw_event);
  if (type == GST_EVENT_QOS) flow.gate.update(raw_event, flow.frame_ns);
  // Somebody may have been linked behind.
  if (type == GST_EVENT_RECONFIGURE && flow.queue.flow() == GST_FLOW_NOT_LINKED)
    go_on(self, GST_FLOW_NOT_LINKED);
  return gst_pad_event_default(pad, parent, event.release());
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
  if (has_failed || transition == GST_STATE_CHANGE_PAUSED_TO_READY) stop(self);
  return result;
}

// At once: the next signal may ask for a new object.
void reserve_prompt_ids(GstSam2Track *self) {
  try {
    prompts_of(self);
  } catch (const sam2::Error &) {
    // Reported where the prompt is taken.
  }
}

void set_property(GObject *object, guint id, const GValue *value,
                  GParamSpec *) {
  GstSam2Track *self = as_track(object);
  sam2::guarded(GST_ELEMENT(object), 0, [&] {
    {
      const sam2::ObjectLock lock(object);
      if (!sam2::set_track_property(self->state->settings, id, value)) return 0;
    }
    reserve_prompt_ids(self);
    // Reads the text that is set when it runs.
    self->state->flow.commands.post([self](sam2::TrackSession &session) {
      session.set_prompts(prompts_of(self));
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

void request_detections(GstSam2Track *self) {
  self->state->flow.commands.post(
      [](sam2::TrackSession &session) { session.request_detections(); });
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

sam2::PromptDesk &sam2::prompt_desk(gpointer track) {
  return as_track(track)->state->desk;
}

static void gst_sam2_track_class_init(GstSam2TrackClass *klass) {
  GST_DEBUG_CATEGORY_INIT(sam2track_debug, "sam2track", 0, "SAM 2 tracker");
  auto *object_class = G_OBJECT_CLASS(klass);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  sam2::install_track_properties(object_class);
  sam2::install_track_signals(object_class);

  /**
   * GstSam2Track::request-detections:
   *
   * With #GstSam2Track:prompt-mode=on-demand: the detections of the next frame
   * that has any become objects.
   */
  g_signal_new_class_handler(
      "request-detections", G_TYPE_FROM_CLASS(klass),
      static_cast<GSignalFlags>(G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION),
      G_CALLBACK(request_detections), nullptr, nullptr, nullptr, G_TYPE_NONE,
      0);

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
