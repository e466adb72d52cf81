// sam2mask between other elements.
#include "analytics_meta.h"
#include "map_picture.h"
#include "support/gst_test.h"

namespace {

// The last picture at the end of a pipeline on the fake tracker, whose object
// is the box (12, 12, 8, 4) without its first pixel on the last frame.
sam2::MapPicture last_picture(const std::string &format,
                              const std::string &rest) {
  const std::string launch =
      "videotestsrc num-buffers=3 ! video/x-raw,width=65,height=49,format=" +
      format + " ! sam2track model-file=fake.pt prompt=6:box=10,12,8,4 ! " +
      rest + " ! fakesink name=end";
  const sam2::ElementPtr pipeline(GST_ELEMENT(
      gst_object_ref_sink(gst_parse_launch(launch.c_str(), nullptr))));
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  const sam2::BusPtr bus(gst_element_get_bus(pipeline.get()));
  const sam2::MessagePtr message(gst_bus_timed_pop_filtered(
      bus.get(), GST_CLOCK_TIME_NONE,
      static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
  fail_unless_equals_string(GST_MESSAGE_TYPE_NAME(message.get()), "eos");
  const sam2::ElementPtr end(
      gst_bin_get_by_name(GST_BIN(pipeline.get()), "end"));
  GstSample *sample = nullptr;
  g_object_get(end.get(), "last-sample", &sample, nullptr);
  sam2::MapPicture picture;
  picture.buffer.reset(gst_buffer_ref(gst_sample_get_buffer(sample)));
  gst_video_info_from_caps(&picture.info, gst_sample_get_caps(sample));
  gst_sample_unref(sample);
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  return picture;
}

GST_START_TEST(test_alphacombine_takes_the_mask_as_alpha) {
  const struct {
    const char *video, *combined, *colorimetry;
  } cases[] = {{"I420", "A420", "bt709"},
               {"NV12", "AV12", "bt601"},
               {"I420", "A420", "1:3:5:1"}};
  for (const auto &row : cases) {
    const sam2::MapPicture picture =
        last_picture(row.video + std::string(",colorimetry=") + row.colorimetry,
                     "tee name=t ! queue ! alphacombine name=c t. ! queue ! "
                     "sam2mask output=mask ! c.alpha c.");
    fail_unless_equals_string(
        gst_video_format_to_string(GST_VIDEO_INFO_FORMAT(&picture.info)),
        row.combined);
    sam2::VideoFrameMap frame(picture.info, picture.buffer.get(), GST_MAP_READ);
    const auto *alpha =
        static_cast<const uint8_t *>(GST_VIDEO_FRAME_COMP_DATA(frame.get(), 3));
    const int stride = GST_VIDEO_FRAME_COMP_STRIDE(frame.get(), 3);
    // alphacombine may end before the last frame; the frame says which it is.
    const auto objects = sam2::read_objects(picture.buffer.get());
    const int left = static_cast<int>(objects.at(0).box.x);
    fail_unless_equals_int(alpha[12 * stride + left], 0);
    fail_unless_equals_int(alpha[12 * stride + left + 1], 255);
    fail_unless_equals_int(alpha[15 * stride + left - 1], 0);
    fail_unless_equals_int(alpha[15 * stride + left + 7], 255);
    fail_unless_equals_int(alpha[15 * stride + left + 8], 0);
    fail_unless_equals_int(alpha[16 * stride + left], 0);
  }
}
GST_END_TEST

GST_START_TEST(test_pngenc_keeps_the_labels) {
  const sam2::MapPicture picture =
      last_picture("BGRx", "sam2mask ! pngenc ! pngdec");
  fail_unless(GST_VIDEO_INFO_FORMAT(&picture.info) == GST_VIDEO_FORMAT_GRAY8);
  fail_unless_equals_int(picture.at(12, 12), 0);
  fail_unless_equals_int(picture.at(13, 12), 1);
  fail_unless_equals_int(picture.at(19, 15), 1);
  fail_unless_equals_int(picture.at(20, 15), 0);
}
GST_END_TEST

Suite *sam2mask_pipeline_suite() {
  Suite *suite = suite_create("sam2mask_pipeline");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_alphacombine_takes_the_mask_as_alpha);
  tcase_add_test(cases, test_pngenc_keeps_the_labels);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(sam2mask_pipeline)
