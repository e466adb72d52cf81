// Memory's limit, thresholds and messages, on the fake engine's device of 1000
// bytes.
#include "track_run.h"

namespace {

using sam2::TrackRun;

constexpr int kFrames = 25;

// "LEVEL IN-USE/LIMIT" of the messages about pressure on the bus.
std::vector<std::string> pressures(const TrackRun &run) {
  std::vector<std::string> found;
  while (const auto message =
             sam2::pop_message(run.bus(), GST_MESSAGE_ELEMENT)) {
    const GstStructure *fields = gst_message_get_structure(message.get());
    if (!gst_structure_has_name(fields, "sam2-memory-pressure")) continue;
    guint64 in_use = 0, limit = 0;
    fail_unless(gst_structure_get_uint64(fields, "in-use", &in_use));
    fail_unless(gst_structure_get_uint64(fields, "limit", &limit));
    found.push_back(std::string(gst_structure_get_string(fields, "level")) +
                    " " + std::to_string(in_use) + "/" + std::to_string(limit));
  }
  return found;
}

// What the bus hears while use grows by 100 bytes a frame, and falls to 500 at
// the twentieth.
std::vector<std::string> pressures_with(const std::string &properties) {
  const TrackRun run("model-file=pressure.pt " + properties);
  for (int frame = 0; frame < kFrames; ++frame) {
    run.push(frame);
    run.pull();
  }
  return pressures(run);
}

void assert_texts(const std::vector<std::string> &found,
                  const std::vector<std::string> &wanted) {
  fail_unless_equals_int(found.size(), wanted.size());
  for (size_t i = 0; i < found.size(); ++i)
    fail_unless_equals_string(found[i].c_str(), wanted[i].c_str());
}

GST_START_TEST(test_each_crossing_is_told_once) {
  assert_texts(pressures_with(""),
               {"warning 800/900", "critical 1000/900", "normal 500/900"});
}
GST_END_TEST

GST_START_TEST(test_thresholds_and_limit_of_the_properties_count) {
  assert_texts(pressures_with("memory-warning-threshold=0.2 "
                              "memory-critical-threshold=0.3 "
                              "memory-fraction=0.75"),
               {"warning 200/750", "critical 300/750"});
  assert_texts(pressures_with("memory-limit=5000 memory-warning-threshold=1 "
                              "memory-critical-threshold=1"),
               {"critical 1000/5000", "normal 500/5000"});
}
GST_END_TEST

GST_START_TEST(test_stats_tell_the_memory_by_owner) {
  const TrackRun run("memory-limit=700");
  fail_unless_equals_uint64(run.stat("memory-limit"), 700);
  fail_unless_equals_uint64(run.stat("memory-in-use"), 50);
  fail_unless_equals_uint64(run.stat("memory-weights"), 50);
  fail_unless_equals_uint64(run.stat("memory-peak"), 1000);
  fail_unless_equals_uint64(run.stat("memory-banks"), 0);
}
GST_END_TEST

GST_START_TEST(test_growth_is_passed_on) {
  fail_unless_equals_uint64(TrackRun("").stat("memory-cached"), 0);
  fail_unless_equals_uint64(
      TrackRun("memory-growth=false").stat("memory-cached"), 77);
}
GST_END_TEST

GST_START_TEST(test_environment_gives_the_defaults_and_properties_win) {
  g_setenv("SAM_GPU_MEMORY_FRACTION", "0.25", TRUE);
  fail_unless_equals_uint64(TrackRun("").stat("memory-limit"), 250);
  fail_unless_equals_uint64(
      TrackRun("memory-fraction=0.5").stat("memory-limit"), 500);
  const TrackRun run("");
  gdouble fraction = 0;
  g_object_get(run.element(), "memory-fraction", &fraction, nullptr);
  fail_unless_equals_float(fraction, 0.25);
  g_unsetenv("SAM_GPU_MEMORY_FRACTION");
}
GST_END_TEST

// The first warning of a start with that model, empty if there is none.
std::string warning_at_start(const char *model_file) {
  const sam2::ElementPtr element(GST_ELEMENT(
      gst_object_ref_sink(gst_element_factory_make("sam2track", nullptr))));
  g_object_set(element.get(), "model-file", model_file, nullptr);
  const sam2::BusPtr bus(gst_bus_new());
  gst_element_set_bus(element.get(), bus.get());
  gst_element_set_state(element.get(), GST_STATE_PAUSED);
  std::string text;
  if (const auto warning = sam2::pop_message(bus.get(), GST_MESSAGE_WARNING)) {
    GError *raw_error = nullptr;
    gst_message_parse_warning(warning.get(), &raw_error, nullptr);
    text = raw_error->message;
    g_error_free(raw_error);
  }
  gst_element_set_state(element.get(), GST_STATE_NULL);
  gst_element_set_bus(element.get(), nullptr);
  return text;
}

GST_START_TEST(test_unusable_variable_is_a_warning_that_names_it) {
  g_setenv("SAM_ENABLE_MEMORY_GROWTH", "maybe", TRUE);
  fail_unless(warning_at_start("fake.pt").find(
                  "SAM_ENABLE_MEMORY_GROWTH is \"maybe\"") !=
              std::string::npos);
  g_unsetenv("SAM_ENABLE_MEMORY_GROWTH");
}
GST_END_TEST

GST_START_TEST(test_a_limit_that_nothing_keeps_is_a_warning) {
  const std::string warning = warning_at_start("uncounted.pt");
  fail_unless(warning.find("memory-limit and memory-fraction do not hold") !=
              std::string::npos);
  fail_unless(warning_at_start("fake.pt").empty());
}
GST_END_TEST

GST_START_TEST(test_what_cannot_fit_is_refused_at_the_start) {
  ASSERT_ONE_ERROR(
      sam2::errors_at_start("sam2track model-file=a.pt memory-limit=200"),
      GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT,
      "That is too much. Raise memory-limit.");
  // The same with room for what fewer objects take.
  const TrackRun run("max-objects=5 memory-limit=200");
  run.push(0);
  fail_unless_equals_int(run.pull(), 0);
}
GST_END_TEST

GST_START_TEST(test_frames_without_room_are_refused_before_the_first) {
  const TrackRun run(
      "model-file=fake.pt batch-size=1 max-objects=5 "
      "memory-limit=250");
  run.push(0);
  fail_unless_equals_int(run.pull(), 0);
  gst_harness_set_src_caps_str(
      run.harness(),
      "video/x-raw,format=RGB,width=5000,height=4000,framerate=25/1");
  ASSERT_ONE_ERROR(sam2::awaited_errors(run.bus()), GST_RESOURCE_ERROR,
                   GST_RESOURCE_ERROR_NO_SPACE_LEFT,
                   "That is too much. Raise memory-limit.");
}
GST_END_TEST

GST_START_TEST(test_batch_is_no_larger_than_memory_has_room_for) {
  const TrackRun run(
      "batch-size=4 batch-timeout=10000000000 max-objects=5 memory-limit=300");
  for (int frame = 0; frame < 4; ++frame) run.push(frame);
  for (int frame = 0; frame < 4; ++frame) {
    const sam2::BufferPtr out = run.pull_frame();
    const std::string label = sam2::read_objects(out.get()).at(0).label;
    fail_unless_equals_string(label.c_str(), "batch 2");
  }
  // Larger frames are another demand; the warning comes again.
  gst_harness_set_src_caps_str(
      run.harness(),
      "video/x-raw,format=RGB,width=128,height=96,framerate=25/1");
  const auto warning = sam2::await_message(run.bus(), GST_MESSAGE_WARNING);
  fail_unless(warning != nullptr);
}
GST_END_TEST

std::string label_of(const TrackRun &run, const GstVideoInfo &info, int frame) {
  gst_harness_push(run.harness(), sam2::video_buffer(info, 9, frame).release());
  const sam2::BufferPtr out = run.pull_frame();
  return sam2::read_objects(out.get()).at(0).label;
}

GST_START_TEST(test_larger_frames_may_leave_room_for_fewer_objects_at_a_time) {
  const TrackRun run("model-file=passes.pt batch-size=1");
  ASSERT_TEXT(label_of(run, run.info(), 0), "pass 4");
  const GstVideoInfo larger = sam2::video_info(GST_VIDEO_FORMAT_RGB, 128, 96);
  gst_harness_set_src_caps(run.harness(), gst_video_info_to_caps(&larger));
  ASSERT_TEXT(label_of(run, larger, 1), "pass 1");
}
GST_END_TEST

Suite *memory_properties_suite() {
  Suite *suite = suite_create("memory_properties");
  TCase *cases = tcase_create("sam2track");
  suite_add_tcase(suite, cases);
  tcase_add_test(cases, test_each_crossing_is_told_once);
  tcase_add_test(cases, test_thresholds_and_limit_of_the_properties_count);
  tcase_add_test(cases, test_stats_tell_the_memory_by_owner);
  tcase_add_test(cases, test_growth_is_passed_on);
  tcase_add_test(cases, test_environment_gives_the_defaults_and_properties_win);
  tcase_add_test(cases, test_unusable_variable_is_a_warning_that_names_it);
  tcase_add_test(cases, test_a_limit_that_nothing_keeps_is_a_warning);
  tcase_add_test(cases, test_what_cannot_fit_is_refused_at_the_start);
  tcase_add_test(cases, test_frames_without_room_are_refused_before_the_first);
  tcase_add_test(cases, test_batch_is_no_larger_than_memory_has_room_for);
  tcase_add_test(cases,
                 test_larger_frames_may_leave_room_for_fewer_objects_at_a_time);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(memory_properties);
