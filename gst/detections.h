// What a detector upstream has found on a frame.
#pragma once

#include <gst/gst.h>

#include "base/geometry.h"
#include "track/object_lifecycle.h"

namespace sam2 {

// The detections on `buffer`, of which no metadata changes:
//
//   - each GstAnalyticsODMtd: its type is the label; the
//   GstAnalyticsTrackingMtd
//     related with it, if any and not lost, gives the upstream id. One that has
//     both tracking and a segmentation is no detection: somebody, such as
//     another sam2track, tracks it already
//   - each GstVideoRegionOfInterestMeta: roi_type is the label; a number
//     "confidence" in one of its params is the confidence, without one it is 1
//
// Boxes are cut to the frame; those outside are left out. A detector has run if
// there is a GstAnalyticsRelationMeta, empty or not, or a region of interest:
// on a buffer without either nothing is known. Reentrant.
FrameDetections read_detections(GstBuffer *buffer, SizePx frame_size);

}  // namespace sam2
