#include <gst/analytics/analytics.h>

#include "analytics_meta.h"
#include "sam2_scores_meta.h"
#include "support/gst_test.h"

namespace {

using sam2::FrameResult;
using sam2::ObjectResult;

ObjectResult object_at(int64_t id, const sam2::BoxPx &box) {
  ObjectResult object;
  object.object_id = id;
  object.label = "dog";
  object.predicted_iou = 0.5f;
  object.object_score = 3;
  object.box = box;
  object.mask.width = static_cast<int>(box.width);
  object.mask.height = static_cast<int>(box.height);
  object.mask.pixels.assign(
      static_cast<size_t>(object.mask.width) * object.mask.height, 255);
  object.mask.pixels[0] = 0;
  return object;
}

ObjectResult lost_object(int64_t id) {
  ObjectResult object;
  object.object_id = id;
  object.is_lost = true;
  return object;
}

sam2::BufferPtr buffer_with(std::vector<ObjectResult> objects) {
  FrameResult result;
  result.frame_size = {640, 480};
  result.objects = std::move(objects);
  const std::vector<sam2::SeenTimes> times(result.objects.size(), {40, 80});
  sam2::BufferPtr buffer(gst_buffer_new());
  sam2::attach_result(buffer.get(), result, times);
  return buffer;
}

guint count_entries(GstBuffer *buffer, GstAnalyticsMtdType type) {
  GstAnalyticsRelationMeta *relations =
      gst_buffer_get_analytics_relation_meta(buffer);
  gpointer state = nullptr;
  GstAnalyticsMtd entry;
  guint count = 0;
  while (gst_analytics_relation_meta_iterate(relations, &state, type, &entry))
    ++count;
  return count;
}

GST_START_TEST(test_no_object_means_no_metadata) {
  const auto buffer = buffer_with({});
  fail_unless(!gst_buffer_get_analytics_relation_meta(buffer.get()));
  fail_unless(sam2::read_scores(buffer.get()).empty());
}
GST_END_TEST

GST_START_TEST(test_what_is_attached_is_what_is_read) {
  const auto buffer =
      buffer_with({object_at(7, {10, 20, 3, 2}), object_at(-2, {1, 2, 2, 2})});
  const auto objects = sam2::read_objects(buffer.get());
  fail_unless_equals_int(objects.size(), 2);
  const sam2::AnalyticsObject &object = objects[0];
  fail_unless(object.object_id == 7);
  fail_unless_equals_string(object.label.c_str(), "dog");
  fail_unless_equals_float(object.confidence, 0.5f);
  fail_unless_equals_float(*object.object_score, 3);
  fail_unless(!object.is_lost);
  fail_unless_equals_uint64(object.seen.first_ns, 40);
  fail_unless_equals_uint64(object.seen.last_ns, 80);
  fail_unless_equals_float(object.box.x, 10);
  fail_unless_equals_float(object.box.height, 2);
  fail_unless_equals_float(object.mask_box.y, 20);
  const std::vector<uint8_t> pixels = {0, 255, 255, 255, 255, 255};
  fail_unless(object.mask.pixels == pixels);
  fail_unless(objects[1].object_id == -2);
}
GST_END_TEST

GST_START_TEST(test_an_object_without_label_is_an_object) {
  ObjectResult object = object_at(1, {0, 0, 2, 2});
  object.label.clear();
  const auto buffer = buffer_with({object});
  const auto objects = sam2::read_objects(buffer.get());
  fail_unless_equals_string(objects.at(0).label.c_str(), "object");
}
GST_END_TEST

GST_START_TEST(test_a_lost_object_has_a_tracking_entry_only) {
  const auto buffer = buffer_with({lost_object(4)});
  GstBuffer *raw = buffer.get();
  fail_unless_equals_int(
      count_entries(raw, gst_analytics_tracking_mtd_get_mtd_type()), 1);
  fail_unless_equals_int(
      count_entries(raw, gst_analytics_od_mtd_get_mtd_type()), 0);
  fail_unless_equals_int(
      count_entries(raw, gst_analytics_segmentation_mtd_get_mtd_type()), 0);
  const auto objects = sam2::read_objects(raw);
  fail_unless(objects.at(0).is_lost && objects.at(0).object_id == 4);
}
GST_END_TEST

// The first segmentation entry of `buffer` and its mask.
struct Segmentation {
  GstAnalyticsSegmentationMtd entry;
  sam2::BufferPtr mask;
  gint x = 0, y = 0;
  guint width = 0, height = 0;
};

std::vector<Segmentation> segmentations(GstBuffer *buffer) {
  std::vector<Segmentation> found;
  GstAnalyticsRelationMeta *relations =
      gst_buffer_get_analytics_relation_meta(buffer);
  gpointer state = nullptr;
  GstAnalyticsMtd entry;
  while (gst_analytics_relation_meta_iterate(
      relations, &state, gst_analytics_segmentation_mtd_get_mtd_type(),
      &entry)) {
    Segmentation one;
    one.entry = entry;
    one.mask.reset(gst_analytics_segmentation_mtd_get_mask(
        &one.entry, &one.x, &one.y, &one.width, &one.height));
    found.push_back(std::move(one));
  }
  return found;
}

GST_START_TEST(test_a_mask_pixel_is_the_index_of_the_object) {
  const auto buffer = buffer_with({lost_object(9), object_at(7, {10, 20, 3, 2}),
                                   object_at(5, {4, 4, 2, 2})});
  const auto found = segmentations(buffer.get());
  fail_unless_equals_int(found.size(), 2);
  const sam2::BufferMap map(found[1].mask.get(), GST_MAP_READ);
  fail_unless_equals_int(map.size_bytes(), 4);
  fail_unless_equals_int(map.data()[0], 0);
  fail_unless_equals_int(map.data()[1], 3);
  fail_unless_equals_int(
      gst_analytics_segmentation_mtd_get_region_count(&found[1].entry), 2);
  fail_unless_equals_int(
      gst_analytics_segmentation_mtd_get_region_id(&found[1].entry, 0), 0);
  fail_unless_equals_int(
      gst_analytics_segmentation_mtd_get_region_id(&found[1].entry, 1), 3);
  fail_unless_equals_int(found[1].x, 4);
  fail_unless_equals_int(found[1].width, 2);
}
GST_END_TEST

// Two by one pixels over the frame of 640 x 480.
ObjectResult covering_object(int64_t id) {
  ObjectResult object = object_at(id, {320, 0, 320, 480});
  object.mask = {2, 1, {0, 255}};
  object.mask_covers_frame = true;
  return object;
}

GST_START_TEST(test_mask_that_covers_the_frame_has_it_as_location) {
  const auto buffer =
      buffer_with({object_at(5, {4, 4, 2, 2}), covering_object(7)});
  const auto found = segmentations(buffer.get());
  const GstVideoMeta *layout = gst_buffer_get_video_meta(found[1].mask.get());
  fail_unless_equals_int(layout->format, GST_VIDEO_FORMAT_GRAY8);
  fail_unless_equals_int(layout->width, 2);
  fail_unless_equals_int(layout->height, 1);
  fail_unless(found[1].x == 0 && found[1].y == 0);
  fail_unless(found[1].width == 640 && found[1].height == 480);
  const sam2::BufferMap map(found[1].mask.get(), GST_MAP_READ);
  fail_unless(map.data()[0] == 0 && map.data()[1] == 2);
}
GST_END_TEST

GST_START_TEST(test_mask_that_covers_the_frame_is_read_in_either_size) {
  const auto buffer =
      buffer_with({object_at(5, {4, 4, 2, 2}), covering_object(7)});
  const auto enlarged = sam2::read_objects(buffer.get()).at(1);
  fail_unless(!enlarged.mask_covers_frame);
  fail_unless(enlarged.mask.width == 640 && enlarged.mask.height == 480);
  fail_unless_equals_int(enlarged.mask.pixels[319], 0);
  fail_unless_equals_int(enlarged.mask.pixels[320], 255);
  const auto objects = sam2::read_objects(buffer.get(), {640, 480});
  fail_unless(!objects[0].mask_covers_frame);
  fail_unless(objects[1].mask_covers_frame);
  fail_unless(objects[1].mask.pixels == std::vector<uint8_t>({0, 255}));
  fail_unless_equals_float(objects[1].box.x, 320);
  fail_unless_equals_float(objects[1].mask_box.width, 640);
  fail_unless(
      !sam2::read_objects(buffer.get(), {320, 480})[1].mask_covers_frame);
}
GST_END_TEST

// The frame is enlarged as a whole in one and around the object in the other.
GST_START_TEST(test_the_clip_of_a_coarse_mask_is_that_of_the_enlarged_one) {
  const sam2::SizePx frame = {640, 480};
  for (const sam2::SizePx size : {sam2::SizePx{7, 5}, {96, 96}, {256, 200}}) {
    ObjectResult object = covering_object(7);
    object.mask = {size.width, size.height, {}};
    for (int y = 0; y < size.height; ++y)
      for (int x = 0; x < size.width; ++x)
        object.mask.pixels.push_back(
            x > 1 && y > 0 && y < size.height - 1 && x * y % 3 == 1 ? 255 : 0);
    const auto buffer = buffer_with({object});
    const auto wanted =
        sam2::clipped_mask(sam2::read_objects(buffer.get()).at(0), frame);
    const auto coarse = sam2::read_objects(buffer.get(), frame).at(0);
    fail_unless(coarse.mask_covers_frame);
    const auto found = sam2::clipped_mask(coarse, frame);
    fail_unless_equals_float(found.box.x, wanted.box.x);
    fail_unless_equals_float(found.box.y, wanted.box.y);
    fail_unless_equals_int(found.mask.width, wanted.mask.width);
    fail_unless_equals_int(found.mask.height, wanted.mask.height);
    fail_unless(found.mask.pixels == wanted.mask.pixels);
  }
}
GST_END_TEST

GST_START_TEST(test_labels_that_never_repeat_end_somewhere) {
  const auto read_back = [](int number) {
    ObjectResult object = object_at(1, {1, 1, 2, 1});
    object.label = "label " + std::to_string(number);
    const auto buffer = buffer_with({object});
    return sam2::read_objects(buffer.get()).at(0).label;
  };
  for (int i = 0; i < 4096; ++i)
    fail_unless(read_back(i) == "label " + std::to_string(i));
  fail_unless(read_back(4096) == "object");
  fail_unless_equals_int(g_quark_try_string("label 4096"), 0);
  fail_unless(read_back(5) == "label 5");
}
GST_END_TEST

GST_START_TEST(test_256_objects_have_16_bit_masks) {
  std::vector<ObjectResult> objects;
  for (int i = 0; i < 256; ++i) objects.push_back(object_at(i, {1, 1, 2, 1}));
  const auto buffer = buffer_with(std::move(objects));
  const auto found = segmentations(buffer.get());
  const GstVideoMeta *layout = gst_buffer_get_video_meta(found[255].mask.get());
  fail_unless_equals_int(layout->format, GST_VIDEO_FORMAT_GRAY16_LE);
  const sam2::BufferMap map(found[255].mask.get(), GST_MAP_READ);
  fail_unless_equals_int(GST_READ_UINT16_LE(map.data() + 2), 256);
  const auto read = sam2::read_objects(buffer.get());
  fail_unless_equals_int(read.at(255).mask.pixels.at(1), 255);
}
GST_END_TEST

GST_START_TEST(test_detections_relate_as_upstream_relates_them) {
  const auto buffer = buffer_with({object_at(7, {10, 20, 3, 2})});
  GstAnalyticsRelationMeta *relations =
      gst_buffer_get_analytics_relation_meta(buffer.get());
  guint tracking = 0, detection = 0, segmentation = 0;
  gpointer state = nullptr;
  GstAnalyticsMtd entry;
  while (gst_analytics_relation_meta_iterate(
      relations, &state, GST_ANALYTICS_MTD_TYPE_ANY, &entry)) {
    const auto type = gst_analytics_mtd_get_mtd_type(&entry);
    if (type == gst_analytics_od_mtd_get_mtd_type()) detection = entry.id;
    if (type == gst_analytics_tracking_mtd_get_mtd_type()) tracking = entry.id;
    if (type == gst_analytics_segmentation_mtd_get_mtd_type())
      segmentation = entry.id;
  }
  const auto relation = [relations](guint from, guint to) {
    return gst_analytics_relation_meta_get_relation(relations, from, to);
  };
  const auto expected = GST_ANALYTICS_REL_TYPE_RELATE_TO;
  fail_unless_equals_int(relation(detection, tracking), expected);
  fail_unless_equals_int(relation(detection, segmentation), expected);
  fail_unless_equals_int(relation(segmentation, detection), expected);
}
GST_END_TEST

GST_START_TEST(test_entries_of_other_producers_stay) {
  const sam2::BufferPtr buffer(gst_buffer_new());
  GstAnalyticsODMtd other;
  gst_analytics_relation_meta_add_od_mtd(
      gst_buffer_add_analytics_relation_meta(buffer.get()),
      g_quark_from_string("cat"), 1, 2, 3, 4, 0.25f, &other);
  FrameResult result;
  result.objects = {object_at(7, {10, 20, 3, 2})};
  sam2::attach_result(buffer.get(), result, {{}});
  const auto objects = sam2::read_objects(buffer.get());
  fail_unless_equals_int(objects.size(), 2);
  fail_unless(!objects[1].object_id);
  fail_unless_equals_string(objects[1].label.c_str(), "cat");
  fail_unless_equals_float(objects[1].confidence, 0.25f);
  fail_unless(!objects[1].object_score);
}
GST_END_TEST

// A segmentation as another element might add it: `pixels` of `width` x
// `height` at `location`.
void add_foreign_mask(GstBuffer *buffer, std::vector<uint8_t> pixels,
                      guint width, guint height, const sam2::BoxPx &location,
                      std::vector<guint> region_ids, gsize cut_bytes = 0) {
  GstBuffer *mask = gst_buffer_new_memdup(pixels.data(), pixels.size());
  gst_buffer_add_video_meta(mask, GST_VIDEO_FRAME_FLAG_NONE,
                            GST_VIDEO_FORMAT_GRAY8, width, height);
  gst_buffer_get_video_meta(mask)->stride[0] = static_cast<gint>(width);
  if (cut_bytes) gst_buffer_set_size(mask, pixels.size() - cut_bytes);
  GstAnalyticsSegmentationMtd entry;
  gst_analytics_relation_meta_add_segmentation_mtd(
      gst_buffer_add_analytics_relation_meta(buffer), mask,
      GST_SEGMENTATION_TYPE_SEMANTIC, region_ids.size(), region_ids.data(),
      static_cast<gint>(location.x), static_cast<gint>(location.y),
      static_cast<guint>(location.width), static_cast<guint>(location.height),
      &entry);
}

GST_START_TEST(test_regions_without_detection_are_objects) {
  const sam2::BufferPtr buffer(gst_buffer_new());
  add_foreign_mask(buffer.get(), {0, 12, 7, 12}, 2, 2, {5, 6, 2, 2},
                   {0, 12, 7});
  const auto objects = sam2::read_objects(buffer.get());
  fail_unless_equals_int(objects.size(), 2);
  fail_unless(objects[0].mask.pixels == std::vector<uint8_t>({0, 255, 0, 255}));
  fail_unless(objects[1].mask.pixels == std::vector<uint8_t>({0, 0, 255, 0}));
  fail_unless_equals_float(objects[1].box.x, 5);
}
GST_END_TEST

GST_START_TEST(test_a_mask_is_brought_to_the_size_of_its_location) {
  const sam2::BufferPtr buffer(gst_buffer_new());
  add_foreign_mask(buffer.get(), {0, 1, 1, 0}, 2, 2, {0, 0, 4, 2}, {0, 1});
  const auto objects = sam2::read_objects(buffer.get());
  fail_unless(objects.at(0).mask.pixels ==
              std::vector<uint8_t>({0, 0, 255, 255, 255, 255, 0, 0}));
}
GST_END_TEST

GST_START_TEST(test_a_shrunk_mask_takes_the_pixels_in_the_middle) {
  const sam2::BufferPtr buffer(gst_buffer_new());
  add_foreign_mask(buffer.get(), {0, 1, 0, 1, 0, 1}, 6, 1, {0, 0, 2, 1},
                   {0, 1});
  const auto objects = sam2::read_objects(buffer.get());
  fail_unless(objects.at(0).mask.pixels == std::vector<uint8_t>({255, 0}));
}
GST_END_TEST

GST_START_TEST(test_a_mask_with_too_little_memory_is_left_out) {
  const sam2::BufferPtr buffer(gst_buffer_new());
  add_foreign_mask(buffer.get(), {1, 1, 1, 1}, 2, 2, {0, 0, 2, 2}, {0, 1}, 1);
  fail_unless_equals_int(sam2::read_objects(buffer.get()).size(), 0);
}
GST_END_TEST

GST_START_TEST(test_a_mask_with_an_absurd_location_is_left_out) {
  const sam2::BufferPtr buffer(gst_buffer_new());
  add_foreign_mask(buffer.get(), {1, 1, 1, 1}, 2, 2, {0, 0, 4e9f, 4e9f},
                   {0, 1});
  add_foreign_mask(buffer.get(), {1, 1, 1, 1}, 2, 2, {0, 0, 0, 2}, {0, 1});
  fail_unless_equals_int(sam2::read_objects(buffer.get()).size(), 0);
}
GST_END_TEST

GST_START_TEST(test_a_mask_is_clipped_to_its_pixels_in_the_frame) {
  sam2::AnalyticsObject object;
  object.mask_box = {-1, -1, 2, 3};
  object.mask = {2, 3, {1, 2, 3, 4, 5, 6}};
  const auto placed = sam2::clipped_mask(object, {10, 1});
  fail_unless_equals_float(placed.box.x, 0);
  fail_unless_equals_float(placed.box.y, 0);
  fail_unless(placed.mask.pixels == std::vector<uint8_t>({4}));
  object.mask = {2, 3, {0, 0, 0, 9, 0, 0}};
  object.mask_box = {3, 4, 2, 3};
  const auto tight = sam2::clipped_mask(object, {10, 10});
  fail_unless(tight.box.x == 4 && tight.box.y == 5);
  fail_unless(tight.mask.pixels == std::vector<uint8_t>({9}));
  object.mask_box.x = 10;
  fail_unless(sam2::clipped_mask(object, {10, 10}).mask.is_empty());
}
GST_END_TEST

Suite *analytics_meta_suite() {
  Suite *suite = suite_create("analytics_meta");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_no_object_means_no_metadata);
  tcase_add_test(cases, test_what_is_attached_is_what_is_read);
  tcase_add_test(cases, test_an_object_without_label_is_an_object);
  tcase_add_test(cases, test_a_lost_object_has_a_tracking_entry_only);
  tcase_add_test(cases, test_a_mask_pixel_is_the_index_of_the_object);
  tcase_add_test(cases, test_mask_that_covers_the_frame_has_it_as_location);
  tcase_add_test(cases, test_mask_that_covers_the_frame_is_read_in_either_size);
  tcase_add_test(cases,
                 test_the_clip_of_a_coarse_mask_is_that_of_the_enlarged_one);
  tcase_add_test(cases, test_labels_that_never_repeat_end_somewhere);
  tcase_add_test(cases, test_256_objects_have_16_bit_masks);
  tcase_add_test(cases, test_detections_relate_as_upstream_relates_them);
  tcase_add_test(cases, test_entries_of_other_producers_stay);
  tcase_add_test(cases, test_regions_without_detection_are_objects);
  tcase_add_test(cases, test_a_mask_is_brought_to_the_size_of_its_location);
  tcase_add_test(cases, test_a_shrunk_mask_takes_the_pixels_in_the_middle);
  tcase_add_test(cases, test_a_mask_with_too_little_memory_is_left_out);
  tcase_add_test(cases, test_a_mask_with_an_absurd_location_is_left_out);
  tcase_add_test(cases, test_a_mask_is_clipped_to_its_pixels_in_the_frame);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(analytics_meta)
