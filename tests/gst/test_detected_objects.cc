// Objects that detections from upstream start, scenario by scenario. An object
// of the fake engine is its box, one pixel further right on each frame.
#include "detected_run.h"

namespace {

using sam2::DetectedRun;
using sam2::FoundThing;
using Objects = DetectedRun::Objects;

// More confidence than 0.9 needs no probation.
const FoundThing kCar = {"car", {10, 12, 12, 10}, 0.95F, {}};
const FoundThing kDog = {"dog", {40, 30, 10, 12}, 0.92F, {}};
const FoundThing kDoubtful = {"car", {10, 12, 12, 10}, 0.6F, {}};

FoundThing moved(FoundThing thing, float x_px) {
  thing.box.x += x_px;
  return thing;
}

void assert_one(const Objects &objects, int id, const char *label, float x) {
  fail_unless_equals_int(objects.size(), 1);
  fail_unless_equals_int64(*objects[0].object_id, id);
  fail_unless_equals_string(objects[0].label.c_str(), label);
  fail_unless_equals_float(objects[0].box.x, x);
}

GST_START_TEST(test_detection_is_tracked_from_its_frame_on) {
  DetectedRun run("");
  fail_unless(run.push_bare().empty());
  const Objects started = run.push({kCar});
  assert_one(started, 1, "car", 10);
  fail_unless_equals_float(started[0].box.height, 10);
  fail_unless(!started[0].mask.is_empty());
  assert_one(run.push_bare(), 1, "car", 11);
  assert_one(run.push({moved(kCar, 2)}), 1, "car", 12);
}
GST_END_TEST

GST_START_TEST(test_uncertain_object_is_shown_after_its_probation) {
  DetectedRun run("");
  fail_unless(run.push({kDoubtful}).empty());
  fail_unless(run.push_bare().empty());  // no detector, no opinion
  fail_unless(run.push({moved(kDoubtful, 2)}).empty());
  const Objects objects = run.push({moved(kDoubtful, 3)});
  assert_one(objects, 1, "car", 13);
  // It has been there since its first frame.
  fail_unless_equals_uint64(objects[0].seen.first_ns, 0);
  fail_unless_equals_uint64(objects[0].seen.last_ns, 120 * GST_MSECOND);
}
GST_END_TEST

GST_START_TEST(test_flicker_is_never_shown) {
  DetectedRun run("");
  run.push({kDoubtful});
  run.push({}, 2);
  fail_unless(run.push({moved(kDoubtful, 3)}, 2).empty());
  run.push({}, 3);
  // Both are forgotten: a third one gets the third id.
  assert_one(run.push({kCar}), 3, "car", 10);
}
GST_END_TEST

GST_START_TEST(test_mask_is_set_right_by_the_detections) {
  DetectedRun run("");
  run.push({kCar});
  const FoundThing whole = {"car", {8, 8, 18, 16}, 0.95F, {}};
  assert_one(run.push({whole}, 2), 1, "car", 12);
  const Objects objects = run.push({whole});
  assert_one(objects, 1, "car", 8);
  fail_unless_equals_float(objects[0].box.width, 18);
}
GST_END_TEST

// An object that leaves the picture on the right after 6 frames.
DetectedRun &with_lost_object(DetectedRun &run) {
  FoundThing leaving = {"car", {58, 12, 6, 10}, 0.95F, 77};
  run.push({leaving});
  run.push({}, 5);
  return run;
}

GST_START_TEST(test_lost_object_is_an_entry_without_mask) {
  DetectedRun run("");
  const Objects objects = with_lost_object(run).push({});
  fail_unless_equals_int(objects.size(), 1);
  fail_unless(objects[0].is_lost);
  fail_unless(objects[0].mask.is_empty());
  fail_unless_equals_uint64(objects[0].seen.last_ns, 200 * GST_MSECOND);
}
GST_END_TEST

GST_START_TEST(test_object_that_comes_back_keeps_its_id) {
  DetectedRun run("");
  with_lost_object(run).push({}, 3);
  const Objects objects = run.push({{"car", {20, 20, 10, 10}, 0.5F, 77}});
  assert_one(objects, 1, "car", 20);
  fail_unless(!objects[0].is_lost);
  fail_unless_equals_uint64(objects[0].seen.first_ns, 0);
}
GST_END_TEST

GST_START_TEST(test_another_object_of_upstream_gets_another_id) {
  DetectedRun run("");
  const Objects objects =
      with_lost_object(run).push({{"car", {20, 20, 10, 10}, 0.95F, 78}}, 2);
  fail_unless_equals_int(objects.size(), 2);
  fail_unless(objects[0].is_lost);
  fail_unless_equals_int64(*objects[1].object_id, 2);
}
GST_END_TEST

GST_START_TEST(test_region_of_interest_starts_an_object) {
  DetectedRun run("");
  auto buffer = run.frame();
  gst_buffer_add_video_region_of_interest_meta(buffer.get(), "face", 10, 12, 8,
                                               6);
  assert_one(run.pushed(std::move(buffer)), 1, "face", 10);
}
GST_END_TEST

GST_START_TEST(test_detection_reaching_out_of_the_picture_is_cut) {
  DetectedRun run("");
  const Objects objects =
      run.push({{"car", {50, 40, 100, 100}}, {"car", {200, 200, 10, 10}}});
  assert_one(objects, 1, "car", 50);
  fail_unless_equals_float(objects[0].box.height, 8);
}
GST_END_TEST

GST_START_TEST(test_metadata_from_upstream_stays) {
  DetectedRun run("");
  auto buffer = run.frame();
  sam2::detect(buffer.get(), {{"car", {10, 12, 12, 10}, 0.95F, 77}});
  const sam2::BufferPtr out =
      sam2::push_and_pull(run.harness(), std::move(buffer));
  auto *relations = gst_buffer_get_analytics_relation_meta(out.get());
  GstAnalyticsODMtd entry;
  GstAnalyticsTrackingMtd tracking;
  fail_unless(gst_analytics_relation_meta_get_od_mtd(relations, 0, &entry));
  fail_unless(
      gst_analytics_relation_meta_get_tracking_mtd(relations, 1, &tracking));
  gint x = 0, y = 0, width = 0, height = 0;
  gfloat confidence = 0;
  gst_analytics_od_mtd_get_location(&entry, &x, &y, &width, &height,
                                    &confidence);
  fail_unless_equals_int(x, 10);
  fail_unless_equals_float(confidence, 0.95F);
  fail_unless(gst_analytics_relation_meta_get_relation(relations, 0, 1) ==
              GST_ANALYTICS_REL_TYPE_RELATE_TO);
  guint64 id = 0;
  GstClockTime first_ns = 1, last_ns = 1;
  gboolean is_lost = TRUE;
  gst_analytics_tracking_mtd_get_info(&tracking, &id, &first_ns, &last_ns,
                                      &is_lost);
  fail_unless_equals_uint64(id, 77);
  fail_unless(!is_lost);
}
GST_END_TEST

GST_START_TEST(test_user_s_object_is_left_alone) {
  DetectedRun run("prompt=\"5:box=10,12,12,10\"");
  // It is there already; no detection sets it right.
  assert_one(run.push({kCar}), 5, "object", 10);
  assert_one(run.push_bare(), 5, "object", 11);
  const Objects objects = run.push({kDog});
  fail_unless_equals_int(objects.size(), 2);
  fail_unless_equals_int64(*objects[1].object_id, 6);
}
GST_END_TEST

GST_START_TEST(test_id_of_a_prompt_that_is_not_due_is_not_taken) {
  DetectedRun run("prompt=\"@10s 2:box=10,12,12,10; @11s 1:points=9,9,+\"");
  assert_one(run.push({kCar}), 3, "car", 10);
}
GST_END_TEST

// Nobody has seen its id yet.
GST_START_TEST(test_id_of_an_object_on_probation_is_not_given_to_a_user) {
  DetectedRun run("");
  run.push({kDoubtful});
  gint64 id = 0;
  g_signal_emit_by_name(run.element(), "add-points", gint64{-1}, "50,40,+",
                        nullptr, GST_CLOCK_TIME_NONE, &id);
  fail_unless_equals_int64(id, 2);
}
GST_END_TEST

GST_START_TEST(test_flush_forgets_the_objects) {
  DetectedRun run("");
  run.push({kCar});
  run.flush();
  fail_unless(run.push_bare().empty());
  assert_one(run.push({kDog}), 2, "dog", 40);
}
GST_END_TEST

// An object on probation is where it is predicted to be, in new pixels.
GST_START_TEST(test_new_frame_size_keeps_objects_of_detections) {
  DetectedRun run("");
  run.push({{"car", {10, 10, 8, 8}, 0.6F, {}}});
  run.resize(128, 96);
  assert_one(run.push({{"car", {20, 20, 16, 16}, 0.95F, {}}}), 1, "car", 11);
}
GST_END_TEST

Suite *detected_objects_suite() {
  Suite *suite = suite_create("detected_objects");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_detection_is_tracked_from_its_frame_on);
  tcase_add_test(cases, test_uncertain_object_is_shown_after_its_probation);
  tcase_add_test(cases, test_flicker_is_never_shown);
  tcase_add_test(cases, test_mask_is_set_right_by_the_detections);
  tcase_add_test(cases, test_lost_object_is_an_entry_without_mask);
  tcase_add_test(cases, test_object_that_comes_back_keeps_its_id);
  tcase_add_test(cases, test_another_object_of_upstream_gets_another_id);
  tcase_add_test(cases, test_region_of_interest_starts_an_object);
  tcase_add_test(cases, test_detection_reaching_out_of_the_picture_is_cut);
  tcase_add_test(cases, test_metadata_from_upstream_stays);
  tcase_add_test(cases, test_user_s_object_is_left_alone);
  tcase_add_test(cases, test_id_of_a_prompt_that_is_not_due_is_not_taken);
  tcase_add_test(cases,
                 test_id_of_an_object_on_probation_is_not_given_to_a_user);
  tcase_add_test(cases, test_flush_forgets_the_objects);
  tcase_add_test(cases, test_new_frame_size_keeps_objects_of_detections);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(detected_objects)
