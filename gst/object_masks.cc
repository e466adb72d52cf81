#include "object_masks.h"

#include <gst/analytics/analytics.h>

#include <algorithm>

#include "base/nearest_pixel.h"

namespace sam2 {
namespace {

// As in read_objects(): a location beyond this is taken for damage.
constexpr guint kMaxSidePx = 1 << 15;

bool is_side(guint side) { return side && side <= kMaxSidePx; }

gsize pixel_bytes(GstVideoFormat format) {
  if (format == GST_VIDEO_FORMAT_GRAY8) return 1;
  const bool is_wide = format == GST_VIDEO_FORMAT_GRAY16_LE ||
                       format == GST_VIDEO_FORMAT_GRAY16_BE;
  return is_wide ? 2 : 0;
}

bool is_usable(const GstVideoMeta *layout, guint width, guint height) {
  return layout && is_side(width) && is_side(height) &&
         is_side(layout->width) && is_side(layout->height) &&
         pixel_bytes(layout->format) > 0;
}

gsize needed_bytes(const GstVideoMeta &layout) {
  const gsize stride = static_cast<gsize>(std::max(layout.stride[0], 0));
  return layout.offset[0] + stride * (layout.height - 1) +
         layout.width * pixel_bytes(layout.format);
}

guint region_at(const uint8_t *row, GstVideoFormat format, int column) {
  if (format == GST_VIDEO_FORMAT_GRAY8) return row[column];
  const uint8_t *pixel = row + 2 * column;
  // Byte by byte: rows may start at odd addresses.
  const bool is_little = format == GST_VIDEO_FORMAT_GRAY16_LE;
  return static_cast<guint>(pixel[is_little ? 1 : 0] << 8 |
                            pixel[is_little ? 0 : 1]);
}

// Walks one buffer's relations. Entries are taken up once: a detection by its
// tracking entry, a segmentation by its detection.
class Walk {
 public:
  Walk(GstBuffer *buffer, GstAnalyticsRelationMeta *relations,
       std::vector<ObjectEntry> &entries, std::vector<guint> &taken)
      : buffer_(buffer),
        relations_(relations),
        entries_(entries),
        taken_(taken) {}

  void run() {
    each(gst_analytics_tracking_mtd_get_mtd_type(),
         [this](guint id) { add_tracked(id); });
    each(gst_analytics_od_mtd_get_mtd_type(), [this](guint id) {
      if (is_taken(id)) return;
      ObjectEntry entry;
      take_detection(id, entry);
      entries_.push_back(entry);
    });
    each(gst_analytics_segmentation_mtd_get_mtd_type(), [this](guint id) {
      if (!is_taken(id)) add_regions(id);
    });
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

  bool is_taken(guint id) const {
    return std::find(taken_.begin(), taken_.end(), id) != taken_.end();
  }

  // The first free entry of `type` related with `id`, in either direction.
  std::optional<guint> related(guint id, GstAnalyticsMtdType type) {
    std::optional<guint> found;
    each(type, [&](guint other) {
      if (found || is_taken(other)) return;
      if (gst_analytics_relation_meta_get_relation(relations_, id, other) ||
          gst_analytics_relation_meta_get_relation(relations_, other, id))
        found = other;
    });
    return found;
  }

  void add_tracked(guint id) {
    GstAnalyticsTrackingMtd tracking;
    GstClockTime first_ns, last_ns;
    guint64 object_id = 0;
    gboolean is_lost = FALSE;
    gst_analytics_relation_meta_get_tracking_mtd(relations_, id, &tracking);
    gst_analytics_tracking_mtd_get_info(&tracking, &object_id, &first_ns,
                                        &last_ns, &is_lost);
    ObjectEntry entry;
    entry.object_id = static_cast<int64_t>(object_id);
    entry.is_lost = is_lost;
    if (auto detection = related(id, gst_analytics_od_mtd_get_mtd_type()))
      take_detection(*detection, entry);
    entries_.push_back(entry);
  }

  void take_detection(guint id, ObjectEntry &entry) {
    taken_.push_back(id);
    entry.segmentation =
        related(id, gst_analytics_segmentation_mtd_get_mtd_type());
    if (entry.segmentation) taken_.push_back(*entry.segmentation);
  }

  void add_regions(guint id) {
    GstAnalyticsSegmentationMtd segmentation;
    gst_analytics_relation_meta_get_segmentation_mtd(relations_, id,
                                                     &segmentation);
    const gsize count =
        gst_analytics_segmentation_mtd_get_region_count(&segmentation);
    for (gsize i = 0; i < count; ++i) {
      ObjectEntry entry;
      entry.segmentation = id;
      entry.region =
          gst_analytics_segmentation_mtd_get_region_id(&segmentation, i);
      const SizePx everywhere = {G_MAXINT, G_MAXINT};
      const bool is_readable =
          entry.region &&
          !ObjectMask(buffer_, entry).box_in(everywhere).is_empty();
      if (is_readable) entries_.push_back(entry);
    }
  }

  GstBuffer *buffer_;
  GstAnalyticsRelationMeta *relations_;
  std::vector<ObjectEntry> &entries_;
  std::vector<guint> &taken_;
};

}  // namespace

const std::vector<ObjectEntry> &ObjectEntries::read(GstBuffer *buffer) {
  entries_.clear();
  taken_.clear();
  if (auto *relations = gst_buffer_get_analytics_relation_meta(buffer))
    Walk(buffer, relations, entries_, taken_).run();
  return entries_;
}

ObjectMask::ObjectMask(GstBuffer *buffer, const ObjectEntry &entry)
    : region_(entry.region) {
  auto *relations = gst_buffer_get_analytics_relation_meta(buffer);
  GstAnalyticsSegmentationMtd segmentation;
  if (!relations || !entry.segmentation ||
      !gst_analytics_relation_meta_get_segmentation_mtd(
          relations, *entry.segmentation, &segmentation))
    return;
  guint width = 0, height = 0;
  buffer_.reset(gst_analytics_segmentation_mtd_get_mask(&segmentation, &x_, &y_,
                                                        &width, &height));
  if (!buffer_) return;
  layout_ = gst_buffer_get_video_meta(buffer_.get());
  if (!is_usable(layout_, width, height)) return;
  map_.emplace(buffer_.get(), GST_MAP_READ);
  if (!map_->is_mapped() || map_->size_bytes() < needed_bytes(*layout_)) return;
  width_ = static_cast<int>(width);
  height_ = static_cast<int>(height);
}

RectPx ObjectMask::box_in(SizePx size) const {
  const auto cut = [](int64_t value, int limit) {
    return static_cast<int>(std::clamp<int64_t>(value, 0, limit));
  };
  return {cut(x_, size.width), cut(y_, size.height),
          cut(int64_t{x_} + width_, size.width),
          cut(int64_t{y_} + height_, size.height)};
}

const uint8_t *ObjectMask::mask_row(int row) const {
  return map_->data() + layout_->offset[0] +
         static_cast<gsize>(std::max(layout_->stride[0], 0)) * row;
}

// The smallest box that holds them, in pixels of the mask.
RectPx ObjectMask::object_pixels() const {
  const int width = static_cast<int>(layout_->width);
  const int height = static_cast<int>(layout_->height);
  RectPx found = {width, height, 0, 0};
  for (int y = 0; y < height; ++y) {
    const uint8_t *row = mask_row(y);
    const auto is_object = [&](int x) {
      const guint region = region_at(row, layout_->format, x);
      return region_ ? region == region_ : region != 0;
    };
    int first = 0, end = width;
    while (first < width && !is_object(first)) ++first;
    if (first == width) continue;
    while (!is_object(end - 1)) --end;
    found = {std::min(found.x_begin, first), std::min(found.y_begin, y),
             std::max(found.x_end, end), y + 1};
  }
  return found;
}

RectPx ObjectMask::object_box_in(SizePx size) const {
  const RectPx box = box_in(size);
  const SizePx own = {layout_ ? static_cast<int>(layout_->width) : 0,
                      layout_ ? static_cast<int>(layout_->height) : 0};
  if (box.is_empty() || own.width >= width_ || own.height >= height_)
    return box;
  const RectPx part = object_pixels();
  if (part.is_empty()) return {};
  const BoxPx shown = shown_box(
      {static_cast<float>(part.x_begin), static_cast<float>(part.y_begin),
       static_cast<float>(part.width()), static_cast<float>(part.height())},
      own, {width_, height_});
  const int left = x_ + static_cast<int>(shown.x);
  const int top = y_ + static_cast<int>(shown.y);
  return {std::max(box.x_begin, left), std::max(box.y_begin, top),
          std::min(box.x_end, left + static_cast<int>(shown.width)),
          std::min(box.y_end, top + static_cast<int>(shown.height))};
}

bool ObjectMask::is_as_above(int y) const {
  const auto row = [this](int at) {
    return nearest_pixel(at - y_, height_, static_cast<int>(layout_->height));
  };
  return row(y) == row(y - 1);
}

void ObjectMask::read_row(int y, const RectPx &box, uint8_t *target) const {
  const int count = box.width();
  const uint8_t *row = mask_row(
      nearest_pixel(y - y_, height_, static_cast<int>(layout_->height)));
  const guint region = region_;
  if (layout_->format != GST_VIDEO_FORMAT_GRAY8 ||
      layout_->width != static_cast<guint>(width_)) {
    const int left = box.x_begin - x_;
    for_each_shown(left, left + count, width_, static_cast<int>(layout_->width),
                   [&](int source, int begin, int end) {
                     const guint found =
                         region_at(row, layout_->format, source);
                     const bool is_object = region ? found == region : found;
                     std::fill(target + (begin - left), target + (end - left),
                               is_object ? 255 : 0);
                   });
    return;
  }
  row += box.x_begin - x_;  // as a rule
  const auto wanted = static_cast<uint8_t>(region);
  if (region > 255)
    std::fill_n(target, count, uint8_t{0});
  else if (region)
    for (int i = 0; i < count; ++i) target[i] = row[i] == wanted ? 255 : 0;
  else
    for (int i = 0; i < count; ++i) target[i] = row[i] ? 255 : 0;
}

}  // namespace sam2
