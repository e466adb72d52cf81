// What several elements do in the same way.
#pragma once

#include <gst/base/gstbasetransform.h>
#include <gst/gst.h>

#include "boundary.h"
#include "gst_ptr.h"

namespace sam2 {

// Adds an always pad called "sink" or "src", by `direction`, with the caps
// that `caps` describes.
void add_pad_template(GstElementClass *element_class, GstPadDirection direction,
                      const char *caps);

// The same for frames that `caps` describes, and for those in the memory of a
// GPU that decoders and converters make (memory:CUDAMemory). No CUDA is needed
// for them: to be mapped, they copy themselves to the host, and back when they
// were written to and a GPU's element uses them next.
void add_frames_template(GstElementClass *element_class,
                         GstPadDirection direction, const char *caps);

// What transform_caps() returns: the part of `caps` that is in `filter`, in
// the filter's order; all of it without one.
GstCaps *filtered(CapsPtr caps, GstCaps *filter);

// Takes cropping by GstVideoCropMeta out of downstream's answer to an
// ALLOCATION `query`: what is looked at or painted over would be another part
// of the frame.
void refuse_cropping(GstQuery *query);

// before_transform() of elements whose properties may be controlled by time.
void sync_properties(GstBaseTransform *base, GstBuffer *buffer);

// Runs `transform`, that of GstVideoFilter. Frames that it cannot map it passes
// on, not hidden or never written; here they are an error (kFormat). `is_made`
// is what transform_frame() sets.
template <typename Transform>
GstFlowReturn made_frame(GstElement *element, bool &is_made,
                         Transform transform) {
  is_made = false;
  const GstFlowReturn flow = transform();
  if (flow != GST_FLOW_OK || is_made) return flow;
  post_error(element, Error(ErrorCode::kFormat,
                            "A frame's memory is too small or cannot be read. "
                            "Put a videoconvert in front of the element."));
  return GST_FLOW_ERROR;
}

// A copy of `value`, which the lock of `object` guards.
template <typename T>
T locked_copy(gpointer object, const T &value) {
  const ObjectLock lock(object);
  return value;
}

}  // namespace sam2
