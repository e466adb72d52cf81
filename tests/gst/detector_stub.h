// What detectors upstream leave on a buffer.
#pragma once

#include <gst/analytics/analytics.h>
#include <gst/video/video.h>

#include <optional>
#include <string>
#include <vector>

#include "base/geometry.h"

namespace sam2 {

struct FoundThing {
  std::string label;
  BoxPx box;
  float confidence = 0.95F;
  std::optional<guint64> upstream_id;
};

inline GstAnalyticsODMtd add_found(GstAnalyticsRelationMeta *relations,
                                   const FoundThing &thing) {
  const BoxPx &box = thing.box;
  GstAnalyticsODMtd entry;
  gst_analytics_relation_meta_add_od_mtd(
      relations, g_quark_from_string(thing.label.c_str()), int(box.x),
      int(box.y), int(box.width), int(box.height), thing.confidence, &entry);
  return entry;
}

// As a detector with a tracker behind it; with no things, it has run and found
// nothing.
inline void detect(GstBuffer *buffer, const std::vector<FoundThing> &things) {
  GstAnalyticsRelationMeta *relations =
      gst_buffer_add_analytics_relation_meta(buffer);
  for (const FoundThing &thing : things) {
    const GstAnalyticsODMtd entry = add_found(relations, thing);
    if (!thing.upstream_id) continue;
    GstAnalyticsTrackingMtd tracking;
    gst_analytics_relation_meta_add_tracking_mtd(relations, *thing.upstream_id,
                                                 0, &tracking);
    gst_analytics_relation_meta_set_relation(
        relations, GST_ANALYTICS_REL_TYPE_RELATE_TO, entry.id, tracking.id);
  }
}

}  // namespace sam2
