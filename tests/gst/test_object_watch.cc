// What sam2track says of objects that leave and come back.
#include "object_watch.h"
#include "prompt_run.h"

namespace {

using sam2::FrameResult;
using sam2::ObjectChange;
using sam2::ObjectWatch;
using sam2::TrackRun;
using Names = std::vector<std::string>;

FrameResult result_with(const std::vector<std::pair<int, bool>> &objects) {
  FrameResult result;
  for (const auto &[id, is_lost] : objects) {
    result.objects.emplace_back();
    result.objects.back().object_id = id;
    result.objects.back().is_lost = is_lost;
    result.objects.back().label = "cup";
  }
  return result;
}

// "+1" for object 1 found, "-1" for it lost.
Names names_of(const std::vector<ObjectChange> &changes) {
  Names names;
  for (const ObjectChange &change : changes) {
    names.push_back((change.is_lost ? "-" : "+") +
                    std::to_string(change.object_id));
    fail_unless_equals_string(change.label.c_str(), "cup");
  }
  return names;
}

GST_START_TEST(test_each_change_is_said_once) {
  ObjectWatch watch;
  const auto see = [&](const std::vector<std::pair<int, bool>> &objects) {
    return names_of(watch.update(result_with(objects)));
  };
  fail_unless(see({{1, false}, {2, true}}) == Names({"+1", "-2"}));
  fail_unless(see({{1, false}, {2, true}}) == Names());
  fail_unless(see({{1, true}, {2, false}}) == Names({"-1", "+2"}));
  fail_unless(see({{1, true}, {2, false}}) == Names());
}
GST_END_TEST

GST_START_TEST(test_an_object_that_is_forgotten_is_new_when_it_comes) {
  ObjectWatch watch;
  watch.update(result_with({{1, false}, {2, false}}));
  fail_unless(watch.update(result_with({{2, false}})).empty());
  fail_unless(names_of(watch.update(result_with({{1, false}, {2, false}}))) ==
              Names{"+1"});
  watch.reset();
  fail_unless(names_of(watch.update(result_with({{2, false}}))) == Names{"+2"});
}
GST_END_TEST

// What handlers of the signals were told.
struct Heard {
  Names names;
  std::vector<guint64> times;
  std::string label;
};

void note(const char *sign, gint64 id, const char *label, guint64 time,
          Heard *heard) {
  heard->names.push_back(sign + std::to_string(id));
  heard->times.push_back(time);
  heard->label = label;
}

void on_lost(GstElement *, gint64 id, const char *label, guint64 time,
             gpointer heard) {
  note("-", id, label, time, static_cast<Heard *>(heard));
}

void on_found(GstElement *, gint64 id, const char *label, guint64 time,
              gpointer heard) {
  note("+", id, label, time, static_cast<Heard *>(heard));
}

// Handlers run before the frame is pushed: whoever has pulled it may look.
void listen(const TrackRun &run, Heard *heard) {
  g_signal_connect(run.element(), "object-lost", G_CALLBACK(on_lost), heard);
  g_signal_connect(run.element(), "object-found", G_CALLBACK(on_found), heard);
}

// An object that has left the picture two frames after its first.
constexpr const char *kNearTheEdge = "62,20,+";

GST_START_TEST(test_signals_say_what_was_found_and_lost_and_when) {
  Heard heard;
  const TrackRun run("prompt=\"\"");
  listen(run, &heard);
  sam2::add_points(run, 1, kNearTheEdge, "cup");
  for (int i = 0; i <= 8; ++i) sam2::objects_on(run, i);
  fail_unless(heard.names == Names({"+1", "-1"}));
  fail_unless_equals_string(heard.label.c_str(), "cup");
  fail_unless_equals_uint64(heard.times[0], 0);
  fail_unless_equals_uint64(heard.times[1], 6 * 40 * GST_MSECOND);
  sam2::add_points(run, 1, "20,20,+");
  sam2::objects_on(run, 9);
  fail_unless(heard.names == Names({"+1", "-1", "+1"}));
}
GST_END_TEST

void expect_message(const TrackRun &run, const char *name, guint64 time) {
  const auto message = sam2::await_message(run.bus(), GST_MESSAGE_ELEMENT);
  fail_unless(GST_MESSAGE_SRC(message.get()) == GST_OBJECT(run.element()));
  const GstStructure *fields = gst_message_get_structure(message.get());
  fail_unless_equals_string(gst_structure_get_name(fields), name);
  gint64 id = 0;
  guint64 running_time = 0;
  fail_unless(gst_structure_get_int64(fields, "object-id", &id));
  fail_unless(gst_structure_get_uint64(fields, "running-time", &running_time));
  fail_unless_equals_int64(id, 1);
  fail_unless_equals_uint64(running_time, time);
  fail_unless_equals_string(gst_structure_get_string(fields, "label"), "cup");
}

GST_START_TEST(test_messages_say_the_same_as_the_signals) {
  const TrackRun run("prompt=\"\"");
  sam2::add_points(run, 1, kNearTheEdge, "cup");
  for (int i = 0; i <= 8; ++i) sam2::objects_on(run, i);
  expect_message(run, "sam2-object-found", 0);
  expect_message(run, "sam2-object-lost", 6 * 40 * GST_MSECOND);
  fail_unless(!sam2::pop_message(run.bus(), GST_MESSAGE_ELEMENT));
}
GST_END_TEST

GST_START_TEST(test_nothing_is_said_of_an_object_that_was_removed) {
  Heard heard;
  const TrackRun run("prompt=\"2:box=1,1,4,4\"");
  listen(run, &heard);
  sam2::add_points(run, 1, kNearTheEdge);
  sam2::objects_on(run, 0);
  sam2::remove_object(run, 1);
  for (int i = 1; i <= 8; ++i) sam2::objects_on(run, i);
  fail_unless(heard.names == Names({"+2", "+1"}));
}
GST_END_TEST

GST_START_TEST(test_an_object_is_found_anew_after_frames_without_any) {
  Heard heard;
  const TrackRun run("");
  listen(run, &heard);
  sam2::objects_on(run, 0);
  sam2::remove_object(run, 1);
  sam2::objects_on(run, 1);
  sam2::add_points(run, 1, "20,20,+");
  sam2::objects_on(run, 2);
  fail_unless(heard.names == Names({"+1", "+1"}));
}
GST_END_TEST

GST_START_TEST(test_objects_are_found_anew_after_a_flush) {
  Heard heard;
  const TrackRun run("");
  listen(run, &heard);
  sam2::objects_on(run, 0);
  run.send(gst_event_new_flush_start());
  run.send(gst_event_new_flush_stop(TRUE));
  run.send_segment();
  sam2::objects_on(run, 0);
  fail_unless(heard.names == Names({"+1", "+1"}));
}
GST_END_TEST

// Uses all that takes a lock of the element.
void prompt_again(GstElement *element, gint64 id, const char *, guint64,
                  gpointer) {
  gint64 result = 0;
  g_signal_emit_by_name(element, "add-points", id, "20,20,+", nullptr,
                        GST_CLOCK_TIME_NONE, &result);
  GstStructure *stats = nullptr;
  g_object_get(element, "stats", &stats, nullptr);
  gst_structure_free(stats);
  g_object_set(element, "navigation", FALSE, nullptr);
}

GST_START_TEST(test_a_handler_may_use_the_element) {
  const TrackRun run("prompt=\"\"");
  g_signal_connect(run.element(), "object-lost", G_CALLBACK(prompt_again),
                   nullptr);
  sam2::add_points(run, 1, kNearTheEdge);
  for (int i = 0; i <= 6; ++i) sam2::objects_on(run, i);
  fail_unless_equals_float(sam2::objects_on(run, 7).at(0).box.x, 16);
}
GST_END_TEST

Suite *object_watch_suite() {
  Suite *suite = suite_create("object_watch");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_each_change_is_said_once);
  tcase_add_test(cases, test_an_object_that_is_forgotten_is_new_when_it_comes);
  tcase_add_test(cases, test_signals_say_what_was_found_and_lost_and_when);
  tcase_add_test(cases, test_messages_say_the_same_as_the_signals);
  tcase_add_test(cases, test_nothing_is_said_of_an_object_that_was_removed);
  tcase_add_test(cases, test_an_object_is_found_anew_after_frames_without_any);
  tcase_add_test(cases, test_objects_are_found_anew_after_a_flush);
  tcase_add_test(cases, test_a_handler_may_use_the_element);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(object_watch)
