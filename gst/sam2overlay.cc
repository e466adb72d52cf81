/**
 * SECTION:element-sam2overlay
 * @title: sam2overlay
 *
 * Draws the objects of a buffer's #GstAnalyticsRelationMeta into the picture:
 * a tint over the mask, a contour, and a label with id, label and score, each
 * of which can be switched off; boxes can be switched on. It reads standard
 * metadata only, so it also serves other producers of detections, tracks and
 * segmentations. Metadata stays on the buffer; buffers without it pass
 * unchanged.
 *
 * The colour of an object follows from its tracking id, or its place in the
 * metadata if it has none: blue, orange, green, red, violet, cyan, yellow,
 * pink, lime, brown, indigo, teal for the ids 1 to 12, then again from the
 * start.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=30 pattern=ball \
 *   ! video/x-raw,width=320,height=240 \
 *   ! sam2track model-file=sam2.1_hiera_tiny.pt prompt="1:points=160,120,+" \
 *   ! sam2overlay mask-opacity=0.6 draw-boxes=true \
 *   ! videoconvert ! autovideosink
 * ]|
 */
#include "sam2overlay.h"

#include <gst/video/gstvideofilter.h>
#include <gst/video/video.h>

#include <vector>

#include "analytics_meta.h"
#include "boundary.h"
#include "element_parts.h"
#include "gst_ptr.h"
#include "object_colour.h"
#include "overlay_label.h"
#include "overlay_properties.h"
#include "paint_layer.h"

GST_DEBUG_CATEGORY_STATIC(sam2overlay_debug);
#define GST_CAT_DEFAULT sam2overlay_debug

// What has 8 bits per component.
#define SAM2_OVERLAY_FORMATS                                                  \
  "{ RGB, BGR, RGBA, BGRA, ARGB, ABGR, RGBx, BGRx, xRGB, xBGR, GRAY8, I420, " \
  "YV12, NV12, NV21, NV16, NV24, Y41B, Y42B, Y444, YUY2, UYVY, YVYU, AYUV }"

namespace {

struct State {
  sam2::OverlaySettings settings;  // guarded by the object lock
  // Of the streaming thread, from the first label to the stop. Pango's default
  // would stay, with a thread of its own, as long as the streaming thread.
  sam2::FontMapPtr fonts;
};

}  // namespace

struct GstSam2Overlay {
  GstVideoFilter parent;
  State *state;
};
struct GstSam2OverlayClass {
  GstVideoFilterClass parent_class;
};

static GType gst_sam2_overlay_get_type(void);
G_DEFINE_TYPE(GstSam2Overlay, gst_sam2_overlay, GST_TYPE_VIDEO_FILTER)
GST_ELEMENT_REGISTER_DEFINE(sam2overlay, "sam2overlay", GST_RANK_NONE,
                            gst_sam2_overlay_get_type())

namespace {

GstSam2Overlay *as_overlay(gpointer object) {
  return reinterpret_cast<GstSam2Overlay *>(object);
}

void draw_object(GstVideoFrame *frame, const sam2::AnalyticsObject &object,
                 const sam2::OverlaySettings &settings, sam2::Colour colour) {
  const sam2::SizePx size = {GST_VIDEO_FRAME_WIDTH(frame),
                             GST_VIDEO_FRAME_HEIGHT(frame)};
  const int line_px = static_cast<int>(settings.contour_width_px);
  const sam2::PlacedMask placed = sam2::clipped_mask(object, size);
  if (!placed.mask.is_empty() &&
      (settings.draw_masks || settings.draw_contours)) {
    auto layer =
        sam2::tint_layer(placed.mask, placed.box,
                         settings.draw_masks ? settings.mask_opacity : 0);
    if (settings.draw_contours)
      sam2::add_contour(layer, placed.mask, size, line_px);
    sam2::paint(frame, layer, colour);
  }
  if (settings.draw_boxes)
    sam2::paint(frame, sam2::box_layer(object.box, size, line_px), colour);
}

void draw_label(GstVideoFrame *frame, const sam2::AnalyticsObject &object,
                sam2::Colour colour, sam2::FontMapPtr &fonts) {
  if (!fonts) fonts.reset(pango_cairo_font_map_new());
  const sam2::Label label = sam2::label_layers(
      fonts.get(), sam2::label_text(object), object.box,
      {GST_VIDEO_FRAME_WIDTH(frame), GST_VIDEO_FRAME_HEIGHT(frame)});
  sam2::paint(frame, label.plate, colour);
  sam2::paint(frame, label.letters, sam2::text_colour(colour));
}

// Labels come last, so that no mask covers them.
void draw(GstVideoFrame *frame, const sam2::OverlaySettings &settings,
          sam2::FontMapPtr &fonts) {
  const auto objects = sam2::read_objects(
      frame->buffer,
      {GST_VIDEO_FRAME_WIDTH(frame), GST_VIDEO_FRAME_HEIGHT(frame)});
  std::vector<sam2::Colour> colours;
  int64_t place = 0;
  for (const auto &object : objects)
    colours.push_back(sam2::object_colour(object.object_id.value_or(++place)));
  for (size_t i = 0; i < objects.size(); ++i)
    draw_object(frame, objects[i], settings, colours[i]);
  for (size_t i = 0; settings.draw_labels && i < objects.size(); ++i)
    if (!objects[i].box.is_empty())
      draw_label(frame, objects[i], colours[i], fonts);
}

GstFlowReturn transform_frame_ip(GstVideoFilter *filter, GstVideoFrame *frame) {
  return sam2::guarded(GST_ELEMENT(filter), GST_FLOW_ERROR, [&] {
    State &state = *as_overlay(filter)->state;
    sam2::cut_to_caps(frame, filter->in_info);
    draw(frame, sam2::locked_copy(filter, state.settings), state.fonts);
    return GST_FLOW_OK;
  });
}

// In place, upstream gets downstream's answer.
gboolean propose_allocation(GstBaseTransform *base, GstQuery *decided,
                            GstQuery *query) {
  const gboolean is_answered =
      GST_BASE_TRANSFORM_CLASS(gst_sam2_overlay_parent_class)
          ->propose_allocation(base, decided, query);
  sam2::refuse_cropping(query);
  return is_answered;
}

gboolean stop(GstBaseTransform *transform) {
  as_overlay(transform)->state->fonts.reset();
  return TRUE;
}

void set_property(GObject *object, guint id, const GValue *value,
                  GParamSpec *) {
  const sam2::ObjectLock lock(object);
  sam2::set_overlay_property(as_overlay(object)->state->settings, id, value);
}

void get_property(GObject *object, guint id, GValue *value, GParamSpec *) {
  const sam2::ObjectLock lock(object);
  sam2::get_overlay_property(as_overlay(object)->state->settings, id, value);
}

void finalize(GObject *object) {
  delete as_overlay(object)->state;
  G_OBJECT_CLASS(gst_sam2_overlay_parent_class)->finalize(object);
}

}  // namespace

static void gst_sam2_overlay_class_init(GstSam2OverlayClass *klass) {
  GST_DEBUG_CATEGORY_INIT(sam2overlay_debug, "sam2overlay", 0, "SAM 2 overlay");
  auto *object_class = G_OBJECT_CLASS(klass);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  sam2::install_overlay_properties(object_class);

  auto *element_class = GST_ELEMENT_CLASS(klass);
  gst_element_class_set_static_metadata(
      element_class, "SAM 2 overlay", "Filter/Effect/Video",
      "Draws masks, contours, boxes and labels of objects from metadata",
      "The gst-sam2 authors");
  sam2::add_frames_template(element_class, GST_PAD_SINK,
                            GST_VIDEO_CAPS_MAKE(SAM2_OVERLAY_FORMATS));
  sam2::add_frames_template(element_class, GST_PAD_SRC,
                            GST_VIDEO_CAPS_MAKE(SAM2_OVERLAY_FORMATS));

  GST_BASE_TRANSFORM_CLASS(klass)->stop = stop;
  GST_BASE_TRANSFORM_CLASS(klass)->propose_allocation = propose_allocation;
  GST_BASE_TRANSFORM_CLASS(klass)->before_transform = sam2::sync_properties;
  GST_VIDEO_FILTER_CLASS(klass)->transform_frame_ip = transform_frame_ip;
}

static void gst_sam2_overlay_init(GstSam2Overlay *self) {
  self->state = new State;
}
