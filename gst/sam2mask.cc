/**
 * SECTION:element-sam2mask
 * @title: sam2mask
 *
 * Makes a picture of the objects in a buffer's #GstAnalyticsRelationMeta: a
 * label map, whose pixels are the number of the object (0 where there is
 * none), or a mask, white on the objects and black beside them. It reads
 * standard metadata only and never looks at the video's pixels. Buffers
 * without metadata, and objects that are lost, give black. Where objects
 * overlap, the later one in the metadata is on top. Times, flags (but that of
 * gaps), offsets and metadata are those of the incoming buffer, and every
 * buffer gives one, however late it is.
 *
 * #GstSam2Mask:values says what an object's number is: its place in the
 * metadata, from 1 and counting lost objects, or its tracking id. A number
 * that the format cannot hold, because it is below 1, above 255 (GRAY8) or
 * above 65535 (GRAY16_LE), or because the object is not tracked and has no id,
 * becomes the largest possible one, and the element posts one warning. GRAY8
 * is chosen where downstream takes both; a caps filter gives GRAY16_LE.
 *
 * White is 255 or 65535. A mask has the colorimetry of a YUV video, because
 * alphacombine wants the same range from both of its inputs; its values are
 * full range all the same. A label map has none: conversions must not touch
 * its numbers.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=30 pattern=ball \
 *   ! video/x-raw,width=320,height=240 \
 *   ! sam2track model-file=sam2.1_hiera_tiny.pt prompt="1:points=160,120,+" \
 *   ! sam2mask ! pngenc ! multifilesink location=labels_%05d.png
 * ]|
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=30 pattern=ball \
 *   ! video/x-raw,format=I420,width=320,height=240 \
 *   ! sam2track model-file=sam2.1_hiera_tiny.pt prompt="1:points=160,120,+" \
 *   ! tee name=t ! queue ! alphacombine name=combine \
 *   t. ! queue ! sam2mask output=mask ! combine.alpha \
 *   combine. ! videoconvert ! autovideosink
 * ]|
 */
#include "sam2mask.h"

#include <gst/video/gstvideofilter.h>
#include <gst/video/video.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "boundary.h"
#include "element_parts.h"
#include "gst_ptr.h"
#include "mask_properties.h"
#include "object_masks.h"
#include "picture_meta.h"

GST_DEBUG_CATEGORY_STATIC(sam2mask_debug);
#define GST_CAT_DEFAULT sam2mask_debug

namespace {

constexpr const char *kSourceFormats = "{ GRAY8, GRAY16_LE }";

struct State {
  sam2::MaskSettings settings;  // guarded by the object lock
  // The streaming thread's own.
  sam2::ObjectEntries entries;
  std::vector<uint8_t> row;
  bool has_warned = false;
  bool is_made = false;  // the frame at hand
};

}  // namespace

struct GstSam2Mask {
  GstVideoFilter parent;
  State *state;
};
struct GstSam2MaskClass {
  GstVideoFilterClass parent_class;
};

static GType gst_sam2_mask_get_type(void);
G_DEFINE_TYPE(GstSam2Mask, gst_sam2_mask, GST_TYPE_VIDEO_FILTER)
GST_ELEMENT_REGISTER_DEFINE(sam2mask, "sam2mask", GST_RANK_NONE,
                            gst_sam2_mask_get_type())

namespace {

State &state_of(gpointer object) {
  return *reinterpret_cast<GstSam2Mask *>(object)->state;
}

sam2::MaskSettings settings_of(gpointer object) {
  return sam2::locked_copy(object, state_of(object).settings);
}

bool is_wide(const GstVideoFrame &frame) {
  return GST_VIDEO_FRAME_FORMAT(&frame) == GST_VIDEO_FORMAT_GRAY16_LE;
}

void warn_once(GstElement *element, int64_t label, guint white) {
  if (std::exchange(state_of(element).has_warned, true)) return;
  GST_ELEMENT_WARNING(
      element, STREAM, FORMAT,
      ("The object number %" G_GINT64_FORMAT
       " is not in 1...%u and became %u. Ask for GRAY16_LE with a caps filter, "
       "or set values to index.",
       label, white, white),
      (nullptr));
}

// The pixel value of an object, or 0 if it is not shown.
guint value_of(GstElement *element, const sam2::MaskSettings &settings,
               const sam2::ObjectEntry &entry, size_t index, guint white) {
  const bool is_asked_for = settings.object_id == sam2::kAllObjects ||
                            entry.object_id == settings.object_id;
  if (entry.is_lost || !entry.segmentation || !is_asked_for) return 0;
  if (!settings.is_label_map()) return white;
  const int64_t label = settings.values == sam2::LabelValues::kIndex
                            ? static_cast<int64_t>(index)
                            : entry.object_id.value_or(-1);
  if (label >= 1 && label <= white) return static_cast<guint>(label);
  warn_once(element, label, white);
  return white;
}

uint8_t *row_of(GstVideoFrame *frame, int y) {
  return static_cast<uint8_t *>(GST_VIDEO_FRAME_PLANE_DATA(frame, 0)) +
         static_cast<ptrdiff_t>(y) * GST_VIDEO_FRAME_PLANE_STRIDE(frame, 0);
}

void clear(GstVideoFrame *frame) {
  const auto row_bytes =
      static_cast<size_t>(GST_VIDEO_FRAME_WIDTH(frame)) *
      static_cast<size_t>(GST_VIDEO_FRAME_COMP_PSTRIDE(frame, 0));
  for (int y = 0; y < GST_VIDEO_FRAME_HEIGHT(frame); ++y)
    std::fill_n(row_of(frame, y), row_bytes, uint8_t{0});
}

void write_gray8(uint8_t *target, const uint8_t *mask, int count, guint value) {
  const auto pixel = static_cast<uint8_t>(value);
  for (int x = 0; x < count; ++x) target[x] = mask[x] ? pixel : target[x];
}

// Rows may start at odd addresses.
void write_gray16(uint8_t *target, const uint8_t *mask, int count,
                  guint value) {
  for (int x = 0; x < count; ++x)
    if (mask[x]) {
      target[2 * x] = static_cast<uint8_t>(value & 0xff);
      target[2 * x + 1] = static_cast<uint8_t>(value >> 8);
    }
}

void write_object(GstVideoFrame *frame, const sam2::ObjectMask &mask,
                  guint value, std::vector<uint8_t> &row) {
  const sam2::RectPx box = mask.object_box_in(
      {GST_VIDEO_FRAME_WIDTH(frame), GST_VIDEO_FRAME_HEIGHT(frame)});
  if (box.is_empty()) return;
  row.resize(static_cast<size_t>(box.width()));
  const int step = GST_VIDEO_FRAME_COMP_PSTRIDE(frame, 0);
  for (int y = box.y_begin; y < box.y_end; ++y) {
    if (y == box.y_begin || !mask.is_as_above(y))
      mask.read_row(y, box, row.data());
    uint8_t *target = row_of(frame, y) + ptrdiff_t{1} * box.x_begin * step;
    const auto write = is_wide(*frame) ? write_gray16 : write_gray8;
    write(target, row.data(), box.width(), value);
  }
}

GstFlowReturn transform_frame(GstVideoFilter *filter, GstVideoFrame *input,
                              GstVideoFrame *output) {
  return sam2::guarded(GST_ELEMENT(filter), GST_FLOW_ERROR, [&] {
    State &state = state_of(filter);
    state.is_made = true;
    const sam2::MaskSettings settings = settings_of(filter);
    const guint white = is_wide(*output) ? G_MAXUINT16 : G_MAXUINT8;
    clear(output);
    const auto &entries = state.entries.read(input->buffer);
    for (size_t i = 0; i < entries.size(); ++i) {
      const guint value =
          value_of(GST_ELEMENT(filter), settings, entries[i], i + 1, white);
      if (value)
        write_object(output, sam2::ObjectMask(input->buffer, entries[i]), value,
                     state.row);
    }
    return GST_FLOW_OK;
  });
}

GstFlowReturn transform(GstBaseTransform *base, GstBuffer *input,
                        GstBuffer *output) {
  return sam2::made_frame(GST_ELEMENT(base), state_of(base).is_made, [&] {
    return GST_BASE_TRANSFORM_CLASS(gst_sam2_mask_parent_class)
        ->transform(base, input, output);
  });
}

// The colorimetry of one video format if it is one of YUV or grey, else empty.
sam2::CharPtr colorimetry_of(const GstCaps *caps) {
  GstVideoInfo info;
  if (!gst_caps_is_fixed(caps) || !gst_video_info_from_caps(&info, caps) ||
      GST_VIDEO_INFO_IS_RGB(&info))
    return nullptr;
  return sam2::CharPtr(gst_video_colorimetry_to_string(&info.colorimetry));
}

void set_formats(GstCaps *caps, const char *formats) {
  GValue list = G_VALUE_INIT;
  g_value_init(&list, GST_TYPE_LIST);
  gst_value_deserialize(&list, formats);
  gst_caps_set_value(caps, "format", &list);
  g_value_unset(&list);
}

// Everything but what is about colours.
sam2::CapsPtr without_format(const GstCaps *caps) {
  sam2::CapsPtr plain(gst_caps_copy(caps));
  for (guint i = 0; i < gst_caps_get_size(plain.get()); ++i)
    gst_structure_remove_fields(gst_caps_get_structure(plain.get(), i),
                                "format", "colorimetry", "chroma-site",
                                nullptr);
  return plain;
}

// From sink to source: first what alphacombine takes, then anything.
sam2::CapsPtr source_caps(const GstCaps *sink_caps, bool is_label_map) {
  sam2::CapsPtr any = without_format(sink_caps);
  set_formats(any.get(), kSourceFormats);
  const sam2::CharPtr colorimetry = colorimetry_of(sink_caps);
  if (is_label_map || !colorimetry) return any;
  sam2::CapsPtr preferred(gst_caps_copy(any.get()));
  gst_caps_set_simple(preferred.get(), "colorimetry", G_TYPE_STRING,
                      colorimetry.get(), nullptr);
  gst_caps_append(preferred.get(), any.release());
  return preferred;
}

GstCaps *transform_caps(GstBaseTransform *base, GstPadDirection direction,
                        GstCaps *caps, GstCaps *filter) {
  sam2::CapsPtr other =
      direction == GST_PAD_SINK
          ? source_caps(caps, settings_of(base).is_label_map())
          : without_format(caps);
  return sam2::filtered(std::move(other), filter);
}

gboolean transform_meta(GstBaseTransform *, GstBuffer *, GstMeta *meta,
                        GstBuffer *) {
  return sam2::is_about_picture(meta);
}

gboolean start(GstBaseTransform *base) {
  state_of(base).has_warned = false;
  return TRUE;
}

// A mask and a label map have different caps.
void set_property(GObject *object, guint id, const GValue *value,
                  GParamSpec *) {
  bool is_other_kind = false;
  {
    const sam2::ObjectLock lock(object);
    sam2::MaskSettings &settings = state_of(object).settings;
    const bool was_label_map = settings.is_label_map();
    sam2::set_mask_property(settings, id, value);
    is_other_kind = settings.is_label_map() != was_label_map;
  }
  if (is_other_kind)
    gst_base_transform_reconfigure_src(GST_BASE_TRANSFORM(object));
}

void get_property(GObject *object, guint id, GValue *value, GParamSpec *) {
  sam2::get_mask_property(settings_of(object), id, value);
}

void finalize(GObject *object) {
  delete &state_of(object);
  G_OBJECT_CLASS(gst_sam2_mask_parent_class)->finalize(object);
}

}  // namespace

static void gst_sam2_mask_class_init(GstSam2MaskClass *klass) {
  GST_DEBUG_CATEGORY_INIT(sam2mask_debug, "sam2mask", 0, "SAM 2 mask");
  auto *object_class = G_OBJECT_CLASS(klass);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  sam2::install_mask_properties(object_class);

  auto *element_class = GST_ELEMENT_CLASS(klass);
  gst_element_class_set_static_metadata(
      element_class, "SAM 2 mask", "Converter/Analyzer/Video",
      "Makes label maps and masks of the objects in a video's metadata",
      "The gst-sam2 authors");
  sam2::add_pad_template(element_class, GST_PAD_SINK,
                         GST_VIDEO_CAPS_MAKE(GST_VIDEO_FORMATS_ALL));
  sam2::add_pad_template(element_class, GST_PAD_SRC,
                         GST_VIDEO_CAPS_MAKE("{ GRAY8, GRAY16_LE }"));

  auto *transform_class = GST_BASE_TRANSFORM_CLASS(klass);
  transform_class->start = start;
  transform_class->transform_caps = transform_caps;
  transform_class->transform_meta = transform_meta;
  transform_class->transform = transform;
  GST_VIDEO_FILTER_CLASS(klass)->transform_frame = transform_frame;
}

static void gst_sam2_mask_init(GstSam2Mask *self) {
  self->state = new State;
  gst_base_transform_set_in_place(GST_BASE_TRANSFORM(self), FALSE);
  // Elements such as alphacombine count: every frame has its mask, late or not.
  gst_base_transform_set_qos_enabled(GST_BASE_TRANSFORM(self), FALSE);
}
