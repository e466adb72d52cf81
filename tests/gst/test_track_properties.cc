// The properties of sam2track that choose what is remembered, and how masks
// are made.
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

GST_START_TEST(test_tracker_number_reaches_the_tracker_as_itself) {
  const std::pair<const char *, const char *> kCases[] = {
      {"num-maskmem=3", "3 16 4 1 8 0 0 1 30 0"},
      {"max-obj-ptrs=5", "7 5 4 1 8 0 0 1 30 0"},
      {"max-cond-frames=-1", "7 16 -1 1 8 0 0 1 30 0"},
      {"memory-stride=2", "7 16 4 2 8 0 0 1 30 0"},
      {"fill-hole-area=0", "7 16 4 1 0 0 0 1 30 0"},
      {"non-overlap-masks=true", "7 16 4 1 8 1 0 1 30 0"},
      {"mask-threshold=-1.5", "7 16 4 1 8 0 -1.5 1 30 0"},
      {"skipped-frames=hold", "7 16 4 1 8 0 0 0 30 0"},
      {"max-coast-frames=0", "7 16 4 1 8 0 0 1 0 0"},
      {"camera-motion=true", "7 16 4 1 8 0 0 1 30 1"},
      {"keep-first-cond-frame=false", "7 16 4 1 8 0 0 1 30 0 oldest goes"},
      {"mask-resolution=model", "7 16 4 1 8 0 0 1 30 0 model"},
      {"offload-state=never", "7 16 4 1 8 0 0 1 30 0 offload 0"},
      {"offload-state=always", "7 16 4 1 8 0 0 1 30 0 offload 2"},
  };
  for (const auto &[properties, wanted] : kCases) {
    const std::string found = settings_of(properties);
    fail_unless_equals_string(found.c_str(), wanted);
  }
}
GST_END_TEST

GST_START_TEST(test_range_of_a_property_is_the_tracker_s) {
  const struct {
    const char *name;
    int least, most, initial;
  } kRanges[] = {
      {"num-maskmem", 1, 7, 7},           {"max-obj-ptrs", 1, 256, 16},
      {"max-cond-frames", -1, 256, 4},    {"memory-stride", 1, 256, 1},
      {"fill-hole-area", 0, G_MAXINT, 8},
  };
  const sam2::ElementPtr element(GST_ELEMENT(
      gst_object_ref_sink(gst_element_factory_make("sam2track", nullptr))));
  GObjectClass *object_class = G_OBJECT_GET_CLASS(element.get());
  for (const auto &range : kRanges) {
    const GParamSpec *spec =
        g_object_class_find_property(object_class, range.name);
    const GParamSpecInt *number = G_PARAM_SPEC_INT(spec);
    fail_unless_equals_int(number->minimum, range.least);
    fail_unless_equals_int(number->maximum, range.most);
    fail_unless_equals_int(number->default_value, range.initial);
  }
  const GParamSpecFloat *threshold = G_PARAM_SPEC_FLOAT(
      g_object_class_find_property(object_class, "mask-threshold"));
  fail_unless_equals_float(threshold->minimum, -10);
  fail_unless_equals_float(threshold->maximum, 10);
  fail_unless_equals_float(threshold->default_value, 0);
}
GST_END_TEST

GST_START_TEST(test_tracker_property_may_change_before_the_start_only) {
  const sam2::ElementPtr element(GST_ELEMENT(
      gst_object_ref_sink(gst_element_factory_make("sam2track", nullptr))));
  for (const char *name :
       {"num-maskmem", "max-obj-ptrs", "max-cond-frames", "memory-stride",
        "fill-hole-area", "non-overlap-masks", "mask-threshold",
        "mask-resolution"}) {
    const GParamSpec *spec =
        g_object_class_find_property(G_OBJECT_GET_CLASS(element.get()), name);
    fail_unless(spec->flags & GST_PARAM_MUTABLE_READY, "%s", name);
  }
}
GST_END_TEST

GST_START_TEST(test_recent_is_the_default) {
  // The fake engine tells other settings than the defaults only.
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
  int whole = 0;
  for (const char *name : {"num-maskmem", "max-obj-ptrs", "max-cond-frames",
                           "memory-stride", "fill-hole-area"}) {
    g_object_set(element.get(), name, 3, nullptr);
    g_object_get(element.get(), name, &whole, nullptr);
    fail_unless_equals_int(whole, 3);
    whole = 0;
  }
  gboolean is_apart = FALSE;
  float threshold = 0;
  g_object_set(element.get(), "non-overlap-masks", TRUE, "mask-threshold", 2.5,
               nullptr);
  g_object_get(element.get(), "non-overlap-masks", &is_apart, "mask-threshold",
               &threshold, nullptr);
  fail_unless(is_apart);
  fail_unless_equals_float(threshold, 2.5);
  gint resolution = 0;
  g_object_set(element.get(), "mask-resolution", 1, nullptr);
  g_object_get(element.get(), "mask-resolution", &resolution, nullptr);
  fail_unless_equals_int(resolution, 1);
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
  tcase_add_test(cases, test_tracker_number_reaches_the_tracker_as_itself);
  tcase_add_test(cases, test_range_of_a_property_is_the_tracker_s);
  tcase_add_test(cases, test_tracker_property_may_change_before_the_start_only);
  tcase_add_test(cases, test_recent_is_the_default);
  tcase_add_test(cases, test_values_of_memory_policy_are_the_rows_of_the_table);
  tcase_add_test(cases, test_properties_give_back_what_they_were_set_to);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(track_properties)
