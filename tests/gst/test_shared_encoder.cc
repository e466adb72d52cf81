// Elements that encode together, over the fake tracker library, which labels
// objects on frames encoded together "batch N".
#include "track_run.h"

namespace {

// The longest that can be set: only a test that fails waits for it.
const std::string kPatient = "batch-timeout=10000000000 model-instance-id=";

std::string label_of(const sam2::BufferPtr &frame) {
  return sam2::read_objects(frame.get()).at(0).label;
}

void expect_label(const sam2::TrackRun &run, const char *label) {
  ASSERT_TEXT(label_of(run.pull_frame()), label);
}

GST_START_TEST(test_elements_of_one_id_encode_together) {
  const sam2::TrackRun one(kPatient + "a"), other(kPatient + "a");
  for (int frame = 0; frame < 3; ++frame) {
    one.push(frame);
    other.push(frame);
    expect_label(one, "batch 2");
    expect_label(other, "batch 2");
  }
}
GST_END_TEST

GST_START_TEST(test_elements_of_different_ids_do_not_wait_for_each_other) {
  const sam2::TrackRun one(kPatient + "a"), other(kPatient + "b");
  one.push(0);
  expect_label(one, "object");
  other.push(0);
  expect_label(other, "object");
}
GST_END_TEST

GST_START_TEST(test_elements_without_an_id_do_not_wait_for_each_other) {
  const sam2::TrackRun one(""), other("");
  one.push(0);
  expect_label(one, "object");
}
GST_END_TEST

GST_START_TEST(test_element_waits_no_longer_than_batch_timeout) {
  const sam2::TrackRun one("model-instance-id=a batch-timeout=0"),
      other(kPatient + "a");
  one.push(0);
  expect_label(one, "object");
}
GST_END_TEST

GST_START_TEST(test_batch_size_holds_for_common_batches) {
  const sam2::TrackRun one(kPatient + "a batch-size=1"),
      other(kPatient + "a batch-size=1");
  one.push(0);
  other.push(0);
  expect_label(one, "object");
  expect_label(other, "object");
}
GST_END_TEST

GST_START_TEST(test_batch_too_large_for_memory_is_encoded_frame_by_frame) {
  const std::string properties = kPatient + "a model-file=small-memory.pt";
  const sam2::TrackRun one(properties), other(properties);
  one.push(0);
  other.push(0);
  expect_label(one, "object");
  expect_label(other, "object");
  fail_unless(sam2::posted_errors(one.bus()).empty());
  fail_unless(sam2::posted_errors(other.bus()).empty());
}
GST_END_TEST

GST_START_TEST(test_flushed_element_waits_no_longer) {
  const sam2::TrackRun one(kPatient + "a");
  {
    const sam2::TrackRun other(kPatient + "a");
    one.push(0);
    one.send(gst_event_new_flush_start());
    one.send(gst_event_new_flush_stop(TRUE));
    one.send_segment();
    other.push(0);
    expect_label(other, "object");
  }
  one.push(1);
  fail_unless_equals_int(one.pull(), 1);
}
GST_END_TEST

GST_START_TEST(test_element_that_stops_frees_those_who_wait_for_it) {
  const sam2::TrackRun one(kPatient + "a");
  {
    const sam2::TrackRun other(kPatient + "a");
    one.push(0);
  }
  expect_label(one, "object");
}
GST_END_TEST

GST_START_TEST(test_element_that_waits_for_others_can_be_stopped) {
  const sam2::TrackRun one(kPatient + "a");
  const sam2::TrackRun other(kPatient + "a");
  other.push(0);
  fail_unless_equals_int(gst_element_set_state(other.element(), GST_STATE_NULL),
                         GST_STATE_CHANGE_SUCCESS);
  one.push(0);
  expect_label(one, "object");
}
GST_END_TEST

GST_START_TEST(test_id_is_unset_until_the_start_may_set_it) {
  const sam2::ElementPtr element(GST_ELEMENT(
      gst_object_ref_sink(gst_element_factory_make("sam2track", nullptr))));
  const GParamSpec *spec = g_object_class_find_property(
      G_OBJECT_GET_CLASS(element.get()), "model-instance-id");
  fail_unless(spec->flags & GST_PARAM_MUTABLE_READY);
  for (const char *id : {"", "cameras"}) {
    if (*id) g_object_set(element.get(), "model-instance-id", id, nullptr);
    gchar *text = nullptr;
    g_object_get(element.get(), "model-instance-id", &text, nullptr);
    fail_unless_equals_string(text, id);
    g_free(text);
  }
}
GST_END_TEST

Suite *shared_encoder_suite() {
  Suite *suite = suite_create("shared_encoder");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_elements_of_one_id_encode_together);
  tcase_add_test(cases,
                 test_elements_of_different_ids_do_not_wait_for_each_other);
  tcase_add_test(cases, test_elements_without_an_id_do_not_wait_for_each_other);
  tcase_add_test(cases, test_element_waits_no_longer_than_batch_timeout);
  tcase_add_test(cases, test_batch_size_holds_for_common_batches);
  tcase_add_test(cases,
                 test_batch_too_large_for_memory_is_encoded_frame_by_frame);
  tcase_add_test(cases, test_flushed_element_waits_no_longer);
  tcase_add_test(cases, test_element_that_stops_frees_those_who_wait_for_it);
  tcase_add_test(cases, test_element_that_waits_for_others_can_be_stopped);
  tcase_add_test(cases, test_id_is_unset_until_the_start_may_set_it);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(shared_encoder)
