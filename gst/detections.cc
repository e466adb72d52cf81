#include "detections.h"

#include <gst/analytics/analytics.h>
#include <gst/video/video.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace sam2 {
namespace {

// A region that somebody points out is certain, unless he says otherwise.
constexpr float kRegionConfidence = 1;

std::string text_of(GQuark quark) {
  return quark ? g_quark_to_string(quark) : "";
}

BoxPx clipped(double x, double y, double width, double height,
              SizePx frame_size) {
  const double left = std::max(x, 0.0);
  const double top = std::max(y, 0.0);
  const double right = std::min<double>(x + width, frame_size.width);
  const double bottom = std::min<double>(y + height, frame_size.height);
  return {float(left), float(top), float(right - left), float(bottom - top)};
}

// The entry of `type` related with `id`, in whichever direction: not every
// producer relates both ways.
std::optional<guint> related(GstAnalyticsRelationMeta *relations, guint id,
                             GstAnalyticsMtdType type) {
  gpointer state = nullptr;
  GstAnalyticsMtd other;
  while (gst_analytics_relation_meta_iterate(relations, &state, type, &other))
    if (gst_analytics_relation_meta_get_relation(relations, id, other.id) ||
        gst_analytics_relation_meta_get_relation(relations, other.id, id))
      return other.id;
  return std::nullopt;
}

std::optional<int64_t> upstream_id(GstAnalyticsRelationMeta *relations,
                                   guint tracking_id) {
  GstAnalyticsTrackingMtd tracking;
  guint64 id = 0;
  GstClockTime first_ns = 0, last_ns = 0;
  gboolean is_lost = FALSE;
  if (!gst_analytics_relation_meta_get_tracking_mtd(relations, tracking_id,
                                                    &tracking) ||
      !gst_analytics_tracking_mtd_get_info(&tracking, &id, &first_ns, &last_ns,
                                           &is_lost) ||
      is_lost)
    return std::nullopt;
  return static_cast<int64_t>(id);
}

std::optional<Detection> read_entry(GstAnalyticsRelationMeta *relations,
                                    const GstAnalyticsODMtd &entry,
                                    SizePx frame_size) {
  const auto tracking =
      related(relations, entry.id, gst_analytics_tracking_mtd_get_mtd_type());
  if (tracking && related(relations, entry.id,
                          gst_analytics_segmentation_mtd_get_mtd_type()))
    return std::nullopt;
  Detection detection;
  gint x = 0, y = 0, width = 0, height = 0;
  if (!gst_analytics_od_mtd_get_location(&entry, &x, &y, &width, &height,
                                         &detection.confidence))
    return std::nullopt;
  detection.box = clipped(x, y, width, height, frame_size);
  detection.label = text_of(gst_analytics_od_mtd_get_obj_type(&entry));
  if (tracking) detection.upstream_id = upstream_id(relations, *tracking);
  return detection;
}

void read_entries(GstAnalyticsRelationMeta *relations, SizePx frame_size,
                  std::vector<Detection> &found) {
  gpointer state = nullptr;
  GstAnalyticsODMtd entry;
  while (gst_analytics_relation_meta_iterate(
      relations, &state, gst_analytics_od_mtd_get_mtd_type(), &entry))
    if (auto detection = read_entry(relations, entry, frame_size))
      found.push_back(std::move(*detection));
}

float confidence_of(const GstVideoRegionOfInterestMeta &region) {
  for (const GList *item = region.params; item; item = item->next) {
    const auto *params = static_cast<const GstStructure *>(item->data);
    const GValue *value = gst_structure_get_value(params, "confidence");
    if (!value) continue;
    if (G_VALUE_HOLDS_DOUBLE(value))
      return static_cast<float>(g_value_get_double(value));
    if (G_VALUE_HOLDS_FLOAT(value)) return g_value_get_float(value);
  }
  return kRegionConfidence;
}

Detection read_region(const GstVideoRegionOfInterestMeta &region,
                      SizePx frame_size) {
  Detection detection;
  detection.box = clipped(region.x, region.y, region.w, region.h, frame_size);
  detection.label = text_of(region.roi_type);
  detection.confidence = confidence_of(region);
  return detection;
}

}  // namespace

FrameDetections read_detections(GstBuffer *buffer, SizePx frame_size) {
  FrameDetections detections;
  detections.has_detector_run = false;
  std::vector<Detection> &found = detections.found;
  if (auto *relations = gst_buffer_get_analytics_relation_meta(buffer)) {
    detections.has_detector_run = true;
    read_entries(relations, frame_size, found);
  }
  gpointer state = nullptr;
  while (const GstMeta *meta = gst_buffer_iterate_meta_filtered(
             buffer, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)) {
    detections.has_detector_run = true;
    found.push_back(read_region(
        *reinterpret_cast<const GstVideoRegionOfInterestMeta *>(meta),
        frame_size));
  }
  const auto is_outside = [](const Detection &d) { return d.box.is_empty(); };
  found.erase(std::remove_if(found.begin(), found.end(), is_outside),
              found.end());
  return detections;
}

}  // namespace sam2
