// Whole pipelines on the fake engine: what metadata survives, and files.
#include <fstream>

#include "analytics_meta.h"
#include "io/result_json.h"
#include "support/gst_test.h"

namespace {

constexpr const char *kTrack =
    "videotestsrc num-buffers=3 ! "
    "video/x-raw,format=I420,width=64,height=48,framerate=25/1 ! "
    "sam2track model-file=fake.pt prompt=\"6:box=10,12,8,4\" ! ";

void run(GstElement *pipeline) {
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  const sam2::BusPtr bus(gst_element_get_bus(pipeline));
  const sam2::MessagePtr message(gst_bus_timed_pop_filtered(
      bus.get(), GST_CLOCK_TIME_NONE,
      static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
  fail_unless_equals_string(GST_MESSAGE_TYPE_NAME(message.get()), "eos");
}

sam2::ElementPtr parsed(const std::string &launch) {
  return sam2::ElementPtr(GST_ELEMENT(
      gst_object_ref_sink(gst_parse_launch(launch.c_str(), nullptr))));
}

// The last buffer that arrives behind kTrack and `rest`.
sam2::BufferPtr last_buffer(const std::string &rest) {
  const auto pipeline = parsed(kTrack + rest +
                               " ! fakesink name=end sync=false "
                               "enable-last-sample=true");
  run(pipeline.get());
  const sam2::ElementPtr end(
      gst_bin_get_by_name(GST_BIN(pipeline.get()), "end"));
  GstSample *sample = nullptr;
  g_object_get(end.get(), "last-sample", &sample, nullptr);
  sam2::BufferPtr buffer(gst_buffer_ref(gst_sample_get_buffer(sample)));
  gst_sample_unref(sample);
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  return buffer;
}

GST_START_TEST(test_metadata_survives_queue_tee_and_conversion) {
  const auto buffer =
      last_buffer("queue ! tee ! videoconvert ! video/x-raw,format=RGBA");
  const auto objects = sam2::read_objects(buffer.get());
  fail_unless_equals_int(objects.size(), 1);
  fail_unless(objects[0].object_id == 6);
  fail_unless_equals_float(objects[0].box.x, 12);
  fail_unless_equals_float(*objects[0].object_score, 3);
  fail_unless_equals_int(objects[0].mask.pixels[0], 0);
  fail_unless_equals_int(objects[0].mask.pixels[1], 255);
}
GST_END_TEST

GST_START_TEST(test_scaling_scales_boxes_and_masks) {
  const auto buffer =
      last_buffer("videoscale ! video/x-raw,width=128,height=96");
  const auto objects = sam2::read_objects(buffer.get());
  fail_unless_equals_int(objects.size(), 1);
  const sam2::AnalyticsObject &object = objects[0];
  fail_unless_equals_float(object.box.x, 24);
  fail_unless_equals_float(object.box.y, 24);
  fail_unless_equals_float(object.box.width, 16);
  fail_unless_equals_float(object.mask_box.x, 24);
  fail_unless_equals_int(object.mask.width, 16);
  fail_unless_equals_int(object.mask.height, 8);
  // The missing pixel has become 2 x 2.
  const auto &pixels = object.mask.pixels;
  fail_unless(!pixels[0] && !pixels[1] && pixels[2]);
  fail_unless(!pixels[16] && !pixels[17] && pixels[18]);
  fail_unless(pixels[32]);
  fail_unless_equals_float(*object.object_score, 3);
}
GST_END_TEST

GST_START_TEST(test_metadata_survives_encoding) {
  const auto buffer = last_buffer("jpegenc ! jpegdec");
  const auto objects = sam2::read_objects(buffer.get());
  fail_unless_equals_int(objects.size(), 1);
  fail_unless(objects[0].object_id == 6);
  fail_unless_equals_float(objects[0].box.x, 12);
  fail_unless_equals_float(*objects[0].object_score, 3);
  fail_unless_equals_int(objects[0].mask.pixels[1], 255);
}
GST_END_TEST

// What the documentation says does so. Where one keeps it, readers may get
// boxes of another picture: then they must be looked at anew.
GST_START_TEST(test_these_elements_drop_metadata) {
  for (const char *element :
       {"videoflip method=horizontal-flip", "videocrop left=4", "compositor",
        "rtpvrawpay ! rtpvrawdepay"}) {
    const auto buffer = last_buffer(element);
    fail_unless(sam2::read_objects(buffer.get()).empty(), "%s", element);
  }
}
GST_END_TEST

GST_START_TEST(test_a_file_has_a_line_per_frame) {
  const sam2::ScratchFolder folder;
  const std::string path = folder.path("out.ndjson");
  const auto pipeline = parsed(kTrack + std::string("sam2overlay ! ") +
                               "sam2jsonenc ! filesink location=" + path);
  run(pipeline.get());
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  std::ifstream file(path);
  std::string line;
  int count = 0;
  for (; std::getline(file, line); ++count) {
    const auto read = sam2::result_from_json(line);
    fail_unless_equals_int64(read.result.frame_index, count);
    fail_unless_equals_float(read.result.objects.at(0).box.x,
                             static_cast<float>(10 + count));
  }
  fail_unless_equals_int(count, 3);
}
GST_END_TEST

GST_START_TEST(test_pictures_are_the_same_with_and_without_tracking) {
  const char *formats[] = {"RGB", "BGRA", "GRAY8", "NV12", "YUY2", "P010_10LE"};
  for (const char *format : formats) {
    const sam2::CharPtr launch(g_strdup_printf(
        "videotestsrc num-buffers=1 ! video/x-raw,format=%s,width=65,height=49 "
        "! tee name=t ! queue ! fakesink name=plain t. ! queue ! sam2track "
        "model-file=fake.pt prompt=1:box=1,1,9,9 ! fakesink name=tracked",
        format));
    const auto pipeline = parsed(launch.get());
    run(pipeline.get());
    GstSample *samples[2] = {nullptr, nullptr};
    const char *names[] = {"plain", "tracked"};
    for (int i = 0; i < 2; ++i) {
      const sam2::ElementPtr sink(
          gst_bin_get_by_name(GST_BIN(pipeline.get()), names[i]));
      g_object_get(sink.get(), "last-sample", &samples[i], nullptr);
    }
    GstBuffer *plain = gst_sample_get_buffer(samples[0]);
    GstBuffer *tracked = gst_sample_get_buffer(samples[1]);
    fail_unless(gst_buffer_peek_memory(plain, 0) ==
                gst_buffer_peek_memory(tracked, 0));
    fail_unless_equals_int(sam2::read_objects(tracked).size(), 1);
    gst_sample_unref(samples[0]);
    gst_sample_unref(samples[1]);
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  }
}
GST_END_TEST

Suite *pipeline_suite() {
  Suite *suite = suite_create("pipeline");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_metadata_survives_queue_tee_and_conversion);
  tcase_add_test(cases, test_scaling_scales_boxes_and_masks);
  tcase_add_test(cases, test_metadata_survives_encoding);
  tcase_add_test(cases, test_these_elements_drop_metadata);
  tcase_add_test(cases, test_a_file_has_a_line_per_frame);
  tcase_add_test(cases, test_pictures_are_the_same_with_and_without_tracking);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(pipeline)
