// Clicks and keys in a video sink's window.
#include <gst/video/navigation.h>

#include "prompt_run.h"

namespace {

using sam2::objects_on;
using sam2::TrackRun;

constexpr auto kPlain = GST_NAVIGATION_MODIFIER_NONE;

// A harness that has seen frame 0: a click is inside or outside of something.
class Window : public TrackRun {
 public:
  explicit Window(const std::string &properties = "prompt=\"\"")
      : TrackRun(properties) {
    objects_on(*this, 0);
    events_before_ = passed();
  }

  void send_up(GstEvent *event) const {
    gst_harness_push_upstream_event(harness(), event);
  }
  void click(int button, double x, double y) const {
    send_up(gst_navigation_event_new_mouse_button_press(button, x, y, kPlain));
    send_up(
        gst_navigation_event_new_mouse_button_release(button, x, y, kPlain));
  }
  void press(const char *key,
             GstNavigationModifierType modifiers = kPlain) const {
    send_up(gst_navigation_event_new_key_press(key, modifiers));
    send_up(gst_navigation_event_new_key_release(key, modifiers));
  }
  // Events that upstream has got since the construction.
  guint forwarded() const { return passed() - events_before_; }

 private:
  guint passed() const {
    return gst_harness_upstream_events_received(harness());
  }
  guint events_before_ = 0;
};

GST_START_TEST(test_a_left_click_starts_an_object) {
  const Window window;
  window.click(1, 20, 30);
  const auto objects = objects_on(window, 1);
  fail_unless_equals_int(objects.size(), 1);
  // TrackRun has said 1 before it says what the tests say.
  fail_unless_equals_int64(*objects[0].object_id, 2);
  fail_unless_equals_float(objects[0].box.x, 16);
  fail_unless_equals_float(objects[0].box.y, 26);
  fail_unless_equals_int(window.forwarded(), 0);
}
GST_END_TEST

GST_START_TEST(test_more_clicks_are_on_the_same_object) {
  const Window window;
  window.click(1, 20, 30);
  window.click(1, 22, 30);
  window.click(3, 40, 30);
  const auto objects = objects_on(window, 1);
  fail_unless_equals_int(objects.size(), 1);
  // The fake engine starts an object again at its latest point.
  fail_unless_equals_float(objects[0].box.x, 36);
}
GST_END_TEST

GST_START_TEST(test_a_right_click_is_negative) {
  const Window window;
  window.click(1, 20, 30);
  objects_on(window, 1);
  sam2::remove_object(window, 2);
  objects_on(window, 2);
  window.click(3, 40, 30);
  objects_on(window, 3);
  const std::string warning = sam2::await_warning(window);
  fail_unless_equals_string(
      warning.c_str(),
      "Object 2 cannot start with points that are not on it. Give one that "
      "is.");
}
GST_END_TEST

GST_START_TEST(test_a_right_click_alone_starts_nothing) {
  const Window window;
  window.click(3, 20, 30);
  fail_unless(objects_on(window, 1).empty());
  fail_unless(!sam2::has_warning(window));
  fail_unless_equals_int(window.forwarded(), 0);
}
GST_END_TEST

GST_START_TEST(test_key_n_goes_on_to_a_new_object) {
  const Window window("");
  window.click(1, 20, 30);
  window.press("n");
  window.click(1, 40, 30);
  const auto objects = objects_on(window, 1);
  fail_unless_equals_int(objects.size(), 3);
  fail_unless_equals_int64(*objects[1].object_id, 2);
  fail_unless_equals_int64(*objects[2].object_id, 3);
  fail_unless_equals_int(window.forwarded(), 0);
}
GST_END_TEST

GST_START_TEST(test_key_r_forgets_all_that_was_clicked) {
  const Window window;
  window.click(1, 20, 30);
  objects_on(window, 1);
  window.press("r");
  fail_unless(objects_on(window, 2).empty());
  window.click(1, 20, 30);
  fail_unless_equals_int64(*objects_on(window, 3).at(0).object_id, 3);
  fail_unless_equals_int(window.forwarded(), 0);
}
GST_END_TEST

GST_START_TEST(test_what_is_no_prompt_goes_upstream) {
  const Window window;
  window.click(1, 64, 10);
  window.click(1, 10, -1);
  window.click(2, 10, 10);
  window.press("q");
  window.press("r", GST_NAVIGATION_MODIFIER_CONTROL_MASK);
  window.send_up(gst_navigation_event_new_mouse_move(10, 10, kPlain));
  fail_unless_equals_int(window.forwarded(), 11);
  fail_unless(objects_on(window, 1).empty());
}
GST_END_TEST

GST_START_TEST(test_navigation_off_sends_all_upstream) {
  const Window window("prompt=\"\" navigation=false");
  window.click(1, 20, 30);
  fail_unless_equals_int(window.forwarded(), 2);
  fail_unless(objects_on(window, 1).empty());
}
GST_END_TEST

// The object that was clicked on is forgotten: no click corrects it.
GST_START_TEST(test_after_a_flush_a_click_starts_a_new_object) {
  const Window window;
  window.click(1, 20, 30);
  objects_on(window, 1);
  window.send(gst_event_new_flush_start());
  window.send(gst_event_new_flush_stop(TRUE));
  window.send_segment();
  window.click(3, 20, 30);
  fail_unless_equals_int(objects_on(window, 2).size(), 0);
  fail_unless(!sam2::has_warning(window));
  window.click(1, 20, 30);
  const auto objects = objects_on(window, 3);
  fail_unless_equals_int(objects.size(), 1);
  fail_unless_equals_int64(*objects[0].object_id, 3);
}
GST_END_TEST

GST_START_TEST(test_a_click_before_the_first_frame_is_ignored) {
  const TrackRun run("prompt=\"\"");
  gst_harness_push_upstream_event(
      run.harness(),
      gst_navigation_event_new_mouse_button_press(1, 70, 10, kPlain));
  fail_unless(objects_on(run, 0).empty());
  fail_unless(!sam2::has_warning(run));
}
GST_END_TEST

Suite *navigation_suite() {
  Suite *suite = suite_create("navigation");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_a_left_click_starts_an_object);
  tcase_add_test(cases, test_more_clicks_are_on_the_same_object);
  tcase_add_test(cases, test_a_right_click_is_negative);
  tcase_add_test(cases, test_a_right_click_alone_starts_nothing);
  tcase_add_test(cases, test_key_n_goes_on_to_a_new_object);
  tcase_add_test(cases, test_key_r_forgets_all_that_was_clicked);
  tcase_add_test(cases, test_what_is_no_prompt_goes_upstream);
  tcase_add_test(cases, test_navigation_off_sends_all_upstream);
  tcase_add_test(cases, test_after_a_flush_a_click_starts_a_new_object);
  tcase_add_test(cases, test_a_click_before_the_first_frame_is_ignored);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(navigation)
