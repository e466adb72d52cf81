// The queue between the element's two threads.
#include <thread>

#include "frame_queue.h"
#include "support/gst_test.h"

namespace {

using std::chrono::steady_clock;

sam2::BufferPtr frame(guint64 number) {
  sam2::BufferPtr buffer(gst_buffer_new());
  GST_BUFFER_OFFSET(buffer.get()) = number;
  return buffer;
}

sam2::EventPtr event() {
  return sam2::EventPtr(gst_event_new_gap(0, GST_CLOCK_TIME_NONE));
}

sam2::EventPtr segment() {
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  return sam2::EventPtr(gst_event_new_segment(&segment));
}

GstFlowReturn push(sam2::FrameQueue &queue, guint64 number) {
  sam2::BufferPtr dropped;
  return queue.push_frame(frame(number), dropped);
}

// The number of the frame that comes next; -1 for an event, -2 for nothing.
gint64 pop(sam2::FrameQueue &queue) {
  const sam2::QueueItem item = queue.pop();
  if (item.event) return -1;
  return item.frame ? static_cast<gint64>(GST_BUFFER_OFFSET(item.frame.get()))
                    : -2;
}

GST_START_TEST(test_frames_and_events_keep_their_order) {
  sam2::FrameQueue queue;
  queue.open();
  push(queue, 1);
  queue.push_event(event());
  push(queue, 2);
  fail_unless_equals_int(queue.level(), 2);
  fail_unless_equals_int(pop(queue), 1);
  fail_unless_equals_int(pop(queue), -1);
  fail_unless_equals_int(pop(queue), 2);
  fail_unless_equals_int(queue.level(), 0);
}
GST_END_TEST

GST_START_TEST(test_a_closed_queue_says_why_and_is_empty) {
  sam2::FrameQueue queue;
  fail_unless_equals_int(push(queue, 1), GST_FLOW_FLUSHING);
  queue.open();
  push(queue, 1);
  queue.close(GST_FLOW_NOT_LINKED);
  fail_unless_equals_int(queue.level(), 0);
  fail_unless_equals_int(pop(queue), -2);
  fail_unless_equals_int(push(queue, 2), GST_FLOW_NOT_LINKED);
  fail_unless_equals_int(queue.push_event(event()), GST_FLOW_NOT_LINKED);
  queue.close(GST_FLOW_ERROR);
  fail_unless_equals_int(queue.flow(), GST_FLOW_NOT_LINKED);
  queue.close(GST_FLOW_FLUSHING);
  fail_unless_equals_int(queue.flow(), GST_FLOW_FLUSHING);
  queue.open();
  fail_unless_equals_int(push(queue, 3), GST_FLOW_OK);
  fail_unless_equals_int(pop(queue), 3);
}
GST_END_TEST

GST_START_TEST(test_a_full_queue_drops_the_oldest_frame_and_no_event) {
  sam2::FrameQueue queue;
  queue.set_limits({2, true});
  queue.open();
  queue.push_event(event());
  push(queue, 1);
  push(queue, 2);
  sam2::BufferPtr dropped;
  fail_unless_equals_int(queue.push_frame(frame(3), dropped), GST_FLOW_OK);
  fail_unless_equals_uint64(GST_BUFFER_OFFSET(dropped.get()), 1);
  fail_unless_equals_int(queue.level(), 2);
  fail_unless_equals_int(pop(queue), -1);
  fail_unless_equals_int(queue.pop().drops_before, 1);
  fail_unless_equals_int(queue.pop().drops_before, 0);
}
GST_END_TEST

GST_START_TEST(test_drops_in_a_row_are_counted_at_the_frame_behind_them) {
  sam2::FrameQueue queue;
  queue.set_limits({1, true});
  queue.open();
  for (guint64 i = 0; i < 4; ++i) push(queue, i);
  const sam2::QueueItem item = queue.pop();
  fail_unless_equals_uint64(GST_BUFFER_OFFSET(item.frame.get()), 3);
  fail_unless_equals_int(item.drops_before, 3);
}
GST_END_TEST

GST_START_TEST(test_who_brings_to_a_full_queue_waits_for_room) {
  sam2::FrameQueue queue;
  queue.set_limits({1, false});
  queue.open();
  push(queue, 0);
  std::thread bringer([&queue] {
    for (guint64 i = 1; i <= 100; ++i) push(queue, i);
  });
  for (gint64 i = 0; i <= 100; ++i) {
    fail_unless(queue.level() <= 1);
    fail_unless_equals_int(pop(queue), i);
  }
  bringer.join();
}
GST_END_TEST

GST_START_TEST(test_closing_wakes_who_waits_for_room) {
  sam2::FrameQueue queue;
  queue.set_limits({1, false});
  queue.open();
  push(queue, 0);
  GstFlowReturn flow = GST_FLOW_OK;
  std::thread bringer([&] { flow = push(queue, 1); });
  queue.close(GST_FLOW_FLUSHING);
  bringer.join();
  fail_unless_equals_int(flow, GST_FLOW_FLUSHING);
}
GST_END_TEST

GST_START_TEST(test_closing_wakes_who_waits_for_an_item) {
  sam2::FrameQueue queue;
  queue.open();
  gint64 popped = 0;
  std::thread taker([&] { popped = pop(queue); });
  queue.close(GST_FLOW_FLUSHING);
  taker.join();
  fail_unless_equals_int(popped, -2);
}
GST_END_TEST

GST_START_TEST(test_events_without_frames_do_not_pile_up_for_ever) {
  sam2::FrameQueue queue;
  queue.open();
  std::thread bringer([&queue] {
    while (queue.push_event(event()) == GST_FLOW_OK) {
    }
  });
  for (int i = 0; i < 2000; ++i) fail_unless_equals_int(pop(queue), -1);
  queue.close(GST_FLOW_FLUSHING);
  bringer.join();
}
GST_END_TEST

std::vector<sam2::QueueItem> gather(sam2::FrameQueue &queue, size_t count,
                                    steady_clock::time_point deadline) {
  std::vector<sam2::QueueItem> frames;
  queue.gather(frames, count, deadline);
  return frames;
}

GST_START_TEST(test_frames_are_gathered_up_to_the_count_and_up_to_an_event) {
  sam2::FrameQueue queue;
  queue.open();
  for (guint64 i = 0; i < 3; ++i) push(queue, i);
  queue.push_event(event());
  push(queue, 3);
  const auto never = steady_clock::time_point::max();
  fail_unless_equals_int(gather(queue, 2, never).size(), 2);
  fail_unless_equals_int(gather(queue, 2, never).size(), 1);
  fail_unless_equals_int(pop(queue), -1);
  fail_unless_equals_int(pop(queue), 3);
}
GST_END_TEST

GST_START_TEST(test_gathering_ends_at_the_deadline_and_when_closed) {
  sam2::FrameQueue queue;
  queue.open();
  push(queue, 0);
  fail_unless_equals_int(gather(queue, 2, steady_clock::now()).size(), 1);
  std::thread closer([&queue] { queue.close(GST_FLOW_FLUSHING); });
  fail_unless(gather(queue, 2, steady_clock::time_point::max()).empty());
  closer.join();
}
GST_END_TEST

GST_START_TEST(test_a_query_waits_for_its_answer) {
  for (const bool is_answered : {true, false}) {
    sam2::FrameQueue queue;
    queue.open();
    push(queue, 0);
    const sam2::QueryPtr query(gst_query_new_drain());
    bool result = !is_answered;
    std::thread asker([&] { result = queue.run_query(query.get()); });
    fail_unless_equals_int(pop(queue), 0);
    fail_unless(queue.pop().query == query.get());
    queue.answer(is_answered);
    asker.join();
    fail_unless(result == is_answered);
  }
}
GST_END_TEST

GST_START_TEST(test_a_query_ends_unanswered_when_the_queue_closes) {
  sam2::FrameQueue queue;
  queue.open();
  const sam2::QueryPtr query(gst_query_new_drain());
  bool result = true;
  std::thread asker([&] { result = queue.run_query(query.get()); });
  queue.close(GST_FLOW_FLUSHING);
  asker.join();
  fail_unless(!result);
}
GST_END_TEST

GST_START_TEST(test_a_queue_opens_again_only_for_the_reason_asked_for) {
  sam2::FrameQueue queue;
  queue.open();
  queue.close(GST_FLOW_NOT_LINKED);
  queue.close(GST_FLOW_FLUSHING);
  fail_if(queue.reopen(GST_FLOW_NOT_LINKED));
  fail_unless_equals_int(queue.flow(), GST_FLOW_FLUSHING);
  fail_unless(queue.reopen());
  queue.close(GST_FLOW_NOT_LINKED);
  fail_unless(queue.reopen(GST_FLOW_NOT_LINKED));
  fail_unless_equals_int(queue.flow(), GST_FLOW_OK);
}
GST_END_TEST

GST_START_TEST(test_only_the_owner_opens_a_queue_that_is_shut) {
  sam2::FrameQueue queue;
  queue.open();
  queue.shut();
  queue.close(GST_FLOW_ERROR);
  fail_if(queue.reopen());
  fail_unless_equals_int(queue.flow(), GST_FLOW_FLUSHING);
  queue.open();
  fail_unless_equals_int(queue.flow(), GST_FLOW_OK);
}
GST_END_TEST

GST_START_TEST(test_a_stream_that_has_ended_takes_no_frames_until_the_next) {
  sam2::FrameQueue queue;
  queue.open();
  push(queue, 1);
  queue.end_stream();
  fail_unless_equals_int(queue.level(), 0);
  fail_unless_equals_int(push(queue, 2), GST_FLOW_EOS);
  fail_unless_equals_int(queue.push_event(event()), GST_FLOW_EOS);
  const sam2::QueryPtr query(gst_query_new_drain());
  fail_if(queue.run_query(query.get()));
  fail_unless_equals_int(queue.push_event(segment()), GST_FLOW_OK);
  fail_unless_equals_int(push(queue, 3), GST_FLOW_OK);
  fail_unless_equals_int(pop(queue), -1);
  fail_unless_equals_int(pop(queue), 3);
}
GST_END_TEST

GST_START_TEST(test_what_sticks_outlives_the_end_of_its_stream) {
  sam2::FrameQueue queue;
  queue.open();
  queue.push_event(event());
  queue.push_event(sam2::EventPtr(gst_event_new_tag(gst_tag_list_new_empty())));
  push(queue, 1);
  queue.push_event(segment());
  push(queue, 2);
  queue.end_stream();
  fail_unless_equals_int(push(queue, 3), GST_FLOW_OK);
  fail_unless_equals_int(GST_EVENT_TYPE(queue.pop().event.get()),
                         GST_EVENT_TAG);
  fail_unless_equals_int(pop(queue), -1);
  fail_unless_equals_int(pop(queue), 2);
  fail_unless_equals_int(pop(queue), 3);
}
GST_END_TEST

GST_START_TEST(test_the_end_of_a_stream_wakes_who_waits_for_room) {
  sam2::FrameQueue queue;
  queue.set_limits({1, false});
  queue.open();
  push(queue, 1);
  GstFlowReturn result = GST_FLOW_OK;
  std::thread bringer([&] { result = push(queue, 2); });
  queue.end_stream();
  bringer.join();
  fail_unless_equals_int(result, GST_FLOW_EOS);
}
GST_END_TEST

Suite *frame_queue_suite() {
  Suite *suite = suite_create("frame_queue");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_frames_and_events_keep_their_order);
  tcase_add_test(cases, test_a_closed_queue_says_why_and_is_empty);
  tcase_add_test(cases, test_a_full_queue_drops_the_oldest_frame_and_no_event);
  tcase_add_test(cases,
                 test_drops_in_a_row_are_counted_at_the_frame_behind_them);
  tcase_add_test(cases, test_who_brings_to_a_full_queue_waits_for_room);
  tcase_add_test(cases, test_closing_wakes_who_waits_for_room);
  tcase_add_test(cases, test_closing_wakes_who_waits_for_an_item);
  tcase_add_test(cases, test_events_without_frames_do_not_pile_up_for_ever);
  tcase_add_test(cases,
                 test_frames_are_gathered_up_to_the_count_and_up_to_an_event);
  tcase_add_test(cases, test_gathering_ends_at_the_deadline_and_when_closed);
  tcase_add_test(cases, test_a_query_waits_for_its_answer);
  tcase_add_test(cases, test_a_query_ends_unanswered_when_the_queue_closes);
  tcase_add_test(cases, test_a_queue_opens_again_only_for_the_reason_asked_for);
  tcase_add_test(cases, test_only_the_owner_opens_a_queue_that_is_shut);
  tcase_add_test(cases,
                 test_a_stream_that_has_ended_takes_no_frames_until_the_next);
  tcase_add_test(cases, test_what_sticks_outlives_the_end_of_its_stream);
  tcase_add_test(cases, test_the_end_of_a_stream_wakes_who_waits_for_room);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(frame_queue)
