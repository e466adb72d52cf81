#include "analytics_meta.h"
#include "detections.h"
#include "detector_stub.h"
#include "support/gst_test.h"

namespace {

using sam2::BufferPtr;
using sam2::Detection;
using sam2::FrameDetections;

constexpr sam2::SizePx kFrame = {64, 48};

BufferPtr frame() {
  return sam2::video_buffer(sam2::video_info(GST_VIDEO_FORMAT_RGB, 64, 48), 0);
}

FrameDetections read(const BufferPtr &buffer) {
  return sam2::read_detections(buffer.get(), kFrame);
}

Detection only_one(const BufferPtr &buffer) {
  const FrameDetections detections = read(buffer);
  fail_unless_equals_int(detections.found.size(), 1);
  return detections.found.front();
}

GstVideoRegionOfInterestMeta *add_region(const BufferPtr &buffer) {
  return gst_buffer_add_video_region_of_interest_meta(buffer.get(), "face", 10,
                                                      12, 8, 6);
}

void assert_box(const Detection &detection, const sam2::BoxPx &box) {
  fail_unless_equals_float(detection.box.x, box.x);
  fail_unless_equals_float(detection.box.y, box.y);
  fail_unless_equals_float(detection.box.width, box.width);
  fail_unless_equals_float(detection.box.height, box.height);
}

GST_START_TEST(test_without_metadata_nothing_is_known) {
  const auto detections = read(frame());
  fail_unless(!detections.has_detector_run);
  fail_unless(detections.found.empty());
}
GST_END_TEST

GST_START_TEST(test_empty_metadata_says_that_nothing_was_found) {
  const auto buffer = frame();
  sam2::detect(buffer.get(), {});
  fail_unless(read(buffer).has_detector_run);
  fail_unless(read(buffer).found.empty());
}
GST_END_TEST

GST_START_TEST(test_entry_is_read_with_label_box_and_confidence) {
  const auto buffer = frame();
  sam2::detect(buffer.get(), {{"car", {10, 12, 8, 6}, 0.5F, {}}});
  const Detection found = only_one(buffer);
  fail_unless_equals_string(found.label.c_str(), "car");
  assert_box(found, {10, 12, 8, 6});
  fail_unless_equals_float(found.confidence, 0.5);
  fail_unless(!found.upstream_id);
  fail_unless(read(buffer).has_detector_run);
}
GST_END_TEST

GST_START_TEST(test_related_tracking_gives_the_upstream_id) {
  const auto buffer = frame();
  sam2::detect(buffer.get(), {{"car", {10, 12, 8, 6}, 0.5F, 77},
                              {"car", {30, 12, 8, 6}, 0.5F, 78}});
  const auto found = read(buffer).found;
  fail_unless(found.at(0).upstream_id == 77);
  fail_unless(found.at(1).upstream_id == 78);
}
GST_END_TEST

// An object of upstream's that is lost has no detection of its own.
GST_START_TEST(test_lost_tracking_gives_no_upstream_id) {
  const auto buffer = frame();
  sam2::detect(buffer.get(), {{"car", {10, 12, 8, 6}, 0.5F, 77}});
  gpointer state = nullptr;
  GstAnalyticsTrackingMtd tracking;
  fail_unless(gst_analytics_relation_meta_iterate(
      gst_buffer_get_analytics_relation_meta(buffer.get()), &state,
      gst_analytics_tracking_mtd_get_mtd_type(), &tracking));
  gst_analytics_tracking_mtd_set_lost(&tracking);
  fail_unless(!only_one(buffer).upstream_id);
}
GST_END_TEST

sam2::FrameResult result_with(const sam2::BoxPx &box) {
  sam2::FrameResult result;
  sam2::ObjectResult object;
  object.object_id = 1;
  object.box = box;
  object.mask = {int(box.width), int(box.height),
                 std::vector<uint8_t>(size_t(box.width * box.height), 255)};
  result.objects.push_back(object);
  return result;
}

GST_START_TEST(test_what_another_sam2track_has_found_is_no_detection) {
  const auto buffer = frame();
  sam2::detect(buffer.get(), {{"car", {10, 12, 8, 6}, 0.5F, {}}});
  sam2::attach_result(buffer.get(), result_with({11, 12, 8, 6}), {{}});
  ASSERT_TEXT(only_one(buffer).label, "car");
}
GST_END_TEST

GST_START_TEST(test_detection_with_a_mask_is_one) {
  const auto buffer = frame();
  auto *relations = gst_buffer_add_analytics_relation_meta(buffer.get());
  const auto entry = sam2::add_found(relations, {"car", {10, 12, 8, 6}});
  GstAnalyticsSegmentationMtd segmentation;
  guint region_ids[] = {0, 1};
  BufferPtr mask =
      sam2::video_buffer(sam2::video_info(GST_VIDEO_FORMAT_GRAY8, 8, 6), 1);
  gst_buffer_add_video_meta(mask.get(), GST_VIDEO_FRAME_FLAG_NONE,
                            GST_VIDEO_FORMAT_GRAY8, 8, 6);
  fail_unless(gst_analytics_relation_meta_add_segmentation_mtd(
      relations, mask.release(), GST_SEGMENTATION_TYPE_INSTANCE, 2, region_ids,
      10, 12, 8, 6, &segmentation));
  gst_analytics_relation_meta_set_relation(
      relations, GST_ANALYTICS_REL_TYPE_RELATE_TO, entry.id, segmentation.id);
  ASSERT_TEXT(only_one(buffer).label, "car");
}
GST_END_TEST

GST_START_TEST(test_region_of_interest_is_a_detection) {
  const auto buffer = frame();
  add_region(buffer);
  const Detection found = only_one(buffer);
  fail_unless_equals_string(found.label.c_str(), "face");
  assert_box(found, {10, 12, 8, 6});
  fail_unless_equals_float(found.confidence, 1);
  fail_unless(read(buffer).has_detector_run);
}
GST_END_TEST

GST_START_TEST(test_region_may_say_its_confidence) {
  const auto buffer = frame();
  auto *region = add_region(buffer);
  gst_video_region_of_interest_meta_add_param(region,
                                              gst_structure_new_empty("other"));
  gst_video_region_of_interest_meta_add_param(
      region, gst_structure_new("detection", "confidence", G_TYPE_DOUBLE, 0.25,
                                nullptr));
  fail_unless_equals_float(only_one(buffer).confidence, 0.25);
}
GST_END_TEST

GST_START_TEST(test_box_is_cut_to_the_frame) {
  const auto buffer = frame();
  sam2::detect(buffer.get(), {{"car", {-4, 40, 10, 20}}});
  assert_box(only_one(buffer), {0, 40, 6, 8});
}
GST_END_TEST

GST_START_TEST(test_box_outside_the_frame_is_left_out) {
  const auto buffer = frame();
  sam2::detect(buffer.get(), {{"car", {64, 0, 10, 10}},
                              {"car", {0, -10, 10, 10}},
                              {"car", {5, 5, 0, 10}}});
  fail_unless(read(buffer).found.empty());
}
GST_END_TEST

Suite *detections_suite() {
  Suite *suite = suite_create("detections");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_without_metadata_nothing_is_known);
  tcase_add_test(cases, test_empty_metadata_says_that_nothing_was_found);
  tcase_add_test(cases, test_entry_is_read_with_label_box_and_confidence);
  tcase_add_test(cases, test_related_tracking_gives_the_upstream_id);
  tcase_add_test(cases, test_lost_tracking_gives_no_upstream_id);
  tcase_add_test(cases, test_what_another_sam2track_has_found_is_no_detection);
  tcase_add_test(cases, test_detection_with_a_mask_is_one);
  tcase_add_test(cases, test_region_of_interest_is_a_detection);
  tcase_add_test(cases, test_region_may_say_its_confidence);
  tcase_add_test(cases, test_box_is_cut_to_the_frame);
  tcase_add_test(cases, test_box_outside_the_frame_is_left_out);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(detections)
