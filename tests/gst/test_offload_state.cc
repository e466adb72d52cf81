// Whether sam2track moves the objects' memories to the host, and what it says
// of it. The fake engine's "spill.pt" takes two units of memory for an object
// and seven for its memories on the device.
#include "degradation_messages.h"
#include "track_run.h"

namespace {

using sam2::expect;
using sam2::said_on;
using sam2::TrackRun;

// The object is where it would be with memory enough, until it leaves the
// picture.
void push_tracked(const TrackRun &run, int first, int last) {
  for (int i = first; i <= last; ++i) {
    fail_unless_equals_int(run.push(i), GST_FLOW_OK);
    const auto frame = run.pull_frame();
    const auto objects = sam2::read_objects(frame.get());
    fail_unless_equals_int(objects.size(), 1);
    if (10 + i < run.info().width)
      fail_unless_equals_int(objects[0].box.x, 10 + i);
    fail_if(objects[0].is_coasted);
  }
}

bool is_spilled(const TrackRun &run) {
  GstStructure *stats = nullptr;
  g_object_get(run.element(), "stats", &stats, nullptr);
  const sam2::StructurePtr owner(stats);
  gboolean is_spilled = FALSE;
  fail_unless(gst_structure_get_boolean(stats, "bank-spilled", &is_spilled));
  fail_unless_equals_uint64(run.stat("bank-spilled-bytes"),
                            is_spilled ? 700 : 0);
  return is_spilled;
}

GST_START_TEST(test_memories_move_when_memory_runs_out_and_back) {
  const TrackRun run("model-file=spill.pt");
  push_tracked(run, 0, 0);
  fail_if(is_spilled(run));
  run.gate().set_memory(5, 0);
  push_tracked(run, 1, 1);
  expect(said_on(run.bus()),
         {"+empty-caches 1", "warning", "+spill-bank 2", "warning"});
  fail_unless(is_spilled(run));
  fail_unless_equals_uint64(run.stat("degraded-spill-bank"), 1);
  run.gate().set_memory(100, 0);
  push_tracked(run, 2, 101);
  expect(said_on(run.bus()), {"-spill-bank 1"});
  fail_if(is_spilled(run));
  fail_unless_equals_uint64(run.stat("degraded-spill-bank"), 1);
}
GST_END_TEST

GST_START_TEST(test_memories_that_find_no_room_on_the_device_stay_on_the_host) {
  const TrackRun run("model-file=spill.pt");
  push_tracked(run, 0, 0);
  run.gate().set_memory(5, 0);
  push_tracked(run, 1, 150);
  expect(said_on(run.bus()),
         {"+empty-caches 1", "warning", "+spill-bank 2", "warning"});
  fail_unless(is_spilled(run));
  run.gate().set_memory(100, 0);
  push_tracked(run, 151, 300);
  expect(said_on(run.bus()), {"-spill-bank 1"});
  fail_if(is_spilled(run));
}
GST_END_TEST

GST_START_TEST(test_a_full_host_leaves_memories_on_the_device) {
  const TrackRun run("model-file=full-host.pt");
  push_tracked(run, 0, 0);
  run.gate().set_memory(5, 0);
  push_tracked(run, 1, 2);
  expect(said_on(run.bus()),
         {"+empty-caches 1", "warning", "+smaller-bank 2 changes", "warning"});
  fail_if(is_spilled(run));
  fail_unless_equals_uint64(run.stat("degraded-spill-bank"), 0);
}
GST_END_TEST

GST_START_TEST(test_never_keeps_memories_on_the_device) {
  const TrackRun run("model-file=spill.pt offload-state=never");
  push_tracked(run, 0, 0);
  run.gate().set_memory(5, 0);
  push_tracked(run, 1, 1);
  expect(said_on(run.bus()),
         {"+empty-caches 1", "warning", "+smaller-bank 2 changes", "warning"});
  fail_if(is_spilled(run));
  fail_unless_equals_uint64(run.stat("degraded-spill-bank"), 0);
}
GST_END_TEST

GST_START_TEST(test_always_has_memories_on_the_host_from_the_start) {
  const TrackRun run("model-file=spill.pt offload-state=always");
  run.gate().set_memory(5, 0);
  push_tracked(run, 0, 1);
  expect(said_on(run.bus()), {});
  fail_unless(is_spilled(run));
}
GST_END_TEST

// What the element says at the start.
sam2::MessagePtr info_of(const std::string &properties) {
  const sam2::ElementPtr element(GST_ELEMENT(gst_object_ref_sink(
      gst_parse_launch(("sam2track " + properties).c_str(), nullptr))));
  const sam2::BusPtr bus(gst_bus_new());
  gst_element_set_bus(element.get(), bus.get());
  gst_element_set_state(element.get(), GST_STATE_PAUSED);
  sam2::MessagePtr info = sam2::pop_message(bus.get(), GST_MESSAGE_INFO);
  gst_element_set_state(element.get(), GST_STATE_NULL);
  gst_element_set_bus(element.get(), nullptr);
  return info;
}

GST_START_TEST(test_always_is_told_where_it_changes_nothing) {
  const auto message = info_of("model-file=gate.pt offload-state=always");
  fail_unless(message != nullptr);
  GError *info = nullptr;
  gst_message_parse_info(message.get(), &info, nullptr);
  fail_unless(
      g_error_matches(info, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS));
  fail_unless_equals_string(
      info->message,
      "offload-state=always changes nothing with device cpu: the objects' "
      "memories are in host memory already.");
  g_error_free(info);
  fail_if(info_of("model-file=gate.pt offload-state=auto") != nullptr);
  fail_if(info_of("model-file=spill.pt offload-state=always") != nullptr);
}
GST_END_TEST

Suite *offload_state_suite() {
  Suite *suite = suite_create("offload_state");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_memories_move_when_memory_runs_out_and_back);
  tcase_add_test(
      cases, test_memories_that_find_no_room_on_the_device_stay_on_the_host);
  tcase_add_test(cases, test_a_full_host_leaves_memories_on_the_device);
  tcase_add_test(cases, test_never_keeps_memories_on_the_device);
  tcase_add_test(cases, test_always_has_memories_on_the_host_from_the_start);
  tcase_add_test(cases, test_always_is_told_where_it_changes_nothing);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(offload_state)
