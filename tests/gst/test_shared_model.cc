// Several elements of one process on the real tracker library, with one set of
// weights. Every test is a process of its own (Check forks).
#include <cstdlib>
#include <future>
#include <string>
#include <vector>

#include "analytics_meta.h"
#include "engine_library.h"
#include "support/gst_test.h"

namespace {

constexpr int kFrames = 4;

std::string model() {
  const char *value = std::getenv("SAM2_MICRO_MODEL");
  fail_unless(value != nullptr, "SAM2_MICRO_MODEL is not set");
  return value;
}

// Which of the process' sets of weights an engine of that file gets.
int64_t load_number(const std::string &file) {
  sam2::ModelSettings settings;
  settings.model_file = file;
  settings.device = "cpu";
  settings.precision = sam2::Precision::kFp32;
  return sam2::engine_api().open(settings)->info().load_number;
}

// What must load another time.
int64_t load_a_copy() {
  const sam2::ScratchFolder folder;
  return load_number(folder.copy(model(), "copy.safetensors"));
}

sam2::ElementPtr paused_pipeline() {
  const std::string launch =
      "videotestsrc ! video/x-raw,width=160,height=96 ! sam2track device=cpu "
      "precision=fp32 prompt=\"1:points=50%,50%,+\" model-file=\"" +
      model() + "\" ! fakesink";
  sam2::ElementPtr pipeline(gst_parse_launch(launch.c_str(), nullptr));
  gst_object_ref_sink(pipeline.get());
  gst_element_set_state(pipeline.get(), GST_STATE_PAUSED);
  fail_unless_equals_int(gst_element_get_state(pipeline.get(), nullptr, nullptr,
                                               GST_CLOCK_TIME_NONE),
                         GST_STATE_CHANGE_SUCCESS);
  return pipeline;
}

void stop(const sam2::ElementPtr &pipeline) {
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
}

GST_START_TEST(test_two_pipelines_load_once_until_both_have_stopped) {
  const int64_t before = load_a_copy();
  const auto one = paused_pipeline();
  const auto other = paused_pipeline();
  fail_unless_equals_int64(load_number(model()), before + 1);
  stop(one);
  fail_unless_equals_int64(load_number(model()), before + 1);
  stop(other);
  fail_unless_equals_int64(load_number(model()), before + 2);
}
GST_END_TEST

GST_START_TEST(test_twenty_elements_that_start_at_once_load_once) {
  const int64_t before = load_a_copy();
  const auto start = [] {
    sam2::ElementPtr track(GST_ELEMENT(
        gst_object_ref_sink(gst_element_factory_make("sam2track", nullptr))));
    g_object_set(track.get(), "model-file", model().c_str(), "device", "cpu",
                 nullptr);
    gst_util_set_object_arg(G_OBJECT(track.get()), "precision", "fp32");
    gst_element_set_state(track.get(), GST_STATE_PAUSED);
    return track;
  };
  std::vector<std::future<sam2::ElementPtr>> threads;
  for (int i = 0; i < 20; ++i)
    threads.push_back(std::async(std::launch::async, start));
  std::vector<sam2::ElementPtr> elements;
  for (auto &thread : threads) elements.push_back(thread.get());
  fail_unless_equals_int64(load_number(model()), before + 1);
  fail_unless_equals_int64(load_a_copy(), before + 2);
  for (const auto &element : elements) stop(element);
}
GST_END_TEST

// Harnesses around trackers of pictures of their own.
class Tracks {
 public:
  Tracks(int count, const std::string &properties) {
    for (int i = 0; i < count; ++i)
      harnesses_.push_back(
          sam2::video_harness("sam2track device=cpu precision=fp32 "
                              "prompt=\"1:points=80,48,+\" model-file=\"" +
                                  model() + "\" " + properties,
                              info_));
  }
  // Masks of every frame, one element after the other.
  std::vector<std::vector<uint8_t>> masks() const {
    std::vector<std::vector<uint8_t>> all;
    for (int frame = 0; frame < kFrames; ++frame) {
      for (size_t i = 0; i < harnesses_.size(); ++i)
        gst_harness_push(harnesses_[i].get(), picture(i, frame).release());
      for (const auto &harness : harnesses_) {
        const sam2::BufferPtr out(gst_harness_pull(harness.get()));
        all.push_back(sam2::read_objects(out.get()).at(0).mask.pixels);
      }
    }
    return all;
  }

 private:
  sam2::BufferPtr picture(size_t element, int frame) const {
    auto buffer = sam2::video_buffer(info_, 0, frame);
    // A checkerboard, of other squares for each element.
    const int side = 6 << element;
    for (int i = 0; i < 160 * 96 * 3; ++i) {
      const int x = i / 3 % 160 + frame, y = i / 3 / 160;
      const uint8_t value = (x / side + y / side) % 2 == 0 ? 40 : 210;
      gst_buffer_fill(buffer.get(), i, &value, 1);
    }
    return buffer;
  }

  const GstVideoInfo info_ = sam2::video_info(GST_VIDEO_FORMAT_RGB, 160, 96);
  std::vector<sam2::HarnessPtr> harnesses_;
};

GST_START_TEST(test_masks_do_not_change_when_elements_encode_together) {
  const auto together =
      Tracks(3, "model-instance-id=a batch-timeout=10000000000").masks();
  const auto alone = Tracks(3, "").masks();
  fail_unless_equals_int(together.size(), 3 * kFrames);
  fail_unless(together == alone);
  fail_if(together[0].empty() || together[0] == together[1]);
}
GST_END_TEST

Suite *shared_model_suite() {
  Suite *suite = suite_create("shared_model");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_two_pipelines_load_once_until_both_have_stopped);
  tcase_add_test(cases, test_twenty_elements_that_start_at_once_load_once);
  tcase_add_test(cases, test_masks_do_not_change_when_elements_encode_together);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(shared_model)
