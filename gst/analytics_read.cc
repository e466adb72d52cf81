#include <gst/analytics/analytics.h>
#include <gst/video/video.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "analytics_meta.h"
#include "base/nearest_pixel.h"
#include "gst_ptr.h"
#include "object_masks.h"
#include "sam2_scores_meta.h"

namespace sam2 {
namespace {

// A location beyond this is taken for damage: 64k x 64k is more than any video.
constexpr guint kMaxSidePx = 1 << 15;

struct MaskSource {
  GstAnalyticsSegmentationMtd segmentation;
  BufferPtr buffer;
  const GstVideoMeta *layout;  // lives as long as `buffer`
  BoxPx location;
};

bool is_usable(const GstVideoMeta *layout, guint width, guint height) {
  const auto is_side = [](guint side) { return side && side <= kMaxSidePx; };
  return layout && is_side(width) && is_side(height) &&
         is_side(layout->width) && is_side(layout->height) &&
         (layout->format == GST_VIDEO_FORMAT_GRAY8 ||
          layout->format == GST_VIDEO_FORMAT_GRAY16_LE ||
          layout->format == GST_VIDEO_FORMAT_GRAY16_BE);
}

std::optional<MaskSource> open_mask(GstAnalyticsRelationMeta *relations,
                                    guint id) {
  MaskSource source;
  if (!gst_analytics_relation_meta_get_segmentation_mtd(relations, id,
                                                        &source.segmentation))
    return std::nullopt;
  gint x = 0, y = 0;
  guint width = 0, height = 0;
  source.buffer.reset(gst_analytics_segmentation_mtd_get_mask(
      &source.segmentation, &x, &y, &width, &height));
  if (!source.buffer) return std::nullopt;
  source.layout = gst_buffer_get_video_meta(source.buffer.get());
  if (!is_usable(source.layout, width, height)) return std::nullopt;
  source.location = {static_cast<float>(x), static_cast<float>(y),
                     static_cast<float>(width), static_cast<float>(height)};
  return source;
}

guint region_at(const uint8_t *row, GstVideoFormat format, int column) {
  if (format == GST_VIDEO_FORMAT_GRAY8) return row[column];
  guint16 pixel;  // at any address
  std::memcpy(&pixel, row + 2 * column, sizeof pixel);
  return format == GST_VIDEO_FORMAT_GRAY16_LE ? GUINT16_FROM_LE(pixel)
                                              : GUINT16_FROM_BE(pixel);
}

// One row of `mask`, from the row of the buffer that `row` points to.
template <typename IsObject>
void read_row(const uint8_t *row, const GstVideoMeta &layout, int width,
              uint8_t *target, IsObject is_object) {
  const auto pixel = [&](guint region) { return is_object(region) ? 255 : 0; };
  if (layout.format == GST_VIDEO_FORMAT_GRAY8 &&
      layout.width == static_cast<guint>(width)) {  // as a rule
    std::transform(row, row + width, target, pixel);
    return;
  }
  for_each_shown(0, width, width, static_cast<int>(layout.width),
                 [&](int source, int begin, int end) {
                   std::fill(target + begin, target + end,
                             pixel(region_at(row, layout.format, source)));
                 });
}

// The pixels of `source` for which `is_object` says so, brought to `size`.
// Empty if the buffer is shorter than its layout says.
template <typename IsObject>
MaskImage scaled_mask(const MaskSource &source, SizePx size,
                      IsObject is_object) {
  const GstVideoMeta &layout = *source.layout;
  const BufferMap map(source.buffer.get(), GST_MAP_READ);
  const gsize pixel_bytes = layout.format == GST_VIDEO_FORMAT_GRAY8 ? 1 : 2;
  const gsize stride = static_cast<gsize>(std::max(layout.stride[0], 0));
  const gsize needed_bytes = layout.offset[0] + stride * (layout.height - 1) +
                             layout.width * pixel_bytes;
  if (!map.is_mapped() || map.size_bytes() < needed_bytes) return {};
  MaskImage mask;
  mask.width = size.width;
  mask.height = size.height;
  mask.pixels.resize(size_t{1} * mask.width * mask.height);
  for (int y = 0; y < mask.height; ++y)
    read_row(map.data() + layout.offset[0] +
                 stride * nearest_pixel(y, mask.height, layout.height),
             layout, mask.width, &mask.pixels[size_t{1} * y * mask.width],
             is_object);
  return mask;
}

// The smallest part of `part` of the mask that holds the object's pixels in it.
RectPx object_pixels(const MaskImage &mask, const RectPx &part) {
  RectPx found = {part.x_end, part.y_end, part.x_begin, part.y_begin};
  for (int y = part.y_begin; y < part.y_end; ++y) {
    const auto row = mask.pixels.begin() + ptrdiff_t{y} * mask.width;
    const auto is_object = [](uint8_t pixel) { return pixel != 0; };
    const auto end = row + part.x_end;
    const auto first = std::find_if(row + part.x_begin, end, is_object);
    if (first == end) continue;
    found.y_begin = std::min(found.y_begin, y);
    found.y_end = y + 1;
    found.x_begin = std::min(found.x_begin, static_cast<int>(first - row));
    int last = part.x_end;
    while (row[last - 1] == 0) --last;
    found.x_end = std::max(found.x_end, last);
  }
  return found;
}

// The object's pixels of a `mask` that covers the frame in a resolution of its
// own. Rows that show the same one are alike.
PlacedMask enlarged(const MaskImage &mask, SizePx frame) {
  const RectPx part = object_pixels(mask, {0, 0, mask.width, mask.height});
  if (part.is_empty()) return {};
  const SizePx own = {mask.width, mask.height};
  PlacedMask placed;
  placed.box = shown_box(
      {static_cast<float>(part.x_begin), static_cast<float>(part.y_begin),
       static_cast<float>(part.width()), static_cast<float>(part.height())},
      own, frame);
  const int left = static_cast<int>(placed.box.x);
  const int top = static_cast<int>(placed.box.y);
  placed.mask.width = static_cast<int>(placed.box.width);
  placed.mask.height = static_cast<int>(placed.box.height);
  const auto width = static_cast<size_t>(placed.mask.width);
  placed.mask.pixels.resize(width * placed.mask.height);
  int row_above = -1;
  for (int y = 0; y < placed.mask.height; ++y) {
    uint8_t *target = &placed.mask.pixels[y * width];
    const int row = nearest_pixel(top + y, frame.height, own.height);
    if (row == row_above) {
      std::copy_n(target - width, width, target);
      continue;
    }
    row_above = row;
    const uint8_t *source = &mask.pixels[size_t{1} * row * own.width];
    for_each_shown(left, left + placed.mask.width, frame.width, own.width,
                   [&](int column, int begin, int end) {
                     std::fill(target + (begin - left), target + (end - left),
                               source[column]);
                   });
  }
  return placed;
}

bool covers(const BoxPx &box, SizePx frame) {
  return box.x == 0 && box.y == 0 &&
         box.width == static_cast<float>(frame.width) &&
         box.height == static_cast<float>(frame.height);
}

// Reads one buffer's relations. Entries are taken up once: a detection by its
// tracking entry, a segmentation by its detection.
class Reader {
 public:
  Reader(GstBuffer *buffer, GstAnalyticsRelationMeta *relations,
         SizePx own_size_in)
      : relations_(relations),
        scores_(read_scores(buffer)),
        own_size_in_(own_size_in) {}

  std::vector<AnalyticsObject> read() {
    each(gst_analytics_tracking_mtd_get_mtd_type(),
         [this](guint id) { read_tracking(id); });
    each(gst_analytics_od_mtd_get_mtd_type(), [this](guint id) {
      if (taken_.count(id)) return;
      objects_.emplace_back();
      read_detection(id, objects_.back());
    });
    each(gst_analytics_segmentation_mtd_get_mtd_type(), [this](guint id) {
      if (!taken_.count(id)) read_regions(id);
    });
    return std::move(objects_);
  }

 private:
  template <typename Visit>
  void each(GstAnalyticsMtdType type, Visit visit) {
    gpointer state = nullptr;
    GstAnalyticsMtd entry;
    while (
        gst_analytics_relation_meta_iterate(relations_, &state, type, &entry))
      visit(entry.id);
  }

  // The first entry of `type` related with `id`, in whichever direction: not
  // every producer relates both ways.
  std::optional<guint> related(guint id, GstAnalyticsMtdType type) {
    std::optional<guint> found;
    each(type, [&](guint other) {
      if (found || taken_.count(other)) return;
      if (gst_analytics_relation_meta_get_relation(relations_, id, other) ||
          gst_analytics_relation_meta_get_relation(relations_, other, id))
        found = other;
    });
    return found;
  }

  void read_tracking(guint id) {
    GstAnalyticsTrackingMtd tracking;
    guint64 object_id = 0;
    gboolean is_lost = false;
    AnalyticsObject object;
    gst_analytics_relation_meta_get_tracking_mtd(relations_, id, &tracking);
    gst_analytics_tracking_mtd_get_info(&tracking, &object_id,
                                        &object.seen.first_ns,
                                        &object.seen.last_ns, &is_lost);
    object.object_id = static_cast<int64_t>(object_id);
    object.is_lost = is_lost;
    set_score(object);
    if (auto detection = related(id, gst_analytics_od_mtd_get_mtd_type()))
      read_detection(*detection, object);
    objects_.push_back(std::move(object));
  }

  void read_detection(guint id, AnalyticsObject &object) {
    taken_.insert(id);
    GstAnalyticsODMtd detection;
    gint x = 0, y = 0, width = 0, height = 0;
    gst_analytics_relation_meta_get_od_mtd(relations_, id, &detection);
    gst_analytics_od_mtd_get_location(&detection, &x, &y, &width, &height,
                                      &object.confidence);
    object.box = {static_cast<float>(x), static_cast<float>(y),
                  static_cast<float>(width), static_cast<float>(height)};
    const GQuark label = gst_analytics_od_mtd_get_obj_type(&detection);
    if (label) object.label = g_quark_to_string(label);
    const auto segmentation =
        related(id, gst_analytics_segmentation_mtd_get_mtd_type());
    if (!segmentation) return;
    taken_.insert(*segmentation);
    if (const auto source = open_mask(relations_, *segmentation))
      set_mask(object, *source, [](guint region) { return region != 0; });
  }

  void read_regions(guint id) {
    const auto source = open_mask(relations_, id);
    if (!source) return;
    const gsize count =
        gst_analytics_segmentation_mtd_get_region_count(&source->segmentation);
    for (gsize i = 0; i < count; ++i) {
      const guint wanted = gst_analytics_segmentation_mtd_get_region_id(
          &source->segmentation, i);
      if (wanted == 0) continue;
      AnalyticsObject object;
      set_mask(object, *source,
               [wanted](guint region) { return region == wanted; });
      object.box = object.mask_box;
      if (!object.mask.is_empty()) objects_.push_back(std::move(object));
    }
  }

  template <typename IsObject>
  void set_mask(AnalyticsObject &object, const MaskSource &source,
                IsObject is_object) const {
    const SizePx place = {static_cast<int>(source.location.width),
                          static_cast<int>(source.location.height)};
    const SizePx own = {static_cast<int>(source.layout->width),
                        static_cast<int>(source.layout->height)};
    object.mask_covers_frame =
        own != place && covers(source.location, own_size_in_);
    object.mask =
        scaled_mask(source, object.mask_covers_frame ? own : place, is_object);
    if (!object.mask.is_empty()) object.mask_box = source.location;
  }

  void set_score(AnalyticsObject &object) const {
    for (const ObjectScore &entry : scores_) {
      if (entry.object_id != *object.object_id) continue;
      object.object_score = entry.object_score;
      object.is_coasted = entry.is_coasted;
      object.kf_score = entry.kf_score;
      object.stable_frames = entry.stable_frames;
      return;
    }
  }

  GstAnalyticsRelationMeta *relations_;
  std::vector<ObjectScore> scores_;
  SizePx own_size_in_;
  std::set<guint> taken_;
  std::vector<AnalyticsObject> objects_;
};

}  // namespace

std::vector<AnalyticsObject> read_objects(GstBuffer *buffer,
                                          SizePx own_size_in) {
  GstAnalyticsRelationMeta *relations =
      gst_buffer_get_analytics_relation_meta(buffer);
  if (!relations) return {};
  return Reader(buffer, relations, own_size_in).read();
}

PlacedMask clipped_mask(const AnalyticsObject &object, SizePx frame_size) {
  if (object.mask_covers_frame) return enlarged(object.mask, frame_size);
  const int left = static_cast<int>(object.mask_box.x);
  const int top = static_cast<int>(object.mask_box.y);
  const int x_begin = std::max(left, 0);
  const int y_begin = std::max(top, 0);
  const int x_end = std::min(left + object.mask.width, frame_size.width);
  const int y_end = std::min(top + object.mask.height, frame_size.height);
  if (object.mask.is_empty() || x_begin >= x_end || y_begin >= y_end) return {};
  const RectPx part = object_pixels(
      object.mask, {x_begin - left, y_begin - top, x_end - left, y_end - top});
  if (part.is_empty()) return {};
  PlacedMask clipped;
  clipped.mask.width = part.width();
  clipped.mask.height = part.height();
  clipped.box = {static_cast<float>(left + part.x_begin),
                 static_cast<float>(top + part.y_begin),
                 static_cast<float>(clipped.mask.width),
                 static_cast<float>(clipped.mask.height)};
  for (int y = part.y_begin; y < part.y_end; ++y) {
    const auto row = object.mask.pixels.begin() +
                     static_cast<ptrdiff_t>(y) * object.mask.width;
    clipped.mask.pixels.insert(clipped.mask.pixels.end(), row + part.x_begin,
                               row + part.x_end);
  }
  return clipped;
}

}  // namespace sam2
