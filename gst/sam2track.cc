/**
 * SECTION:element-sam2track
 * @title: sam2track
 *
 * Segments and tracks objects in a video with SAM 2. Frames pass through
 * unchanged, in the same memory; each gets metadata with the objects' boxes,
 * ids, scores and masks (#GstAnalyticsRelationMeta), for sam2overlay,
 * sam2jsonenc and every other reader of that metadata.
 *
 * Scores that have no field there are in a #GstCustomMeta "GstSam2ScoresMeta"
 * with a field `objects`, an array of structures: `object-id` (gint64),
 * `object-score` (gdouble, logit), `coasted` (gboolean, the frame was not
 * tracked), and with #GstSam2Track:memory-policy=samurai `kf-score` (gdouble)
 * and `stable-frames` (gint).
 *
 * Which objects, says #GstSam2Track:prompt: clauses with an object id, and a
 * box, points or a PNG mask, separated by semicolons. `@2.5s` before a clause
 * means stream time: the clause is for the first frame shown at that time or
 * later (or earlier, when the video is played backwards); without it, for the
 * first frame. Until the first prompt is due, frames pass without metadata and
 * the model does not run.
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
 * the same comes as a signal, #GstSam2Track::stats, and as an element message
 * "sam2-stats".
 *
 * Frames in the memory of a GPU (`memory:CUDAMemory`, as nvh264dec makes them)
 * stay there; the tracker takes a copy by way of the host, one a tracked frame,
 * which sam2overlay paints in and nvh264enc brings back. sam2jsonenc and
 * sam2jsondec take such frames too. cudadownload and cudaconvert lose the
 * objects (as of GStreamer 1.26): they belong in front of sam2track.
 *
 * Tensors stay below #GstSam2Track:memory-limit, or below
 * #GstSam2Track:memory-fraction of the device. What
 * #GstSam2Track:max-objects objects need is worked out before the first frame,
 * and refused if there is no room. When what is in use passes
 * #GstSam2Track:memory-warning-threshold or
 * #GstSam2Track:memory-critical-threshold of the limit, either way, there is a
 * signal, #GstSam2Track::memory-pressure, and an element message
 * "sam2-memory-pressure" with `level` (normal, warning, critical), `in-use` and
 * `limit` (bytes). #GstSam2Track::degraded and "sam2-degraded" tell what is done
 * about memory that runs out (#GstSam2Track:oom-policy).
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
 * not what the tracker remembers. They are read when the element starts. With
 * #GstSam2Track:mask-resolution=model the enlargement to the frame is saved:
 * masks have a quarter of #GstSam2Track:input-size a side, whatever the shape
 * of the frame, and their location is the frame.
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
 * |[
 * gst-launch-1.0 filesrc location=in.mp4 ! qtdemux ! h264parse ! nvh264dec \
 *   ! sam2track prompt="1:points=50%,50%,+" ! sam2overlay \
 *   ! nvh264enc ! h264parse ! mp4mux ! filesink location=out.mp4
 * ]|
 * Decodes and encodes on the GPU (with GStreamer's plugin nvcodec).
 * |[
 * gst-launch-1.0 filesrc location=in.mp4 ! qtdemux ! h264parse ! nvh264dec \
 *   ! cudadownload ! sam2track prompt="1:points=50%,50%,+" ! sam2mask \
 *   ! pngenc ! multifilesink location=mask-%05d.png
 * ]|
 * Brings frames to the host for elements that take them only there.
 */
#include "sam2track.h"

#include <string>
#include <utility>
#include <vector>

#include "boundary.h"
#include "engine_library.h"
#include "gst_ptr.h"
#include "io/bundled_model.h"
#include "memory_watch.h"
#include "model_loading.h"
#include "track_element.h"
#include "track_pads.h"
#include "track_signals.h"

GST_DEBUG_CATEGORY(sam2track_debug);
#define GST_CAT_DEFAULT sam2track_debug

struct GstSam2TrackClass {
  GstElementClass parent_class;
};

static GType gst_sam2_track_get_type(void);
G_DEFINE_TYPE(GstSam2Track, gst_sam2_track, GST_TYPE_ELEMENT)
GST_ELEMENT_REGISTER_DEFINE(sam2track, "sam2track", GST_RANK_NONE,
                            gst_sam2_track_get_type())

namespace {

using sam2::as_track;

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
    sam2::TrackElementState &state = *self->state;
    const sam2::TrackSettings settings = settings_at_start(self);
    state.prompts.load_file(settings.prompt_file, settings.dlc_likelihood);
    auto prompts = prompts_of(self);  // a mistake costs no loading of models
    sam2::warn_about_environment(element);
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
    const sam2::TrackElementState &state = *as_track(object)->state;
    if (id == sam2::kStatsProperty)
      g_value_take_boxed(value, sam2::stats_of(state.flow).release());
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
  sam2::add_track_pad_templates(element_class);
}

static void gst_sam2_track_init(GstSam2Track *self) {
  sam2::add_track_pads(self);
  self->state =
      new sam2::TrackElementState(GST_ELEMENT(self), self->sink, self->source);
}
