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

#include <gst/base/gstbasetransform.h>
#include <gst/video/video.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "analytics_meta.h"
#include "boundary.h"
#include "engine_library.h"
#include "gst_ptr.h"
#include "io/bundled_model.h"
#include "io/prompt_text.h"
#include "rgb_frame.h"
#include "track_properties.h"
#include "track_session.h"

GST_DEBUG_CATEGORY_STATIC(sam2track_debug);
#define GST_CAT_DEFAULT sam2track_debug

namespace {

struct State {
  // Guarded by the object lock.
  sam2::TrackSettings settings;
  bool has_new_prompt = false;

  // From NULL to READY on; the library stays open for good.
  const sam2::EngineApi *api = nullptr;

  // The streaming thread's, or start and stop's while it does not run.
  std::shared_ptr<const sam2::Engine> engine;
  std::unique_ptr<sam2::TrackSession> session;
  sam2::RgbFrame rgb;
  std::optional<GstVideoInfo> format;
};

}  // namespace

struct GstSam2Track {
  GstBaseTransform parent;
  State *state;
};
struct GstSam2TrackClass {
  GstBaseTransformClass parent_class;
};

static GType gst_sam2_track_get_type(void);
G_DEFINE_TYPE(GstSam2Track, gst_sam2_track, GST_TYPE_BASE_TRANSFORM)
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
  self->state->has_new_prompt = false;
  sam2::TrackSettings settings = self->state->settings;
  if (settings.model.model_file.empty())
    settings.model.model_file = sam2::bundled_model();
  return settings;
}

gboolean start(GstBaseTransform *base) {
  GstElement *element = GST_ELEMENT(base);
  return sam2::guarded(element, gboolean{FALSE}, [&]() -> gboolean {
    State &state = *as_track(base)->state;
    const sam2::TrackSettings settings = settings_at_start(as_track(base));
    auto prompts = sam2::parse_prompt_text(settings.prompt);
    state.engine = load_model(element, *state.api, settings.model);
    warn_if_slow(element, *state.api);
    state.session =
        std::make_unique<sam2::TrackSession>(*state.engine, settings.tracker);
    state.session->set_prompts(std::move(prompts));
    return TRUE;
  });
}

gboolean stop(GstBaseTransform *base) {
  return sam2::guarded(GST_ELEMENT(base), gboolean{FALSE}, [&]() -> gboolean {
    State &state = *as_track(base)->state;
    state.session.reset();
    state.engine.reset();
    state.rgb = {};
    state.format.reset();
    return TRUE;
  });
}

gboolean set_caps(GstBaseTransform *base, GstCaps *caps, GstCaps *) {
  return sam2::guarded(GST_ELEMENT(base), gboolean{FALSE}, [&]() -> gboolean {
    State &state = *as_track(base)->state;
    GstVideoInfo info;
    if (!gst_video_info_from_caps(&info, caps)) return FALSE;
    state.rgb.set_format(info);
    state.format = info;
    return TRUE;
  });
}

gboolean sink_event(GstBaseTransform *base, GstEvent *event) {
  const bool is_flush = GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP;
  const gboolean is_sent = GST_BASE_TRANSFORM_CLASS(gst_sam2_track_parent_class)
                               ->sink_event(base, event);
  if (!is_flush) return is_sent;
  return sam2::guarded(GST_ELEMENT(base), gboolean{FALSE}, [&]() -> gboolean {
    State &state = *as_track(base)->state;
    if (state.session) state.session->reset();
    return is_sent;
  });
}

// Upstream may use downstream's memory and metadata: frames stay as they are.
gboolean propose_allocation(GstBaseTransform *base, GstQuery *,
                            GstQuery *query) {
  return gst_pad_peer_query(GST_BASE_TRANSFORM_SRC_PAD(base), query);
}

sam2::FrameTimes frame_times(const GstBaseTransform *base,
                             const GstBuffer *buffer) {
  sam2::FrameTimes times;
  const GstSegment &segment = base->segment;
  const GstClockTime pts_ns = GST_BUFFER_PTS(buffer);
  if (segment.format != GST_FORMAT_TIME || !GST_CLOCK_TIME_IS_VALID(pts_ns))
    return times;
  times.stream_ns =
      gst_segment_to_stream_time(&segment, GST_FORMAT_TIME, pts_ns);
  times.running_ns =
      gst_segment_to_running_time(&segment, GST_FORMAT_TIME, pts_ns);
  return times;
}

void take_new_prompt(GstSam2Track *self) {
  std::string text;
  {
    const sam2::ObjectLock lock(self);
    if (!std::exchange(self->state->has_new_prompt, false)) return;
    text = self->state->settings.prompt;
  }
  self->state->session->set_prompts(sam2::parse_prompt_text(text));
}

sam2::TrackedFrame track_frame(State &state, GstBuffer *buffer,
                               const sam2::FrameTimes &times) {
  sam2::VideoFrameMap frame(*state.format, buffer, GST_MAP_READ);
  if (!frame.is_mapped())
    throw sam2::Error(sam2::ErrorCode::kFormat,
                      "A frame's memory is too small or cannot be read. Put a "
                      "videoconvert in front of the element.");
  return state.session->track(state.rgb.view(frame.get()), times);
}

GstFlowReturn transform_ip(GstBaseTransform *base, GstBuffer *buffer) {
  return sam2::guarded(GST_ELEMENT(base), GST_FLOW_ERROR, [&] {
    State &state = *as_track(base)->state;
    if (!state.format) return GST_FLOW_NOT_NEGOTIATED;
    take_new_prompt(as_track(base));
    const sam2::FrameTimes times = frame_times(base, buffer);
    if (!state.session->has_work(times)) return GST_FLOW_OK;
    const sam2::TrackedFrame tracked = track_frame(state, buffer, times);
    sam2::attach_result(buffer, tracked.result, tracked.times);
    GST_LOG_OBJECT(base, "%zu objects on frame %" G_GINT64_FORMAT,
                   tracked.result.objects.size(), tracked.result.frame_index);
    return GST_FLOW_OK;
  });
}

GstStateChangeReturn change_state(GstElement *element,
                                  GstStateChange transition) {
  if (transition == GST_STATE_CHANGE_NULL_TO_READY) {
    const bool is_open = sam2::guarded(element, false, [&] {
      as_track(element)->state->api = &sam2::engine_api();
      return true;
    });
    if (!is_open) return GST_STATE_CHANGE_FAILURE;
  }
  return GST_ELEMENT_CLASS(gst_sam2_track_parent_class)
      ->change_state(element, transition);
}

void set_property(GObject *object, guint id, const GValue *value,
                  GParamSpec *) {
  sam2::guarded(GST_ELEMENT(object), 0, [&] {
    const sam2::ObjectLock lock(object);
    State &state = *as_track(object)->state;
    if (sam2::set_track_property(state.settings, id, value))
      state.has_new_prompt = true;
    return 0;
  });
}

void get_property(GObject *object, guint id, GValue *value, GParamSpec *) {
  sam2::guarded(GST_ELEMENT(object), 0, [&] {
    const sam2::ObjectLock lock(object);
    sam2::get_track_property(as_track(object)->state->settings, id, value);
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

  auto *transform_class = GST_BASE_TRANSFORM_CLASS(klass);
  transform_class->start = start;
  transform_class->stop = stop;
  transform_class->set_caps = set_caps;
  transform_class->sink_event = sink_event;
  transform_class->propose_allocation = propose_allocation;
  transform_class->transform_ip = transform_ip;
}

static void gst_sam2_track_init(GstSam2Track *self) {
  self->state = new State;
  gst_base_transform_set_in_place(GST_BASE_TRANSFORM(self), TRUE);
  // The flags of a gap buffer are its own.
  gst_base_transform_set_gap_aware(GST_BASE_TRANSFORM(self), TRUE);
}
