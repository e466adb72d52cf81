/**
 * SECTION:element-sam2jsondec
 * @title: sam2jsondec
 *
 * Adds results from a file to the frames of a video, as the metadata that
 * sam2track would add (#GstAnalyticsRelationMeta). The file is NDJSON as
 * sam2jsonenc writes it, or another tool in the same form: one JSON object a
 * line. Frames pass unchanged, in the same memory.
 *
 * A line belongs to the frame with its time (`pts`): the nearest line within
 * #GstSam2JsonDec:tolerance counts, and may count for several frames. If the
 * first line has no `pts`, lines belong to frames by number (`frame`): frames
 * are counted from 0, and after a flushing seek from the one that the stream
 * time and the frame rate say, backwards if the video is played so. A frame
 * without a line passes without metadata. Results for frames of another size
 * are scaled.
 *
 * The file is read as the video proceeds, 16 lines ahead: so far lines may be
 * out of order, and the file may have any length. Seeks go along in the file.
 *
 * A line that cannot be used is stepped over, with a warning message that names
 * it; there are 10 of them at most. An error ends the stream: a missing file
 * when the element starts, a file with 1000 bad lines in a row, or one that
 * cannot be read any more. A line may be 16 MiB long and have 1024 objects,
 * with masks of 512 Mi pixels in sum. After 4096 different labels in a process
 * new ones become "object".
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 filesrc location=in.mp4 ! decodebin ! videoconvert \
 *   ! sam2jsondec location=objects.ndjson \
 *   ! sam2overlay ! videoconvert ! autovideosink
 * ]|
 * Shows what was found before, without a model.
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=30 pattern=ball \
 *   ! video/x-raw,width=640,height=480 \
 *   ! sam2jsondec location=objects.ndjson tolerance=100000000 \
 *   ! sam2jsonenc ! filesink location=larger.ndjson
 * ]|
 * Writes the results again, scaled to another size; each frame gets the nearest
 * line that is not further away than 0.1 seconds.
 */
#include "sam2jsondec.h"

#include <gst/base/gstbasetransform.h>
#include <gst/video/video.h>

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analytics_meta.h"
#include "boundary.h"
#include "element_parts.h"
#include "gst_ptr.h"
#include "io/result_replay.h"

GST_DEBUG_CATEGORY_STATIC(sam2jsondec_debug);
#define GST_CAT_DEFAULT sam2jsondec_debug

namespace {

enum JsonDecProperty : guint { kLocation = 1, kTolerance };

// Times of more objects than this are forgotten all together.
constexpr size_t kMaxSeenObjects = 65536;

struct State {
  // Guarded by the object lock.
  std::string location;
  GstClockTime tolerance_ns = GST_CLOCK_TIME_NONE;

  // The streaming thread's, or start and stop's while it does not run.
  std::unique_ptr<sam2::ResultReplay> replay;
  GstVideoInfo info = {};
  int64_t next_frame = 0;
  bool has_seeked = false;                  // frames start at another place
  bool has_segment = false;                 // keys may be smaller than before
  std::map<int64_t, sam2::SeenTimes> seen;  // by object id
};

}  // namespace

struct GstSam2JsonDec {
  GstBaseTransform parent;
  State *state;
};
struct GstSam2JsonDecClass {
  GstBaseTransformClass parent_class;
};

static GType gst_sam2_json_dec_get_type(void);
G_DEFINE_TYPE(GstSam2JsonDec, gst_sam2_json_dec, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE(sam2jsondec, "sam2jsondec", GST_RANK_NONE,
                            gst_sam2_json_dec_get_type())

namespace {

State &state_of(gpointer object) {
  return *reinterpret_cast<GstSam2JsonDec *>(object)->state;
}

gboolean start(GstBaseTransform *base) {
  GstElement *element = GST_ELEMENT(base);
  return sam2::guarded(element, gboolean{FALSE}, [&]() -> gboolean {
    State &state = state_of(base);
    const std::string location = sam2::locked_copy(base, state.location);
    if (location.empty())
      throw sam2::Error(sam2::ErrorCode::kSetting,
                        "There is no file of results. Set location to one.");
    state.replay = std::make_unique<sam2::ResultReplay>(
        location, [element](const sam2::Error &error) {
          sam2::post_refusal(element, error);
        });
    state.next_frame = 0;
    state.has_seeked = state.has_segment = false;
    return TRUE;
  });
}

gboolean stop(GstBaseTransform *base) {
  State &state = state_of(base);
  state.replay.reset();
  state.info = {};
  state.seen.clear();
  return TRUE;
}

gboolean set_caps(GstBaseTransform *base, GstCaps *caps, GstCaps *) {
  return gst_video_info_from_caps(&state_of(base).info, caps);
}

gboolean sink_event(GstBaseTransform *base, GstEvent *event) {
  State &state = state_of(base);
  if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP) {
    state.has_seeked = state.has_segment = true;
    state.seen.clear();
  } else if (GST_EVENT_TYPE(event) == GST_EVENT_SEGMENT) {
    state.has_segment = true;
  }
  return GST_BASE_TRANSFORM_CLASS(gst_sam2_json_dec_parent_class)
      ->sink_event(base, event);
}

// Pixels are never looked at, so upstream may have downstream's memory.
gboolean propose_allocation(GstBaseTransform *base, GstQuery *,
                            GstQuery *query) {
  return gst_pad_peer_query(GST_BASE_TRANSFORM_SRC_PAD(base), query);
}

// How far a line may be from `buffer`.
int64_t tolerance_ns(GstBaseTransform *base, const GstBuffer *buffer) {
  const State &state = state_of(base);
  GstClockTime tolerance_ns = sam2::locked_copy(base, state.tolerance_ns);
  const auto fps_n = static_cast<guint64>(std::max(state.info.fps_n, 0));
  const auto fps_d = static_cast<guint64>(std::max(state.info.fps_d, 1));
  if (!GST_CLOCK_TIME_IS_VALID(tolerance_ns) && fps_n > 0)
    tolerance_ns = gst_util_uint64_scale(GST_SECOND, fps_d, 2 * fps_n);
  if (!GST_CLOCK_TIME_IS_VALID(tolerance_ns) &&
      GST_BUFFER_DURATION_IS_VALID(buffer))
    tolerance_ns = GST_BUFFER_DURATION(buffer) / 2;
  if (!GST_CLOCK_TIME_IS_VALID(tolerance_ns)) return 0;
  return static_cast<int64_t>(std::min<GstClockTime>(
      tolerance_ns, std::numeric_limits<int64_t>::max()));
}

// The number of the first frame after a seek.
int64_t frame_number_of(const GstBaseTransform *base, const State &state,
                        const GstBuffer *buffer) {
  if (base->segment.format != GST_FORMAT_TIME || state.info.fps_n <= 0)
    return 0;
  const guint64 stream_ns = gst_segment_to_stream_time(
      &base->segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
  if (!GST_CLOCK_TIME_IS_VALID(stream_ns)) return 0;
  const guint64 number = gst_util_uint64_scale_round(
      stream_ns, static_cast<guint64>(state.info.fps_n),
      static_cast<guint64>(std::max(state.info.fps_d, 1)) * GST_SECOND);
  return static_cast<int64_t>(
      std::min<guint64>(number, std::numeric_limits<int32_t>::max()));
}

bool is_backwards(const GstBaseTransform *base) {
  return base->segment.rate < 0;
}

struct LineKey {
  int64_t key = 0;
  int64_t tolerance = 0;
};

// What to ask the file for; nothing for a frame that no line can belong to.
std::optional<LineKey> next_key(GstBaseTransform *base, const GstBuffer *buffer,
                                State &state) {
  if (std::exchange(state.has_seeked, false))
    state.next_frame = frame_number_of(base, state, buffer);
  const int64_t number = state.next_frame;
  state.next_frame += is_backwards(base) ? -1 : 1;
  if (!state.replay->is_timed())
    return number < 0 ? std::nullopt : std::optional(LineKey{number, 0});
  const GstClockTime pts_ns = GST_BUFFER_PTS(buffer);
  if (pts_ns > static_cast<guint64>(std::numeric_limits<int64_t>::max()))
    return std::nullopt;
  return LineKey{static_cast<int64_t>(pts_ns), tolerance_ns(base, buffer)};
}

sam2::SeenTimes update_seen(State &state, const sam2::ObjectResult &object,
                            GstClockTime now_ns) {
  if (state.seen.size() >= kMaxSeenObjects) state.seen.clear();
  const auto [entry, is_new] =
      state.seen.emplace(object.object_id, sam2::SeenTimes{now_ns, now_ns});
  if (!is_new && !object.is_lost) entry->second.last_ns = now_ns;
  return entry->second;
}

void attach(GstBaseTransform *base, GstBuffer *buffer,
            const sam2::FrameResult &result) {
  State &state = state_of(base);
  GstClockTime running_ns = GST_CLOCK_TIME_NONE;
  if (base->segment.format == GST_FORMAT_TIME &&
      GST_BUFFER_PTS_IS_VALID(buffer))
    running_ns = gst_segment_to_running_time(&base->segment, GST_FORMAT_TIME,
                                             GST_BUFFER_PTS(buffer));
  std::vector<sam2::SeenTimes> times;
  for (const sam2::ObjectResult &object : result.objects)
    times.push_back(update_seen(state, object, running_ns));
  sam2::attach_result(buffer, result, times);
}

GstFlowReturn transform_ip(GstBaseTransform *base, GstBuffer *buffer) {
  return sam2::guarded(GST_ELEMENT(base), GST_FLOW_ERROR, [&] {
    State &state = state_of(base);
    if (GST_VIDEO_INFO_WIDTH(&state.info) == 0) return GST_FLOW_NOT_NEGOTIATED;
    const auto wanted = next_key(base, buffer, state);
    if (!wanted) return GST_FLOW_OK;
    if (std::exchange(state.has_segment, false) || is_backwards(base))
      state.replay->go_to(wanted->key, wanted->tolerance);
    auto result = state.replay->find(wanted->key, wanted->tolerance,
                                     {GST_VIDEO_INFO_WIDTH(&state.info),
                                      GST_VIDEO_INFO_HEIGHT(&state.info)});
    GST_LOG_OBJECT(base, "%s line for %" G_GINT64_FORMAT, result ? "a" : "no",
                   wanted->key);
    if (result) attach(base, buffer, *result);
    return GST_FLOW_OK;
  });
}

void set_property(GObject *object, guint id, const GValue *value,
                  GParamSpec *) {
  sam2::guarded(GST_ELEMENT(object), 0, [&] {
    const sam2::ObjectLock lock(object);
    State &state = state_of(object);
    if (id == kTolerance) {
      state.tolerance_ns = g_value_get_uint64(value);
    } else {
      const char *text = g_value_get_string(value);
      state.location = text ? text : "";
    }
    return 0;
  });
}

void get_property(GObject *object, guint id, GValue *value, GParamSpec *) {
  const sam2::ObjectLock lock(object);
  const State &state = state_of(object);
  if (id == kTolerance)
    g_value_set_uint64(value, state.tolerance_ns);
  else if (!state.location.empty())
    g_value_set_string(value, state.location.c_str());
}

void finalize(GObject *object) {
  delete &state_of(object);
  G_OBJECT_CLASS(gst_sam2_json_dec_parent_class)->finalize(object);
}

void install_properties(GObjectClass *object_class) {
  constexpr auto kFlags =
      static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_property(
      object_class, kLocation,
      g_param_spec_string(
          "location", "Location",
          "File with one JSON object a frame (NDJSON), as sam2jsonenc writes "
          "it; opened when the element starts, and read as the video goes on",
          nullptr, static_cast<GParamFlags>(kFlags | GST_PARAM_MUTABLE_READY)));
  g_object_class_install_property(
      object_class, kTolerance,
      g_param_spec_uint64(
          "tolerance", "Tolerance",
          "Greatest difference between the times of a frame and of its line in "
          "nanoseconds; the largest number = half a frame, by the frame rate, "
          "else by the buffer's duration, else 0",
          0, G_MAXUINT64, GST_CLOCK_TIME_NONE,
          static_cast<GParamFlags>(kFlags | GST_PARAM_MUTABLE_PLAYING)));
}

}  // namespace

static void gst_sam2_json_dec_class_init(GstSam2JsonDecClass *klass) {
  GST_DEBUG_CATEGORY_INIT(sam2jsondec_debug, "sam2jsondec", 0,
                          "SAM 2 JSON decoder");
  auto *object_class = G_OBJECT_CLASS(klass);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  install_properties(object_class);

  auto *element_class = GST_ELEMENT_CLASS(klass);
  gst_element_class_set_static_metadata(
      element_class, "SAM 2 JSON decoder", "Codec/Decoder/Metadata",
      "Adds objects from a file of JSON lines to the frames as metadata",
      "The gst-sam2 authors");
  sam2::add_frames_template(element_class, GST_PAD_SINK,
                            GST_VIDEO_CAPS_MAKE(GST_VIDEO_FORMATS_ALL));
  sam2::add_frames_template(element_class, GST_PAD_SRC,
                            GST_VIDEO_CAPS_MAKE(GST_VIDEO_FORMATS_ALL));

  auto *transform_class = GST_BASE_TRANSFORM_CLASS(klass);
  transform_class->start = start;
  transform_class->stop = stop;
  transform_class->set_caps = set_caps;
  transform_class->sink_event = sink_event;
  transform_class->propose_allocation = propose_allocation;
  transform_class->transform_ip = transform_ip;
}

static void gst_sam2_json_dec_init(GstSam2JsonDec *self) {
  self->state = new State;
  gst_base_transform_set_in_place(GST_BASE_TRANSFORM(self), TRUE);
  // The flags of a gap buffer are its own.
  gst_base_transform_set_gap_aware(GST_BASE_TRANSFORM(self), TRUE);
}
