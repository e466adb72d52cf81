/**
 * SECTION:element-sam2matte
 * @title: sam2matte
 *
 * Cuts the objects of a buffer's #GstAnalyticsRelationMeta out of the picture,
 * or hides them. It reads standard metadata only, and keeps it.
 *
 * #GstSam2Matte:mode says what is hidden, and how:
 *
 * - transparent: the background. The output has alpha, and the pixels under
 *   full transparency are #GstSam2Matte:colour: nothing of the background
 *   leaves the element. Formats without alpha get it in the same arrangement,
 *   RGB and RGBx becoming RGBA, I420 A420, NV12 AV12; those that have it are
 *   changed in place, and what is transparent stays so. Other formats need a
 *   videoconvert in front.
 * - colour: the background is covered with a colour, whose alpha says how much.
 * - blur: the background is blurred.
 * - object-blur, object-pixelate: the objects are blurred, or become large
 *   squares, to make faces and number plates unreadable. A small size can be
 *   undone: take a good part of what is to be hidden.
 *
 * #GstSam2Matte:invert hides the other side. What is hidden is hidden fully:
 * the soft edge of #GstSam2Matte:feather pixels lies on the side that is kept.
 *
 * A frame without a mask of a chosen object is hidden as a whole, in every
 * mode: in front of an audience an empty picture is better than one that was
 * not to be seen. With #GstSam2Matte:without-objects set to hide-lost that also
 * goes for frames on which one of several chosen objects is lost, be it out of
 * the picture or overlooked; with keep such frames pass as they are.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=30 pattern=ball \
 *   ! video/x-raw,width=320,height=240 \
 *   ! sam2track model-file=sam2.1_hiera_tiny.pt prompt="1:points=160,120,+" \
 *   ! sam2matte ! pngenc ! multifilesink location=cutout_%05d.png
 * ]|
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=30 pattern=ball \
 *   ! video/x-raw,width=320,height=240 \
 *   ! sam2track model-file=sam2.1_hiera_tiny.pt prompt="1:points=160,120,+" \
 *   ! sam2matte mode=object-pixelate pixel-size=16 without-objects=hide-lost \
 *   ! videoconvert ! autovideosink
 * ]|
 */
#include "sam2matte.h"

#include <gst/video/gstvideofilter.h>
#include <gst/video/video.h>

#include <algorithm>
#include <utility>

#include "alpha_format.h"
#include "boundary.h"
#include "element_parts.h"
#include "gst_ptr.h"
#include "hidden_area.h"
#include "matte_painter.h"
#include "matte_properties.h"
#include "object_masks.h"
#include "picture_meta.h"

GST_DEBUG_CATEGORY_STATIC(sam2matte_debug);
#define GST_CAT_DEFAULT sam2matte_debug

// What has 8 bits per component, side by side at equal distances.
#define SAM2_MATTE_FORMATS                                             \
  "{ RGBA, BGRA, ARGB, ABGR, AYUV, A420, AV12, A422, A444, RGB, BGR, " \
  "RGBx, BGRx, xRGB, xBGR, I420, NV12, Y42B, Y444, YV12, NV21, NV16, " \
  "NV24, Y41B, GRAY8 }"

namespace {

struct State {
  sam2::MatteSettings settings;  // guarded by the object lock
  // The streaming thread's own.
  sam2::ObjectEntries entries;
  sam2::HiddenArea area;
  sam2::MattePainter painter;
  bool is_made = false;  // the frame at hand
};

}  // namespace

struct GstSam2Matte {
  GstVideoFilter parent;
  State *state;
};
struct GstSam2MatteClass {
  GstVideoFilterClass parent_class;
};

static GType gst_sam2_matte_get_type(void);
G_DEFINE_TYPE(GstSam2Matte, gst_sam2_matte, GST_TYPE_VIDEO_FILTER)
GST_ELEMENT_REGISTER_DEFINE(sam2matte, "sam2matte", GST_RANK_NONE,
                            gst_sam2_matte_get_type())

namespace {

State &state_of(gpointer object) {
  return *reinterpret_cast<GstSam2Matte *>(object)->state;
}

sam2::MatteSettings settings_of(gpointer object) {
  return sam2::locked_copy(object, state_of(object).settings);
}

void check(const sam2::ObjectChoice &choice) {
  if (choice.is_valid) return;
  throw sam2::Error(sam2::ErrorCode::kSetting,
                    "The text \"" + choice.text +
                        "\" of object-ids is no list of ids. Set it to whole "
                        "numbers with commas between, such as 1,3, or to all.");
}

bool is_chosen(const sam2::ObjectChoice &choice,
               const sam2::ObjectEntry &entry) {
  return choice.is_all ||
         (entry.object_id &&
          std::binary_search(choice.ids.begin(), choice.ids.end(),
                             *entry.object_id));
}

// Finds what is hidden on the frame with this buffer's metadata.
void update_area(State &state, const sam2::MatteSettings &settings,
                 GstBuffer *buffer, sam2::SizePx size) {
  const int feather_px = static_cast<int>(settings.feather_px);
  bool is_any_seen = false, is_any_lost = false;
  state.area.begin(size, settings.hides_background());
  for (const sam2::ObjectEntry &entry : state.entries.read(buffer)) {
    if (!is_chosen(*settings.objects, entry)) continue;
    is_any_lost |= entry.is_lost;
    if (!entry.is_lost)
      is_any_seen |=
          state.area.add(sam2::ObjectMask(buffer, entry), feather_px);
  }
  const sam2::WithoutObjects rule = settings.without_objects;
  if (!is_any_seen || (is_any_lost && rule == sam2::WithoutObjects::kHideLost))
    state.area.begin(size, rule != sam2::WithoutObjects::kKeep);
  state.area.soften(feather_px);
}

// Whether nothing of the input is left outside of the area's boxes.
bool is_outside_gone(const sam2::HiddenArea &area,
                     const sam2::MatteSettings &settings) {
  return area.outside() && settings.mode == sam2::MatteMode::kTransparent;
}

void copy_what_is_left(GstVideoFrame *input, GstVideoFrame *output,
                       const sam2::HiddenArea &area,
                       const sam2::MatteSettings &settings) {
  const sam2::SizePx size = area.size();
  if (!is_outside_gone(area, settings)) {
    sam2::copy_with_alpha(input, output, {0, 0, size.width, size.height});
    return;
  }
  for (const sam2::RectPx &box : area.boxes())
    sam2::copy_with_alpha(input, output, box);
}

// Hides what is to be hidden in `output`, into which `input` is brought first
// if it is another frame.
GstFlowReturn make_matte(GstVideoFilter *filter, GstVideoFrame *input,
                         GstVideoFrame *output) {
  return sam2::guarded(GST_ELEMENT(filter), GST_FLOW_ERROR, [&] {
    State &state = state_of(filter);
    state.is_made = true;
    const sam2::MatteSettings settings = settings_of(filter);
    check(*settings.objects);
    sam2::cut_to_caps(input, filter->in_info);
    sam2::cut_to_caps(output, filter->out_info);
    update_area(state, settings, input->buffer,
                {GST_VIDEO_FRAME_WIDTH(input), GST_VIDEO_FRAME_HEIGHT(input)});
    if (input != output) copy_what_is_left(input, output, state.area, settings);
    state.painter.paint(output, state.area, settings);
    return GST_FLOW_OK;
  });
}

GstFlowReturn transform_frame_ip(GstVideoFilter *filter, GstVideoFrame *frame) {
  return make_matte(filter, frame, frame);
}

GstFlowReturn transform(GstBaseTransform *base, GstBuffer *input,
                        GstBuffer *output) {
  return sam2::made_frame(GST_ELEMENT(base), state_of(base).is_made, [&] {
    return GST_BASE_TRANSFORM_CLASS(gst_sam2_matte_parent_class)
        ->transform(base, input, output);
  });
}

GstFlowReturn transform_ip(GstBaseTransform *base, GstBuffer *buffer) {
  return sam2::made_frame(GST_ELEMENT(base), state_of(base).is_made, [&] {
    return GST_BASE_TRANSFORM_CLASS(gst_sam2_matte_parent_class)
        ->transform_ip(base, buffer);
  });
}

gboolean set_info(GstVideoFilter *filter, GstCaps *, GstVideoInfo *input,
                  GstCaps *, GstVideoInfo *output) {
  gst_base_transform_set_in_place(
      GST_BASE_TRANSFORM(filter),
      GST_VIDEO_INFO_FORMAT(input) == GST_VIDEO_INFO_FORMAT(output));
  return TRUE;
}

GstCaps *transform_caps(GstBaseTransform *base, GstPadDirection direction,
                        GstCaps *caps, GstCaps *filter) {
  sam2::CapsPtr other(gst_caps_ref(caps));
  if (settings_of(base).mode == sam2::MatteMode::kTransparent) {
    GstPad *pad = direction == GST_PAD_SINK ? GST_BASE_TRANSFORM_SINK_PAD(base)
                                            : GST_BASE_TRANSFORM_SRC_PAD(base);
    // Caps that leave the format open get those of the pad.
    const sam2::CapsPtr all(gst_pad_get_pad_template_caps(pad));
    const sam2::CapsPtr known(
        gst_caps_intersect_full(caps, all.get(), GST_CAPS_INTERSECT_FIRST));
    other = direction == GST_PAD_SINK ? sam2::caps_with_alpha(known.get())
                                      : sam2::caps_before_alpha(known.get());
  }
  return sam2::filtered(std::move(other), filter);
}

// In place, upstream gets downstream's answer.
gboolean propose_allocation(GstBaseTransform *base, GstQuery *decided,
                            GstQuery *query) {
  const gboolean is_answered =
      GST_BASE_TRANSFORM_CLASS(gst_sam2_matte_parent_class)
          ->propose_allocation(base, decided, query);
  sam2::refuse_cropping(query);
  return is_answered;
}

gboolean transform_meta(GstBaseTransform *, GstBuffer *, GstMeta *meta,
                        GstBuffer *) {
  return sam2::is_about_picture(meta);
}

gboolean start(GstBaseTransform *base) {
  return sam2::guarded(GST_ELEMENT(base), gboolean{FALSE}, [&]() -> gboolean {
    check(*settings_of(base).objects);
    return TRUE;
  });
}

gboolean stop(GstBaseTransform *base) {
  State &state = state_of(base);
  state.area = {};
  state.painter = {};
  return TRUE;
}

// Alpha comes and goes with the mode.
void set_property(GObject *object, guint id, const GValue *value,
                  GParamSpec *) {
  sam2::guarded(GST_ELEMENT(object), 0, [&] {
    bool has_other_alpha = false;
    {
      const sam2::ObjectLock lock(object);
      sam2::MatteSettings &settings = state_of(object).settings;
      const sam2::MatteMode mode = settings.mode;
      sam2::set_matte_property(settings, id, value);
      has_other_alpha = (mode == sam2::MatteMode::kTransparent) !=
                        (settings.mode == sam2::MatteMode::kTransparent);
    }
    if (has_other_alpha)
      gst_base_transform_reconfigure_src(GST_BASE_TRANSFORM(object));
    return 0;
  });
}

void get_property(GObject *object, guint id, GValue *value, GParamSpec *) {
  sam2::get_matte_property(settings_of(object), id, value);
}

void finalize(GObject *object) {
  delete &state_of(object);
  G_OBJECT_CLASS(gst_sam2_matte_parent_class)->finalize(object);
}

}  // namespace

static void gst_sam2_matte_class_init(GstSam2MatteClass *klass) {
  GST_DEBUG_CATEGORY_INIT(sam2matte_debug, "sam2matte", 0, "SAM 2 matte");
  auto *object_class = G_OBJECT_CLASS(klass);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  sam2::install_matte_properties(object_class);

  auto *element_class = GST_ELEMENT_CLASS(klass);
  gst_element_class_set_static_metadata(
      element_class, "SAM 2 matte", "Filter/Effect/Video",
      "Cuts out or hides the objects in a video's metadata",
      "The gst-sam2 authors");
  sam2::add_pad_template(element_class, GST_PAD_SINK,
                         GST_VIDEO_CAPS_MAKE(SAM2_MATTE_FORMATS));
  sam2::add_pad_template(element_class, GST_PAD_SRC,
                         GST_VIDEO_CAPS_MAKE(SAM2_MATTE_FORMATS));

  auto *transform_class = GST_BASE_TRANSFORM_CLASS(klass);
  transform_class->start = start;
  transform_class->stop = stop;
  transform_class->transform_caps = transform_caps;
  transform_class->propose_allocation = propose_allocation;
  transform_class->transform_meta = transform_meta;
  transform_class->transform = transform;
  transform_class->transform_ip = transform_ip;
  transform_class->before_transform = sam2::sync_properties;
  auto *filter_class = GST_VIDEO_FILTER_CLASS(klass);
  filter_class->set_info = set_info;
  filter_class->transform_frame = make_matte;
  filter_class->transform_frame_ip = transform_frame_ip;
}

static void gst_sam2_matte_init(GstSam2Matte *self) { self->state = new State; }
