// The properties of sam2track that choose what is remembered.
#include "analytics_meta.h"
#include "engine/engine.h"
#include "support/gst_test.h"
#include "track/selection_policy.h"

namespace {

const GstVideoInfo kI420 = sam2::video_info(GST_VIDEO_FORMAT_I420, 64, 48);

// What the tracker was started with, as the fake engine tells it.
std::string settings_of(const std::string &properties) {
  const auto harness = sam2::video_harness(
      "sam2track model-file=fake.pt prompt=\"1:box=10,12,6,5\" " + properties,
      kI420);
  const auto out =
      sam2::push_and_pull(harness.get(), sam2::video_buffer(kI420, 128));
  return sam2::read_objects(out.get()).at(0).label;
}

GST_START_TEST(test_each_property_reaches_the_tracker_as_itself) {
  const std::pair<const char *, const char *> kCases[] = {
      {"", "samurai 0.5 0 0 -1 15 0.3 -1"},
      {"memory-iou-threshold=0.75", "samurai 0.75 0 0 -1 15 0.3 -1"},
      {"memory-obj-score-threshold=-2.5", "samurai 0.5 -2.5 0 -1 15 0.3 -1"},
      {"memory-kf-score-threshold=0.25", "samurai 0.5 0 0.25 -1 15 0.3 -1"},
      {"kf-score-weight=0.5", "samurai 0.5 0 0 0.5 15 0.3 -1"},
      {"stable-frames-threshold=4", "samurai 0.5 0 0 -1 4 0.3 -1"},
      {"stable-iou-threshold=0.6", "samurai 0.5 0 0 -1 15 0.6 -1"},
      {"min-obj-score=0", "samurai 0.5 0 0 -1 15 0.3 0"},
  };
  for (const auto &[properties, wanted] : kCases) {
    const std::string found =
        settings_of(std::string("memory-policy=samurai ") + properties);
    fail_unless_equals_string(found.c_str(), wanted);
  }
}
GST_END_TEST

GST_START_TEST(test_recent_is_the_default) {
  // The fake engine tells settings of other policies only.
  const std::string found = settings_of("");
  fail_unless_equals_string(found.c_str(), "object");
}
GST_END_TEST

GST_START_TEST(test_values_of_memory_policy_are_the_rows_of_the_table) {
  const sam2::ElementPtr element(GST_ELEMENT(
      gst_object_ref_sink(gst_element_factory_make("sam2track", nullptr))));
  GParamSpec *spec = g_object_class_find_property(
      G_OBJECT_GET_CLASS(element.get()), "memory-policy");
  const GEnumClass *values = G_PARAM_SPEC_ENUM(spec)->enum_class;
  const auto &rows = sam2::selection_policies();
  fail_unless_equals_int(values->n_values, rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    fail_unless_equals_string(values->values[i].value_nick, rows[i].name);
    fail_unless_equals_string(values->values[i].value_name,
                              rows[i].description);
    gst_util_set_object_arg(G_OBJECT(element.get()), "memory-policy",
                            rows[i].name);
    int value = -1;
    g_object_get(element.get(), "memory-policy", &value, nullptr);
    fail_unless_equals_int(value, i);
  }
}
GST_END_TEST

GST_START_TEST(test_properties_give_back_what_they_were_set_to) {
  const sam2::ElementPtr element(GST_ELEMENT(
      gst_object_ref_sink(gst_element_factory_make("sam2track", nullptr))));
  guint frames = 0;
  g_object_set(element.get(), "stable-frames-threshold", 7, nullptr);
  g_object_get(element.get(), "stable-frames-threshold", &frames, nullptr);
  fail_unless_equals_int(frames, 7);
  for (const char *name : {"memory-iou-threshold", "memory-obj-score-threshold",
                           "memory-kf-score-threshold", "kf-score-weight",
                           "stable-iou-threshold", "min-obj-score"}) {
    double value = 0;
    g_object_set(element.get(), name, 0.125, nullptr);
    g_object_get(element.get(), name, &value, nullptr);
    fail_unless_equals_float(value, 0.125);
  }
}
GST_END_TEST

Suite *track_properties_suite() {
  Suite *suite = suite_create("track_properties");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_each_property_reaches_the_tracker_as_itself);
  tcase_add_test(cases, test_recent_is_the_default);
  tcase_add_test(cases, test_values_of_memory_policy_are_the_rows_of_the_table);
  tcase_add_test(cases, test_properties_give_back_what_they_were_set_to);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(track_properties)
