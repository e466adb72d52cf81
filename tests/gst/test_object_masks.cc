// Masks are read in place as read_objects() reads them.
#include <gst/analytics/analytics.h>

#include <algorithm>
#include <cstring>

#include "analytics_meta.h"
#include "object_masks.h"
#include "support/gst_test.h"

namespace {

constexpr sam2::SizePx kFrame = {40, 30};

using Pixels = std::vector<uint8_t>;

// The whole frame, 255 where the object is.
Pixels in_frame(const sam2::AnalyticsObject &object) {
  Pixels frame(size_t{40} * 30, 0);
  const auto placed = sam2::clipped_mask(object, kFrame);
  for (int y = 0; y < placed.mask.height; ++y)
    for (int x = 0; x < placed.mask.width; ++x)
      frame[(y + static_cast<size_t>(placed.box.y)) * 40 + x +
            static_cast<size_t>(placed.box.x)] =
          placed.mask.pixels[static_cast<size_t>(y) * placed.mask.width + x];
  return frame;
}

Pixels in_frame(GstBuffer *buffer, const sam2::ObjectEntry &entry) {
  Pixels frame(size_t{40} * 30, 0);
  const sam2::ObjectMask mask(buffer, entry);
  const sam2::RectPx box = mask.object_box_in(kFrame);
  Pixels row(40);
  for (int y = box.y_begin; y < box.y_end && !box.is_empty(); ++y) {
    if (y == box.y_begin || !mask.is_as_above(y))
      mask.read_row(y, box, row.data());
    std::copy_n(row.begin(), box.width(),
                &frame[size_t{1} * y * 40 + box.x_begin]);
  }
  return frame;
}

// Adds a mask of 4 x 3 pixels with the values `first`, `first` + 1 ... at the
// rectangle; what is negative is outside of the frame.
guint add_mask(GstBuffer *buffer, GstVideoFormat format, int first, gint x,
               gint y, guint width, guint height, std::vector<guint> regions,
               gssize size_bytes = 64) {
  const sam2::BufferPtr owner(gst_buffer_new_allocate(nullptr, 64, nullptr));
  const bool is_wide = format != GST_VIDEO_FORMAT_GRAY8;
  gsize offset[GST_VIDEO_MAX_PLANES] = {1};
  gint stride[GST_VIDEO_MAX_PLANES] = {is_wide ? 9 : 5};
  {
    const sam2::BufferMap map(owner.get(), GST_MAP_WRITE);
    for (int i = 0; i < 12; ++i) {
      uint8_t *pixel =
          map.data() + 1 + i / 4 * stride[0] + i % 4 * (is_wide ? 2 : 1);
      const auto value = static_cast<guint16>(first + i);
      const guint16 stored = format == GST_VIDEO_FORMAT_GRAY16_BE
                                 ? GUINT16_TO_BE(value)
                                 : GUINT16_TO_LE(value);
      // At odd places.
      if (is_wide)
        std::memcpy(pixel, &stored, sizeof stored);
      else
        *pixel = static_cast<uint8_t>(value);
    }
  }
  gst_buffer_set_size(owner.get(), size_bytes);
  gst_buffer_add_video_meta_full(owner.get(), GST_VIDEO_FRAME_FLAG_NONE, format,
                                 4, 3, 1, offset, stride);
  GstAnalyticsSegmentationMtd segmentation;
  gst_analytics_relation_meta_add_segmentation_mtd(
      gst_buffer_add_analytics_relation_meta(buffer),
      gst_buffer_ref(owner.get()), GST_SEGMENTATION_TYPE_INSTANCE,
      regions.size(), regions.data(), x, y, width, height, &segmentation);
  return segmentation.id;
}

guint add_detection(GstBuffer *buffer, guint segmentation) {
  auto *relations = gst_buffer_add_analytics_relation_meta(buffer);
  GstAnalyticsODMtd detection;
  gst_analytics_relation_meta_add_od_mtd(relations, 0, 1, 1, 4, 4, 0.5f,
                                         &detection);
  gst_analytics_relation_meta_set_relation(
      relations, GST_ANALYTICS_REL_TYPE_RELATE_TO, segmentation, detection.id);
  return detection.id;
}

void add_tracking(GstBuffer *buffer, guint64 object_id, guint detection) {
  auto *relations = gst_buffer_add_analytics_relation_meta(buffer);
  GstAnalyticsTrackingMtd tracking;
  gst_analytics_relation_meta_add_tracking_mtd(relations, object_id, 0,
                                               &tracking);
  gst_analytics_relation_meta_set_relation(
      relations, GST_ANALYTICS_REL_TYPE_RELATE_TO, tracking.id, detection);
}

// Everything a producer may do: tracked, detected only, regions only, scaled,
// partly or wholly outside of the frame, of 16 bits, unreadable, lost.
sam2::BufferPtr varied_buffer() {
  sam2::BufferPtr buffer(gst_buffer_new());
  const auto gray8 = GST_VIDEO_FORMAT_GRAY8;
  GstBuffer *b = buffer.get();
  add_mask(b, gray8, 0, 3, 2, 4, 3, {0, 5, 7, 300});
  add_detection(b, add_mask(b, gray8, 0, -2, -1, 8, 6, {0, 1}));
  add_tracking(b, 9,
               add_detection(b, add_mask(b, GST_VIDEO_FORMAT_GRAY16_LE, 0, 37,
                                         28, 4, 3, {1})));
  add_mask(b, GST_VIDEO_FORMAT_GRAY16_BE, 254, 10, 10, 9, 7, {255, 258});
  add_mask(b, gray8, 1, 50, 10, 4, 3, {1});
  add_mask(b, gray8, 1, 5, 5, 1 << 16, 3, {1});
  sam2::FrameResult lost;
  lost.objects.resize(1);
  lost.objects[0].object_id = 4;
  lost.objects[0].is_lost = true;
  sam2::attach_result(b, lost, {{}});
  return buffer;
}

GST_START_TEST(test_objects_are_those_of_read_objects) {
  const auto buffer = varied_buffer();
  const auto objects = sam2::read_objects(buffer.get());
  sam2::ObjectEntries entries;
  for (int repetition = 0; repetition < 2; ++repetition) {
    const auto &found = entries.read(buffer.get());
    fail_unless_equals_int(objects.size(), 9);
    fail_unless_equals_int(found.size(), objects.size());
    for (size_t i = 0; i < objects.size(); ++i) {
      fail_unless(found[i].object_id == objects[i].object_id, "at %zu", i);
      fail_unless(found[i].is_lost == objects[i].is_lost, "at %zu", i);
      fail_unless(in_frame(buffer.get(), found[i]) == in_frame(objects[i]),
                  "at %zu", i);
    }
  }
}
GST_END_TEST

GST_START_TEST(test_a_buffer_without_metadata_has_no_objects) {
  const sam2::BufferPtr buffer(gst_buffer_new());
  sam2::ObjectEntries entries;
  fail_unless_equals_int(entries.read(varied_buffer().get()).size(), 9);
  fail_unless(entries.read(buffer.get()).empty());
}
GST_END_TEST

GST_START_TEST(test_a_mask_shorter_than_its_layout_is_empty) {
  for (const gssize size_bytes : {15, 14}) {
    const sam2::BufferPtr buffer(gst_buffer_new());
    add_detection(buffer.get(), add_mask(buffer.get(), GST_VIDEO_FORMAT_GRAY8,
                                         1, 5, 5, 4, 3, {1}, size_bytes));
    sam2::ObjectEntries entries;
    const auto entry = entries.read(buffer.get()).at(0);
    const sam2::ObjectMask mask(buffer.get(), entry);
    fail_unless_equals_int(mask.box_in(kFrame).is_empty(), size_bytes < 15);
  }
}
GST_END_TEST

Suite *object_masks_suite() {
  Suite *suite = suite_create("object_masks");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_objects_are_those_of_read_objects);
  tcase_add_test(cases, test_a_buffer_without_metadata_has_no_objects);
  tcase_add_test(cases, test_a_mask_shorter_than_its_layout_is_empty);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(object_masks)
