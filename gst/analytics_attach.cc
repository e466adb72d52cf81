#include <gst/analytics/analytics.h>
#include <gst/video/video.h>

#include <atomic>
#include <new>
#include <optional>
#include <string>

#include "analytics_meta.h"
#include "gst_ptr.h"
#include "io/result_json.h"
#include "sam2_scores_meta.h"

namespace sam2 {
namespace {

constexpr size_t kMaxGray8Objects = 255;
// GLib never frees the text of a quark: what may come in any number ends here.
constexpr int kMaxNewLabels = 4096;

gint whole(float value_px) { return static_cast<gint>(value_px); }

struct MaskFormat {
  GstVideoFormat format;
  int bytes_per_pixel;
};

MaskFormat mask_format(size_t object_count) {
  if (object_count > kMaxGray8Objects) return {GST_VIDEO_FORMAT_GRAY16_LE, 2};
  return {GST_VIDEO_FORMAT_GRAY8, 1};
}

void write_indices(const MaskImage &mask, guint index, int bytes_per_pixel,
                   uint8_t *target) {
  for (const uint8_t pixel : mask.pixels) {
    const guint value = pixel ? index : 0;
    *target++ = static_cast<uint8_t>(value & 0xff);
    if (bytes_per_pixel == 2) *target++ = static_cast<uint8_t>(value >> 8);
  }
}

BufferPtr mask_buffer(const MaskImage &mask, guint index, MaskFormat format) {
  const size_t size_bytes = mask.pixels.size() * format.bytes_per_pixel;
  BufferPtr buffer(gst_buffer_new_allocate(nullptr, size_bytes, nullptr));
  if (!buffer) throw std::bad_alloc();
  {
    const BufferMap map(buffer.get(), GST_MAP_WRITE);
    if (!map.is_mapped()) throw std::bad_alloc();
    write_indices(mask, index, format.bytes_per_pixel, map.data());
  }
  gsize offset[GST_VIDEO_MAX_PLANES] = {0};
  gint stride[GST_VIDEO_MAX_PLANES] = {mask.width * format.bytes_per_pixel};
  gst_buffer_add_video_meta_full(buffer.get(), GST_VIDEO_FRAME_FLAG_NONE,
                                 format.format, mask.width, mask.height, 1,
                                 offset, stride);
  return buffer;
}

GstAnalyticsTrackingMtd add_tracking(GstAnalyticsRelationMeta *relations,
                                     const ObjectResult &object,
                                     const SeenTimes &seen) {
  GstAnalyticsTrackingMtd tracking;
  const guint64 id = static_cast<guint64>(object.object_id);
  if (!gst_analytics_relation_meta_add_tracking_mtd(relations, id,
                                                    seen.first_ns, &tracking))
    throw std::bad_alloc();
  gst_analytics_tracking_mtd_update_last_seen(&tracking, seen.last_ns);
  if (object.is_lost) gst_analytics_tracking_mtd_set_lost(&tracking);
  return tracking;
}

GQuark label_quark(const std::string &label) {
  static std::atomic<int> added{0};
  const char *text = label.empty() ? "object" : label.c_str();
  if (const GQuark known = g_quark_try_string(text)) return known;
  if (added >= kMaxNewLabels) return g_quark_from_string("object");
  ++added;
  return g_quark_from_string(text);
}

GstAnalyticsODMtd add_detection(GstAnalyticsRelationMeta *relations,
                                const ObjectResult &object) {
  const BoxPx &box = object.box;
  GstAnalyticsODMtd detection;
  if (!gst_analytics_relation_meta_add_od_mtd(
          relations, label_quark(object.label), whole(box.x), whole(box.y),
          whole(box.width), whole(box.height), object.predicted_iou,
          &detection))
    throw std::bad_alloc();
  return detection;
}

GstAnalyticsSegmentationMtd add_segmentation(
    GstAnalyticsRelationMeta *relations, const ObjectResult &object,
    const BoxPx &location, guint index, MaskFormat format) {
  BufferPtr buffer = mask_buffer(object.mask, index, format);
  guint region_ids[] = {0, index};
  GstAnalyticsSegmentationMtd segmentation;
  if (!gst_analytics_relation_meta_add_segmentation_mtd(
          relations, buffer.get(), GST_SEGMENTATION_TYPE_INSTANCE,
          G_N_ELEMENTS(region_ids), region_ids, whole(location.x),
          whole(location.y), static_cast<guint>(location.width),
          static_cast<guint>(location.height), &segmentation))
    throw std::bad_alloc();
  (void)buffer.release();  // the metadata owns it now
  return segmentation;
}

void relate(GstAnalyticsRelationMeta *relations, guint from, guint to) {
  gst_analytics_relation_meta_set_relation(
      relations, GST_ANALYTICS_REL_TYPE_RELATE_TO, from, to);
}

void add_object(GstAnalyticsRelationMeta *relations, const ObjectResult &object,
                const SeenTimes &seen, SizePx frame_size, guint index,
                MaskFormat format, const AttachedParts &parts) {
  std::optional<guint> tracking, detection;
  if (parts.tracks && object.object_id != kUntrackedId)
    tracking = add_tracking(relations, object, seen).id;
  if (object.is_lost) return;
  if (parts.detections) detection = add_detection(relations, object).id;
  if (detection && tracking) relate(relations, *detection, *tracking);
  if (!parts.segmentations || object.mask.is_empty()) return;
  const guint segmentation =
      add_segmentation(relations, object, mask_box(object, frame_size), index,
                       format)
          .id;
  if (!detection) return;
  relate(relations, *detection, segmentation);
  relate(relations, segmentation, *detection);
}

std::vector<ObjectScore> object_scores(const FrameResult &result) {
  std::vector<ObjectScore> scores;
  scores.reserve(result.objects.size());
  for (const ObjectResult &object : result.objects)
    if (object.object_id != kUntrackedId)
      scores.push_back({object.object_id, object.object_score,
                        object.is_coasted, object.kf_score,
                        object.stable_frames});
  return scores;
}

}  // namespace

void attach_result(GstBuffer *buffer, const FrameResult &result,
                   const std::vector<SeenTimes> &times,
                   const AttachedParts &parts) {
  if (result.objects.empty()) return;
  if (parts.scores) add_scores_meta(buffer, object_scores(result));
  if (!parts.detections && !parts.tracks && !parts.segmentations) return;
  GstAnalyticsRelationMeta *relations =
      gst_buffer_add_analytics_relation_meta(buffer);
  if (!relations) throw std::bad_alloc();
  const MaskFormat format = mask_format(result.objects.size());
  for (size_t i = 0; i < result.objects.size(); ++i)
    add_object(relations, result.objects[i], times[i], result.frame_size,
               static_cast<guint>(i + 1), format, parts);
}

}  // namespace sam2
