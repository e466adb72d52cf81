// What the element measures: counters, times of stages, latency, lateness.
#include "flow_settings.h"
#include "latency_meter.h"
#include "qos_gate.h"
#include "support/gst_test.h"
#include "track_stats.h"

namespace {

using std::chrono::milliseconds;

double number(const GstStructure *structure, const char *field) {
  gdouble value = -1;
  fail_unless(gst_structure_get_double(structure, field, &value));
  return value;
}

guint64 count(const GstStructure *structure, const char *field) {
  guint64 value = 999;
  fail_unless(gst_structure_get_uint64(structure, field, &value));
  return value;
}

GST_START_TEST(test_counts_are_of_frames_in_out_and_dropped) {
  sam2::TrackStats stats;
  for (int i = 0; i < 3; ++i) stats.count_in();
  for (int i = 0; i < 2; ++i) stats.count_out();
  stats.count_dropped();
  stats.set_objects(5);
  const auto structure = stats.structure(4);
  fail_unless_equals_uint64(count(structure.get(), "frames-in"), 3);
  fail_unless_equals_uint64(count(structure.get(), "frames-out"), 2);
  fail_unless_equals_uint64(count(structure.get(), "frames-dropped"), 1);
  guint waiting = 0, objects = 0;
  gst_structure_get_uint(structure.get(), "frames-waiting", &waiting);
  gst_structure_get_uint(structure.get(), "objects", &objects);
  fail_unless_equals_int(waiting, 4);
  fail_unless_equals_int(objects, 5);
  stats.reset();
  fail_unless_equals_uint64(count(stats.structure(0).get(), "frames-in"), 0);
}
GST_END_TEST

GST_START_TEST(test_banks_are_told_with_the_fullest_and_what_one_may_hold) {
  sam2::TrackStats stats;
  stats.set_bank({{9, 20, 3}, {6, 14, 2}, {8, 17, -1}});
  const auto structure = stats.structure(0);
  const struct {
    const char *name;
    int held, fullest, capacity;
  } kRows[] = {{"memories", 9, 6, 8},
               {"pointers", 20, 14, 17},
               {"conditioning-frames", 3, 2, -1}};
  for (const auto &row : kRows) {
    const std::string name(row.name);
    guint held = 99, fullest = 99;
    gint capacity = 99;
    fail_unless(gst_structure_get(
        structure.get(), name.c_str(), G_TYPE_UINT, &held,
        (name + "-fullest").c_str(), G_TYPE_UINT, &fullest,
        (name + "-capacity").c_str(), G_TYPE_INT, &capacity, nullptr));
    fail_unless_equals_int(held, row.held);
    fail_unless_equals_int(fullest, row.fullest);
    fail_unless_equals_int(capacity, row.capacity);
  }
}
GST_END_TEST

GST_START_TEST(test_stages_have_median_and_95th_percentile) {
  sam2::TrackStats stats;
  for (int i = 100; i >= 0; --i)
    stats.add(sam2::Stage::kTrack, milliseconds(i));
  const auto structure = stats.structure(0);
  fail_unless_equals_float(number(structure.get(), "track-ms-median"), 50);
  fail_unless_equals_float(number(structure.get(), "track-ms-p95"), 95);
  fail_unless_equals_float(number(structure.get(), "push-ms-p95"), 0);
}
GST_END_TEST

GST_START_TEST(test_only_the_latest_turns_count) {
  sam2::TrackStats stats;
  for (int i = 0; i < 128; ++i) stats.add(sam2::Stage::kPush, milliseconds(9));
  for (int i = 0; i < 128; ++i) stats.add(sam2::Stage::kPush, milliseconds(1));
  fail_unless_equals_float(number(stats.structure(0).get(), "push-ms-p95"), 1);
}
GST_END_TEST

GST_START_TEST(test_the_frame_rate_is_that_of_frames_out) {
  sam2::TrackStats stats;
  fail_unless_equals_float(number(stats.structure(0).get(), "fps"), 0);
  for (int i = 0; i < 300; ++i) stats.count_out();
  fail_unless(number(stats.structure(0).get(), "fps") > 1000);
}
GST_END_TEST

GST_START_TEST(test_latency_changes_by_more_than_a_quarter_or_not_at_all) {
  sam2::LatencyMeter meter;
  fail_unless(meter.add(1000));
  fail_unless(!meter.add(900));
  fail_unless(!meter.add(1250));
  fail_unless_equals_uint64(meter.latency_ns(), 1000);
  fail_unless(meter.add(1251));
  fail_unless_equals_uint64(meter.latency_ns(), 1251);
}
GST_END_TEST

GST_START_TEST(test_latency_sinks_when_the_long_turns_are_past) {
  sam2::LatencyMeter meter;
  meter.add(1000);
  for (int i = 0; i < 15; ++i) fail_unless(!meter.add(500));
  fail_unless(meter.add(500));
  fail_unless_equals_uint64(meter.latency_ns(), 500);
  meter.reset();
  fail_unless_equals_uint64(meter.latency_ns(), 0);
}
GST_END_TEST

void update(sam2::QosGate &gate, GstClockTimeDiff jitter_ns) {
  const sam2::EventPtr event(
      gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 2, jitter_ns, 1000));
  gate.update(event.get(), 40);
}

GST_START_TEST(test_lateness_follows_the_jitter) {
  sam2::QosGate gate;
  fail_unless(!gate.is_late(0));
  update(gate, 100);  // 1000 + 2 * 100 + 40
  fail_unless(gate.is_late(1239));
  fail_unless(!gate.is_late(1240));
  fail_unless(!gate.is_late(GST_CLOCK_TIME_NONE));
  fail_unless_equals_int64(gate.jitter_ns(), 100);
  fail_unless_equals_float(gate.proportion(), 2);
  update(gate, -100);
  fail_unless(gate.is_late(899));
  fail_unless(!gate.is_late(900));
  gate.reset();
  fail_unless(!gate.is_late(0));
}
GST_END_TEST

GST_START_TEST(test_the_size_of_a_batch_follows_picture_device_and_liveness) {
  sam2::FlowSettings settings;
  const auto size = [&](bool is_cpu, bool is_live, sam2::SizePx frame) {
    return static_cast<int>(sam2::batch_size(settings, is_cpu, is_live, frame));
  };
  fail_unless_equals_int(size(false, false, {1280, 720}), 8);
  fail_unless_equals_int(size(false, false, {1281, 720}), 4);
  fail_unless_equals_int(size(false, false, {1920, 1080}), 4);
  fail_unless_equals_int(size(false, false, {1920, 1081}), 2);
  fail_unless_equals_int(size(true, false, {1280, 720}), 1);
  fail_unless_equals_int(size(false, true, {1280, 720}), 1);
  fail_unless_equals_int(sam2::shared_batch_size(settings, {1280, 720}), 8);
  fail_unless_equals_int(sam2::shared_batch_size(settings, {1920, 1080}), 4);
  settings.batch_size = 6;
  fail_unless_equals_int(size(true, true, {1280, 720}), 6);
  settings.frame_buffer_size = 3;
  fail_unless_equals_int(size(true, true, {1280, 720}), 4);
  fail_unless_equals_int(sam2::shared_batch_size(settings, {1280, 720}), 6);
}
GST_END_TEST

GST_START_TEST(test_a_frame_waits_for_the_others_of_its_batch) {
  sam2::FlowSettings settings;
  settings.batch_timeout_ns = 100;
  fail_unless_equals_uint64(sam2::batch_wait_ns(settings, 40), 0);
  settings.batch_size = 3;
  fail_unless_equals_uint64(sam2::batch_wait_ns(settings, 40), 80);
  fail_unless_equals_uint64(sam2::batch_wait_ns(settings, 60), 100);
  settings.model_instance_id = "cameras";
  fail_unless_equals_uint64(sam2::batch_wait_ns(settings, 60), 0);
}
GST_END_TEST

Suite *track_stats_suite() {
  Suite *suite = suite_create("track_stats");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_counts_are_of_frames_in_out_and_dropped);
  tcase_add_test(cases,
                 test_banks_are_told_with_the_fullest_and_what_one_may_hold);
  tcase_add_test(cases, test_stages_have_median_and_95th_percentile);
  tcase_add_test(cases, test_only_the_latest_turns_count);
  tcase_add_test(cases, test_the_frame_rate_is_that_of_frames_out);
  tcase_add_test(cases,
                 test_latency_changes_by_more_than_a_quarter_or_not_at_all);
  tcase_add_test(cases, test_latency_sinks_when_the_long_turns_are_past);
  tcase_add_test(cases, test_lateness_follows_the_jitter);
  tcase_add_test(cases,
                 test_the_size_of_a_batch_follows_picture_device_and_liveness);
  tcase_add_test(cases, test_a_frame_waits_for_the_others_of_its_batch);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(track_stats)
