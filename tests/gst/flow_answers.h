// What the pad behind sam2track answers, in tests of how the flow ends.
#pragma once

#include "track_run.h"

namespace sam2 {

inline GstPad *source(const TrackRun &run) {
  return GST_PAD(run.element()->srcpads->data);
}

// Lets the pad behind the element answer `flow` to each frame.
inline void answer(const TrackRun &run, GstFlowReturn flow) {
  gst_pad_add_probe(
      run.harness()->sinkpad, GST_PAD_PROBE_TYPE_BUFFER,
      [](GstPad *, GstPadProbeInfo *info, gpointer data) {
        gst_buffer_unref(GST_PAD_PROBE_INFO_BUFFER(info));
        GST_PAD_PROBE_INFO_DATA(info) = nullptr;
        GST_PAD_PROBE_INFO_FLOW_RETURN(info) =
            static_cast<GstFlowReturn>(GPOINTER_TO_INT(data));
        return GST_PAD_PROBE_HANDLED;
      },
      GINT_TO_POINTER(flow), nullptr);
}

inline GstFlowReturn push_until_refused(const TrackRun &run) {
  for (int i = 0;; ++i) {
    const GstFlowReturn flow = run.push(i);
    if (flow != GST_FLOW_OK) return flow;
  }
}

}  // namespace sam2
