// Each refusal of sam2track is one message that says what to do.
#include "support/gst_test.h"

namespace {

const GstVideoInfo kRgb = sam2::video_info(GST_VIDEO_FORMAT_RGB, 64, 48);

struct Refusal {
  const char *launch;
  GQuark domain;
  int code;
  const char *text;
};

void expect_refusals(const std::vector<Refusal> &refusals) {
  for (const Refusal &refusal : refusals)
    ASSERT_ONE_ERROR(sam2::errors_at_start(refusal.launch), refusal.domain,
                     refusal.code, refusal.text);
}

GST_START_TEST(test_what_the_library_refuses_is_passed_on) {
  expect_refusals({
      {"sam2track model-file=missing.pt", GST_RESOURCE_ERROR,
       GST_RESOURCE_ERROR_NOT_FOUND,
       "Could not open the checkpoint \"missing.pt\". Set model-file to a SAM "
       "2.1 .pt file."},
      {"sam2track model-file=damaged.pt", GST_RESOURCE_ERROR,
       GST_RESOURCE_ERROR_READ,
       "The checkpoint \"damaged.pt\" is damaged. Get it again."},
      {"sam2track model-file=memory.pt", GST_RESOURCE_ERROR,
       GST_RESOURCE_ERROR_NO_SPACE_LEFT,
       "Memory is full. Use a smaller model."},
      {"sam2track model-file=a.pt device=cuda:7", GST_RESOURCE_ERROR,
       GST_RESOURCE_ERROR_NOT_FOUND,
       "There is no device \"cuda:7\" here. Set device to auto or cpu."},
      {"sam2track model-file=a.pt model-type=large", GST_RESOURCE_ERROR,
       GST_RESOURCE_ERROR_SETTINGS,
       "The model file holds sam2.1-tiny, and model-type is large. Set "
       "model-type to auto or tiny."},
      {"sam2track model-file=bug.pt", GST_LIBRARY_ERROR,
       GST_LIBRARY_ERROR_FAILED,
       "An unexpected failure happened. Please report it with the debug text "
       "of this message."},
  });
}
GST_END_TEST

GST_START_TEST(test_a_missing_library_is_one_error_and_the_element_stays) {
  g_setenv("SAM2_ENGINE_LIBRARY", "/nowhere/libx.so", true);
  expect_refusals({{"sam2track model-file=a.pt", GST_RESOURCE_ERROR,
                    GST_RESOURCE_ERROR_NOT_FOUND,
                    "Could not open the tracker library \"/nowhere/libx.so\". "
                    "Correct or unset the environment variable "
                    "SAM2_ENGINE_LIBRARY."}});
  const sam2::ElementPtr element(GST_ELEMENT(
      gst_object_ref_sink(gst_element_factory_make("sam2track", nullptr))));
  fail_unless(element != nullptr);
}
GST_END_TEST

GST_START_TEST(test_a_typing_mistake_in_the_prompt_is_located) {
  expect_refusals(
      {{"sam2track model-file=a.pt prompt=\"1:bix=1,2\"", GST_RESOURCE_ERROR,
        GST_RESOURCE_ERROR_SETTINGS,
        "The prompt has an error at character 3: expected \"box=\", "
        "\"points=\" or \"mask=\" after \":\", found \"bix\". "
        "Write it like \"1:box=320,120,200,160\"."}});
}
GST_END_TEST

// A harness whose element posts to a bus.
class Running {
 public:
  explicit Running(const std::string &launch)
      : harness_(sam2::video_harness(launch, kRgb)), bus_(gst_bus_new()) {
    gst_element_set_bus(harness_->element, bus_.get());
  }
  // Messages on the bus hold the element, which holds the bus.
  ~Running() { gst_element_set_bus(harness_->element, nullptr); }

  GstHarness *harness() const { return harness_.get(); }
  GstBus *bus() const { return bus_.get(); }

 private:
  sam2::HarnessPtr harness_;
  sam2::BusPtr bus_;
};

GstFlowReturn push(GstHarness *harness, int frame_index) {
  return gst_harness_push(harness,
                          sam2::video_buffer(kRgb, 9, frame_index).release());
}

// Frames are tracked on another thread: the thread that brings them learns of
// a failure with a later one.
GstFlowReturn push_until_refused(GstHarness *harness) {
  for (int frame_index = 2;; ++frame_index) {
    const GstFlowReturn flow = push(harness, frame_index);
    if (flow != GST_FLOW_OK) return flow;
  }
}

GST_START_TEST(test_a_failure_while_tracking_ends_the_stream_with_its_text) {
  const Running run(
      "sam2track model-file=track-error.pt oom-policy=error "
      "prompt=\"1:box=1,1,4,4\"");
  fail_unless_equals_int(push(run.harness(), 0), GST_FLOW_OK);
  push(run.harness(), 1);
  ASSERT_ONE_ERROR(sam2::awaited_errors(run.bus()), GST_RESOURCE_ERROR,
                   GST_RESOURCE_ERROR_NO_SPACE_LEFT,
                   "Memory is full: 5.1 of 5.0 GiB. Track fewer objects.");
  fail_unless_equals_int(push_until_refused(run.harness()), GST_FLOW_ERROR);
}
GST_END_TEST

GST_START_TEST(test_a_mistake_in_a_prompt_set_while_playing_is_an_error) {
  const Running run("sam2track model-file=a.pt");
  gst_harness_set(run.harness(), "sam2track", "prompt", "1:", nullptr);
  push(run.harness(), 0);
  const auto errors = sam2::awaited_errors(run.bus());
  fail_unless_equals_int(errors.size(), 1);
  fail_unless_equals_int(errors[0].code, GST_RESOURCE_ERROR_SETTINGS);
}
GST_END_TEST

GST_START_TEST(test_a_frame_with_too_little_memory_is_refused) {
  const Running run("sam2track model-file=a.pt prompt=\"1:box=1,1,4,4\"");
  GstBuffer *small = gst_buffer_new_allocate(nullptr, 10, nullptr);
  gst_harness_push(run.harness(), small);
  ASSERT_ONE_ERROR(sam2::awaited_errors(run.bus()), GST_STREAM_ERROR,
                   GST_STREAM_ERROR_FORMAT,
                   "A frame's memory is too small or cannot be read. Put a "
                   "videoconvert, or for frames of a GPU a cudadownload, in "
                   "front of the element.");
}
GST_END_TEST

// The messages of one start, in order: "start", "complete", "warning", ...
std::vector<std::string> messages_at_start(const std::string &launch) {
  const sam2::ElementPtr element(GST_ELEMENT(
      gst_object_ref_sink(gst_parse_launch(launch.c_str(), nullptr))));
  const sam2::BusPtr bus(gst_bus_new());
  gst_element_set_bus(element.get(), bus.get());
  gst_element_set_state(element.get(), GST_STATE_PAUSED);
  gst_element_set_state(element.get(), GST_STATE_NULL);
  gst_element_set_bus(element.get(), nullptr);
  std::vector<std::string> found;
  const auto wanted = static_cast<GstMessageType>(
      GST_MESSAGE_PROGRESS | GST_MESSAGE_WARNING | GST_MESSAGE_ERROR);
  while (const auto message = sam2::pop_message(bus.get(), wanted)) {
    if (GST_MESSAGE_TYPE(message.get()) != GST_MESSAGE_PROGRESS) {
      found.push_back(GST_MESSAGE_TYPE_NAME(message.get()));
      continue;
    }
    GstProgressType type;
    gchar *code = nullptr;
    gst_message_parse_progress(message.get(), &type, &code, nullptr);
    found.push_back(std::string(code) + " " + std::to_string(type));
    g_free(code);
  }
  return found;
}

std::string progress(GstProgressType type) {
  return "load-model " + std::to_string(type);
}

GST_START_TEST(test_loading_is_reported) {
  fail_unless(messages_at_start("sam2track model-file=a.pt") ==
              std::vector<std::string>({progress(GST_PROGRESS_TYPE_START),
                                        progress(GST_PROGRESS_TYPE_COMPLETE)}));
  fail_unless(
      messages_at_start("sam2track model-file=missing.pt") ==
      std::vector<std::string>({progress(GST_PROGRESS_TYPE_START),
                                progress(GST_PROGRESS_TYPE_ERROR), "error"}));
}
GST_END_TEST

GST_START_TEST(test_slow_arithmetic_is_a_warning) {
  g_setenv("FAKE_SLOW_MATMUL_WARNING", "Slow. Install a fast one.", true);
  fail_unless(messages_at_start("sam2track model-file=a.pt").back() ==
              "warning");
}
GST_END_TEST

Suite *sam2track_errors_suite() {
  Suite *suite = suite_create("sam2track_errors");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_what_the_library_refuses_is_passed_on);
  tcase_add_test(cases,
                 test_a_missing_library_is_one_error_and_the_element_stays);
  tcase_add_test(cases, test_a_typing_mistake_in_the_prompt_is_located);
  tcase_add_test(cases,
                 test_a_failure_while_tracking_ends_the_stream_with_its_text);
  tcase_add_test(cases,
                 test_a_mistake_in_a_prompt_set_while_playing_is_an_error);
  tcase_add_test(cases, test_a_frame_with_too_little_memory_is_refused);
  tcase_add_test(cases, test_loading_is_reported);
  tcase_add_test(cases, test_slow_arithmetic_is_a_warning);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(sam2track_errors)
