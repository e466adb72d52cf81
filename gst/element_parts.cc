#include "element_parts.h"

#include <gst/video/video.h>

#include <string>

namespace sam2 {
namespace {

constexpr char kCudaFrames[] = GST_VIDEO_CAPS_MAKE_WITH_FEATURES(
    "memory:CUDAMemory", "{ NV12, RGBA, I420 }");

}  // namespace

void add_pad_template(GstElementClass *element_class, GstPadDirection direction,
                      const char *caps) {
  const CapsPtr parsed(gst_caps_from_string(caps));
  gst_element_class_add_pad_template(
      element_class,
      gst_pad_template_new(direction == GST_PAD_SINK ? "sink" : "src",
                           direction, GST_PAD_ALWAYS, parsed.get()));
}

void add_frames_template(GstElementClass *element_class,
                         GstPadDirection direction, const char *caps) {
  add_pad_template(element_class, direction,
                   (std::string(caps) + ";" + kCudaFrames).c_str());
}

GstCaps *filtered(CapsPtr caps, GstCaps *filter) {
  if (!filter) return caps.release();
  return gst_caps_intersect_full(filter, caps.get(), GST_CAPS_INTERSECT_FIRST);
}

void refuse_cropping(GstQuery *query) {
  guint index = 0;
  if (gst_query_find_allocation_meta(query, GST_VIDEO_CROP_META_API_TYPE,
                                     &index))
    gst_query_remove_nth_allocation_meta(query, index);
}

void sync_properties(GstBaseTransform *base, GstBuffer *buffer) {
  if (base->segment.format != GST_FORMAT_TIME) return;
  const GstClockTime stream_ns = gst_segment_to_stream_time(
      &base->segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
  if (GST_CLOCK_TIME_IS_VALID(stream_ns))
    gst_object_sync_values(GST_OBJECT(base), stream_ns);
}

}  // namespace sam2
