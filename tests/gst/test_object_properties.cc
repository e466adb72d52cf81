// The properties of sam2track that make objects of detections.
#include "detected_run.h"

namespace {

using sam2::DetectedRun;
using sam2::ElementPtr;
using sam2::FoundThing;

const FoundThing kCar = {"car", {10, 12, 12, 10}, 0.95F, {}};
const FoundThing kDog = {"dog", {40, 30, 10, 12}, 0.92F, {}};
const FoundThing kDoubtful = {"car", {10, 12, 12, 10}, 0.6F, {}};

ElementPtr new_element() {
  return ElementPtr(GST_ELEMENT(
      gst_object_ref_sink(gst_element_factory_make("sam2track", nullptr))));
}

GST_START_TEST(test_every_frame_is_the_default_mode) {
  DetectedRun run("");
  run.push({kCar});
  fail_unless_equals_int(run.push({kDog}).size(), 2);
}
GST_END_TEST

GST_START_TEST(test_first_frame_ignores_later_detections) {
  DetectedRun run("prompt-mode=first-frame");
  run.push({});
  // There is no second look, so no probation.
  fail_unless_equals_int(run.push({kDoubtful}).size(), 1);
  fail_unless_equals_int(run.push({kDog}, 3).size(), 1);
}
GST_END_TEST

GST_START_TEST(test_first_frame_starts_again_after_a_flush) {
  DetectedRun run("prompt-mode=first-frame");
  run.push({kCar});
  run.flush();
  fail_unless_equals_int(run.push({kDog}).size(), 1);
}
GST_END_TEST

GST_START_TEST(test_every_n_frames_looks_every_prompt_interval_frames) {
  DetectedRun run("prompt-mode=every-n-frames prompt-interval=3");
  fail_unless_equals_int(run.push({kCar}).size(), 1);
  fail_unless_equals_int(run.push({kDog}).size(), 1);
  fail_unless_equals_int(run.push_bare().size(), 1);
  fail_unless_equals_int(run.push({kDog}).size(), 2);
}
GST_END_TEST

GST_START_TEST(test_on_demand_takes_the_next_detections_once) {
  DetectedRun run("prompt-mode=on-demand");
  fail_unless(run.push({kCar}).empty());
  g_signal_emit_by_name(run.element(), "request-detections");
  fail_unless(run.push_bare().empty());
  fail_unless(run.push({}).empty());
  fail_unless_equals_int(run.push({kDoubtful}).size(), 1);
  fail_unless_equals_int(run.push({kDog}).size(), 1);
  g_signal_emit_by_name(run.element(), "request-detections");
  run.push({});
  fail_unless_equals_int(run.push({kDog}).size(), 2);
}
GST_END_TEST

GST_START_TEST(test_object_class_chooses_labels) {
  DetectedRun run("object-class=\"cat, dog\"");
  const auto objects = run.push({kCar, kDog});
  fail_unless_equals_int(objects.size(), 1);
  fail_unless_equals_string(objects[0].label.c_str(), "dog");
}
GST_END_TEST

GST_START_TEST(test_min_confidence_leaves_doubtful_detections_out) {
  DetectedRun run("min-confidence=0.94");
  const auto objects = run.push({kCar, kDog});
  fail_unless_equals_int(objects.size(), 1);
  fail_unless_equals_string(objects[0].label.c_str(), "car");
}
GST_END_TEST

GST_START_TEST(test_probation_age_1_shows_at_once) {
  DetectedRun run("probation-age=1");
  fail_unless_equals_int(run.push({kDoubtful}).size(), 1);
}
GST_END_TEST

GST_START_TEST(test_probation_age_2_asks_for_both_frames) {
  DetectedRun run("probation-age=2");
  fail_unless(run.push({kDoubtful}).empty());
  fail_unless_equals_int(run.push({kDoubtful}).size(), 1);
}
GST_END_TEST

GST_START_TEST(test_longer_probation_forgives_more_misses) {
  for (const bool is_long : {false, true}) {
    DetectedRun run(is_long ? "probation-age=5" : "");
    run.push({kDoubtful});
    run.push({}, 2);
    fail_unless_equals_int(run.push({kDoubtful}, 2).size(), is_long ? 1 : 0);
  }
}
GST_END_TEST

GST_START_TEST(test_lost_object_is_forgotten_after_max_lost_age) {
  DetectedRun run("max-lost-age=2");
  run.push({{"car", {62, 12, 2, 10}, 0.95F, {}}});  // too narrow
  fail_unless(run.push({}).empty());
  run.push({{"car", {60, 12, 4, 10}, 0.95F, {}}});
  const auto lost = run.push({}, 4);
  fail_unless(lost.at(0).is_lost);
  fail_unless_equals_int(run.push({}, 2).size(), 1);
  fail_unless(run.push({}).empty());
}
GST_END_TEST

GST_START_TEST(test_min_iou_new_object_says_what_is_there_already) {
  // A dog on a car: their boxes have an IoU of 0.78.
  const FoundThing rider = {"dog", {10, 12, 12, 7}, 0.95F, {}};
  const auto count = [&](const char *properties) {
    DetectedRun run(properties);
    return run.push({{"car", {10, 12, 12, 9}, 0.96F, {}}, rider}).size();
  };
  fail_unless_equals_int(count(""), 1);
  fail_unless_equals_int(count("min-iou-new-object=0.9"), 2);
}
GST_END_TEST

GST_START_TEST(test_max_objects_takes_the_most_confident) {
  DetectedRun run("max-objects=1");
  const auto objects = run.push({kDog, kCar});
  fail_unless_equals_int(objects.size(), 1);
  fail_unless_equals_string(objects[0].label.c_str(), "car");
}
GST_END_TEST

GST_START_TEST(test_user_s_objects_take_room) {
  DetectedRun run("max-objects=1 prompt=\"1:box=10,12,12,10\"");
  const auto objects = run.push({kDog});
  fail_unless_equals_int(objects.size(), 1);
  fail_unless_equals_string(objects[0].label.c_str(), "object");
}
GST_END_TEST

GST_START_TEST(test_prompt_beyond_max_objects_is_refused_with_a_warning) {
  DetectedRun run(
      "max-objects=1 prompt=\"7:box=10,12,12,10; 8:points=9,9,+;"
      "@0.04s 7:points=20,20,+\"");
  fail_unless_equals_int(run.push_bare().size(), 1);
  const auto message = sam2::pop_message(run.bus(), GST_MESSAGE_WARNING);
  GError *error = nullptr;
  gst_message_parse_warning(message.get(), &error, nullptr);
  fail_unless(
      g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS));
  fail_unless_equals_string(error->message,
                            "Object 8 is not tracked: max-objects is 1, and "
                            "there are as many. Raise it, or remove an object "
                            "first.");
  g_error_free(error);
  // A correction is no more.
  const auto objects = run.push_bare();
  fail_unless_equals_int64(*objects.at(0).object_id, 7);
  fail_unless_equals_float(objects.at(0).box.x, 16);
  fail_unless(!sam2::pop_message(run.bus(), GST_MESSAGE_WARNING));
}
GST_END_TEST

int64_t id_after_flush(const char *properties) {
  DetectedRun run(properties);
  run.push({kCar, kDog});
  run.flush();
  return *run.push({kCar}).at(0).object_id;
}

GST_START_TEST(test_id_reset_mode_says_what_a_flush_does_to_ids) {
  fail_unless_equals_int64(id_after_flush("id-reset-mode=continue"), 3);
  fail_unless_equals_int64(id_after_flush("id-reset-mode=restart"), 1);
  fail_unless_equals_int64(id_after_flush("id-reset-mode=reuse"), 1);
  fail_unless_equals_int64(
      id_after_flush("id-reset-mode=restart prompt=\"@9s 3:points=9,9,+\""), 4);
}
GST_END_TEST

GST_START_TEST(test_reuse_gives_an_id_again) {
  for (const bool is_reused : {false, true}) {
    DetectedRun run(is_reused ? "max-lost-age=0 id-reset-mode=reuse"
                              : "max-lost-age=0");
    run.push({{"car", {60, 12, 4, 10}, 0.95F, {}}});
    run.push({}, 6);
    fail_unless_equals_int64(*run.push({kDog}).at(0).object_id,
                             is_reused ? 1 : 2);
  }
}
GST_END_TEST

// The tracker has limits of its own.
GST_START_TEST(test_ends_of_the_ranges_are_accepted) {
  for (const char *property :
       {"prompt-interval=1", "prompt-interval=1000000", "max-objects=1",
        "max-objects=10000", "probation-age=1", "probation-age=1000",
        "max-lost-age=0", "max-lost-age=1000000", "min-iou-new-object=0.01",
        "min-iou-new-object=1", "min-confidence=0", "min-confidence=1"}) {
    const auto errors = sam2::errors_at_start(
        std::string("sam2track model-file=fake.pt ") + property);
    fail_unless(errors.empty(), "%s", property);
  }
}
GST_END_TEST

GST_START_TEST(test_what_is_beyond_the_ranges_is_not_taken) {
  const ElementPtr element = new_element();
  for (const char *name :
       {"prompt-interval", "max-objects", "probation-age", "max-lost-age"}) {
    const GParamSpec *spec =
        g_object_class_find_property(G_OBJECT_GET_CLASS(element.get()), name);
    const GParamSpecInt *number = G_PARAM_SPEC_INT(spec);
    fail_unless(spec->flags & GST_PARAM_MUTABLE_READY, "%s", name);
    const bool may_be_0 = std::string(name) == "max-lost-age";
    fail_unless_equals_int(number->minimum, may_be_0 ? 0 : 1);
    fail_unless(number->maximum <= 1000000);
  }
}
GST_END_TEST

GST_START_TEST(test_properties_give_back_what_they_were_set_to) {
  const ElementPtr element = new_element();
  for (const char *name :
       {"prompt-interval", "max-objects", "probation-age", "max-lost-age"}) {
    int value = 0;
    g_object_set(element.get(), name, 3, nullptr);
    g_object_get(element.get(), name, &value, nullptr);
    fail_unless_equals_int(value, 3);
  }
  g_object_set(element.get(), "object-class", " car ,,dog", "min-confidence",
               0.25, "min-iou-new-object", 0.5, nullptr);
  gst_util_set_object_arg(G_OBJECT(element.get()), "prompt-mode", "on-demand");
  gst_util_set_object_arg(G_OBJECT(element.get()), "id-reset-mode", "restart");
  gchar *labels = nullptr;
  float confidence = 0;
  double iou = 0;
  int prompt_mode = -1, id_mode = -1;
  g_object_get(element.get(), "object-class", &labels, "min-confidence",
               &confidence, "min-iou-new-object", &iou, "prompt-mode",
               &prompt_mode, "id-reset-mode", &id_mode, nullptr);
  fail_unless_equals_string(labels, "car,dog");
  g_free(labels);
  fail_unless_equals_float(confidence, 0.25);
  fail_unless_equals_float(iou, 0.5);
  fail_unless_equals_int(prompt_mode, 0);
  fail_unless_equals_int(id_mode, 1);
}
GST_END_TEST

Suite *object_properties_suite() {
  Suite *suite = suite_create("object_properties");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_every_frame_is_the_default_mode);
  tcase_add_test(cases, test_first_frame_ignores_later_detections);
  tcase_add_test(cases, test_first_frame_starts_again_after_a_flush);
  tcase_add_test(cases, test_every_n_frames_looks_every_prompt_interval_frames);
  tcase_add_test(cases, test_on_demand_takes_the_next_detections_once);
  tcase_add_test(cases, test_object_class_chooses_labels);
  tcase_add_test(cases, test_min_confidence_leaves_doubtful_detections_out);
  tcase_add_test(cases, test_probation_age_1_shows_at_once);
  tcase_add_test(cases, test_probation_age_2_asks_for_both_frames);
  tcase_add_test(cases, test_longer_probation_forgives_more_misses);
  tcase_add_test(cases, test_lost_object_is_forgotten_after_max_lost_age);
  tcase_add_test(cases, test_min_iou_new_object_says_what_is_there_already);
  tcase_add_test(cases, test_max_objects_takes_the_most_confident);
  tcase_add_test(cases, test_user_s_objects_take_room);
  tcase_add_test(cases,
                 test_prompt_beyond_max_objects_is_refused_with_a_warning);
  tcase_add_test(cases, test_id_reset_mode_says_what_a_flush_does_to_ids);
  tcase_add_test(cases, test_reuse_gives_an_id_again);
  tcase_add_test(cases, test_ends_of_the_ranges_are_accepted);
  tcase_add_test(cases, test_what_is_beyond_the_ranges_is_not_taken);
  tcase_add_test(cases, test_properties_give_back_what_they_were_set_to);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(object_properties)
