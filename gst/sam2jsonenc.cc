/**
 * SECTION:element-sam2jsonenc
 * @title: sam2jsonenc
 *
 * Writes the objects of each buffer's #GstAnalyticsRelationMeta as one line of
 * JSON (NDJSON): frame number counted from 0, presentation time in
 * nanoseconds, frame size, and per object its id, label, box, predicted IoU,
 * object score, whether it is lost, and its mask in COCO run-length encoding
 * of the whole frame, in the mask's own resolution if it covers the frame
 * (#GstSam2Track:mask-resolution). A frame without objects is a line with an
 * empty list.
 * The number starts again with the element, not with a seek.
 *
 * The box is that of the mask where there is one. Detections that nobody
 * tracks have the id -1. Scores that a producer does not give are 0; those of
 * #GstSam2Track:memory-policy=samurai are left out then: the IoU of the box
 * with the predicted one (`kf_score`), and the number of good frames in a row
 * (`stable_frames`). `coasted` says that the frame was not inferred.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=30 pattern=ball \
 *   ! video/x-raw,width=320,height=240 \
 *   ! sam2track model-file=sam2.1_hiera_tiny.pt prompt="1:points=160,120,+" \
 *   ! sam2jsonenc ! filesink location=objects.ndjson
 * ]|
 */
#include "sam2jsonenc.h"

#include <gst/base/gstbasetransform.h>
#include <gst/video/video.h>

#include <cstring>
#include <new>
#include <string>
#include <utility>

#include "analytics_meta.h"
#include "base/error.h"
#include "boundary.h"
#include "element_parts.h"
#include "gst_ptr.h"
#include "io/result_json.h"

GST_DEBUG_CATEGORY_STATIC(sam2jsonenc_debug);
#define GST_CAT_DEFAULT sam2jsonenc_debug

namespace {

constexpr const char *kJsonCaps = "application/x-ndjson";

struct State {
  sam2::SizePx frame_size;
  int64_t next_frame_index = 0;
};

}  // namespace

struct GstSam2JsonEnc {
  GstBaseTransform parent;
  State *state;
};
struct GstSam2JsonEncClass {
  GstBaseTransformClass parent_class;
};

static GType gst_sam2_json_enc_get_type(void);
G_DEFINE_TYPE(GstSam2JsonEnc, gst_sam2_json_enc, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE(sam2jsonenc, "sam2jsonenc", GST_RANK_NONE,
                            gst_sam2_json_enc_get_type())

namespace {

State &state_of(gpointer object) {
  return *reinterpret_cast<GstSam2JsonEnc *>(object)->state;
}

sam2::ObjectResult result_of(sam2::AnalyticsObject object,
                             sam2::SizePx frame_size) {
  sam2::ObjectResult result;
  result.object_id = object.object_id.value_or(sam2::kUntrackedId);
  result.label = object.label;
  result.predicted_iou = object.confidence;
  result.object_score = object.object_score.value_or(0);
  result.is_lost = object.is_lost;
  result.is_coasted = object.is_coasted;
  result.kf_score = object.kf_score;
  result.stable_frames = object.stable_frames;
  result.box = object.box;
  result.mask_covers_frame = object.mask_covers_frame;
  if (object.mask_covers_frame) {
    result.mask = std::move(object.mask);
    return result;
  }
  sam2::PlacedMask placed = sam2::clipped_mask(object, frame_size);
  if (!placed.mask.is_empty()) result.box = placed.box;
  result.mask = std::move(placed.mask);
  return result;
}

std::string line_of(GstBuffer *buffer, State &state) {
  sam2::FrameResult result;
  result.frame_index = state.next_frame_index++;
  result.frame_size = state.frame_size;
  for (auto &object : sam2::read_objects(buffer, state.frame_size))
    result.objects.push_back(result_of(std::move(object), state.frame_size));
  std::optional<int64_t> pts_ns;
  if (GST_BUFFER_PTS_IS_VALID(buffer))
    pts_ns = static_cast<int64_t>(GST_BUFFER_PTS(buffer));
  return sam2::json_from_result(result, pts_ns) + "\n";
}

GstCaps *transform_caps(GstBaseTransform *base, GstPadDirection direction,
                        GstCaps *, GstCaps *filter) {
  GstPad *other = direction == GST_PAD_SINK ? GST_BASE_TRANSFORM_SRC_PAD(base)
                                            : GST_BASE_TRANSFORM_SINK_PAD(base);
  sam2::CapsPtr caps(gst_pad_get_pad_template_caps(other));
  return sam2::filtered(std::move(caps), filter);
}

gboolean set_caps(GstBaseTransform *base, GstCaps *caps, GstCaps *) {
  GstVideoInfo info;
  if (!gst_video_info_from_caps(&info, caps)) return FALSE;
  state_of(base).frame_size = {GST_VIDEO_INFO_WIDTH(&info),
                               GST_VIDEO_INFO_HEIGHT(&info)};
  return TRUE;
}

gboolean start(GstBaseTransform *base) {
  state_of(base) = {};
  return TRUE;
}

// The line's length is known only in transform().
GstFlowReturn prepare_output_buffer(GstBaseTransform *, GstBuffer *input,
                                    GstBuffer **output) {
  *output = gst_buffer_new();
  const auto what = static_cast<GstBufferCopyFlags>(GST_BUFFER_COPY_FLAGS |
                                                    GST_BUFFER_COPY_TIMESTAMPS);
  if (!gst_buffer_copy_into(*output, input, what, 0, -1)) return GST_FLOW_ERROR;
  // There is a line for every frame.
  GST_BUFFER_FLAG_UNSET(*output, GST_BUFFER_FLAG_GAP);
  return GST_FLOW_OK;
}

GstFlowReturn transform(GstBaseTransform *base, GstBuffer *input,
                        GstBuffer *output) {
  return sam2::guarded(GST_ELEMENT(base), GST_FLOW_ERROR, [&] {
    const std::string line = line_of(input, state_of(base));
    GstMemory *memory = gst_allocator_alloc(nullptr, line.size(), nullptr);
    if (!memory) throw std::bad_alloc();
    gst_buffer_append_memory(output, memory);
    gst_buffer_fill(output, 0, line.data(), line.size());
    return GST_FLOW_OK;
  });
}

// Pixels are never looked at, so upstream may lay them out as it likes.
gboolean propose_allocation(GstBaseTransform *, GstQuery *, GstQuery *query) {
  gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr);
  return TRUE;
}

void finalize(GObject *object) {
  delete &state_of(object);
  G_OBJECT_CLASS(gst_sam2_json_enc_parent_class)->finalize(object);
}

}  // namespace

static void gst_sam2_json_enc_class_init(GstSam2JsonEncClass *klass) {
  GST_DEBUG_CATEGORY_INIT(sam2jsonenc_debug, "sam2jsonenc", 0,
                          "SAM 2 JSON encoder");
  G_OBJECT_CLASS(klass)->finalize = finalize;

  auto *element_class = GST_ELEMENT_CLASS(klass);
  gst_element_class_set_static_metadata(
      element_class, "SAM 2 JSON encoder", "Codec/Encoder/Metadata",
      "Writes the objects of each frame's metadata as a line of JSON",
      "The gst-sam2 authors");
  sam2::add_frames_template(element_class, GST_PAD_SINK,
                            GST_VIDEO_CAPS_MAKE(GST_VIDEO_FORMATS_ALL));
  sam2::add_pad_template(element_class, GST_PAD_SRC, kJsonCaps);

  auto *transform_class = GST_BASE_TRANSFORM_CLASS(klass);
  transform_class->start = start;
  transform_class->transform_caps = transform_caps;
  transform_class->set_caps = set_caps;
  transform_class->prepare_output_buffer = prepare_output_buffer;
  transform_class->transform = transform;
  transform_class->propose_allocation = propose_allocation;
}

static void gst_sam2_json_enc_init(GstSam2JsonEnc *self) {
  self->state = new State;
}
