// What sam2mask makes of metadata as sam2track adds it.
#include <gst/analytics/analytics.h>

#include "analytics_meta.h"
#include "map_picture.h"
#include "support/boxed_object.h"
#include "support/gst_test.h"

namespace {

constexpr int kWidth = 17;
constexpr int kHeight = 13;

sam2::ObjectResult object(int64_t id, sam2::BoxPx box) {
  auto object = sam2::boxed_object(id, box);
  object.mask.pixels[0] = 0;
  return object;
}

// Index 1: id 7, 4 x 3 at (2, 1). Index 2: id 300, 5 x 4 at (4, 2), over the
// first. Index 3: id 8, lost. Index 4: id 9, 2 x 2 in the last corner. Each
// without its top left pixel.
void attach_objects(GstBuffer *buffer) {
  std::vector<sam2::ObjectResult> objects = {
      object(7, {2, 1, 4, 3}), object(300, {4, 2, 5, 4}),
      object(8, {0, 0, 2, 2}), object(9, {15, 11, 2, 2})};
  objects[2].is_lost = true;
  sam2::attach_objects(buffer, std::move(objects));
}

const GstVideoInfo kI420 =
    sam2::video_info(GST_VIDEO_FORMAT_I420, kWidth, kHeight);

sam2::CapsPtr caps_behind(GstHarness *harness) {
  return sam2::CapsPtr(gst_pad_get_current_caps(harness->sinkpad));
}

sam2::MapPicture pushed(GstHarness *harness, sam2::BufferPtr buffer) {
  sam2::MapPicture picture;
  picture.buffer = sam2::push_and_pull(harness, std::move(buffer));
  gst_video_info_from_caps(&picture.info, caps_behind(harness).get());
  return picture;
}

sam2::BufferPtr frame_with_objects(const GstVideoInfo &info = kI420) {
  auto buffer = sam2::video_buffer(info, 100);
  attach_objects(buffer.get());
  return buffer;
}

sam2::MapPicture made(const std::string &launch, bool has_objects = true) {
  const auto harness = sam2::video_harness(launch, kI420);
  return pushed(harness.get(), has_objects ? frame_with_objects()
                                           : sam2::video_buffer(kI420, 100));
}

// The picture as text, one character a pixel.
std::string text_of(const sam2::MapPicture &picture) {
  std::string text;
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      const int value = picture.at(x, y);
      text += value == 0    ? '.'
              : value < 10  ? static_cast<char>('0' + value)
              : value < 300 ? 'w'
                            : 'W';
    }
    text += '\n';
  }
  return text;
}

constexpr const char *kLabels =
    ".................\n"
    "...111...........\n"
    "..1112222........\n"
    "..1122222........\n"
    "....22222........\n"
    "....22222........\n"
    ".................\n"
    ".................\n"
    ".................\n"
    ".................\n"
    ".................\n"
    "................4\n"
    "...............44\n";

std::string replaced(std::string text, const std::string &from, char to) {
  for (char &letter : text)
    if (from.find(letter) != std::string::npos) letter = to;
  return text;
}

void assert_text(const sam2::MapPicture &picture, const std::string &expected) {
  const std::string text = text_of(picture);
  fail_unless_equals_string(text.c_str(), expected.c_str());
}

GST_START_TEST(test_a_label_map_has_the_place_in_the_metadata) {
  const sam2::MapPicture picture = made("sam2mask");
  fail_unless(GST_VIDEO_INFO_FORMAT(&picture.info) == GST_VIDEO_FORMAT_GRAY8);
  assert_text(picture, kLabels);
}
GST_END_TEST

GST_START_TEST(test_ids_are_written_where_they_fit) {
  const sam2::MapPicture wide = made(
      "sam2mask values=id ! "
      "capsfilter caps=video/x-raw,format=GRAY16_LE");
  assert_text(wide, replaced(replaced(replaced(kLabels, "1", '7'), "2", 'W'),
                             "4", '9'));
  fail_unless_equals_int(wide.at(6, 4), 300);
}
GST_END_TEST

GST_START_TEST(test_what_does_not_fit_is_white_and_warned_of_once) {
  const auto harness = sam2::video_harness("sam2mask values=id", kI420);
  const sam2::BusPtr bus(gst_bus_new());
  gst_element_set_bus(harness->element, bus.get());
  const sam2::MapPicture picture = pushed(harness.get(), frame_with_objects());
  fail_unless_equals_int(picture.at(6, 4), 255);
  fail_unless_equals_int(picture.at(3, 1), 7);
  pushed(harness.get(), frame_with_objects());
  const auto message = sam2::pop_message(bus.get(), GST_MESSAGE_WARNING);
  GError *error = nullptr;
  gst_message_parse_warning(message.get(), &error, nullptr);
  fail_unless_equals_string(
      error->message,
      "The object number 300 is not in 1...255 and became 255. Ask for "
      "GRAY16_LE with a caps filter, or set values to index.");
  g_error_free(error);
  fail_unless(!sam2::pop_message(bus.get(), GST_MESSAGE_WARNING));
  gst_element_set_bus(harness->element, nullptr);
}
GST_END_TEST

GST_START_TEST(test_a_mask_is_white_on_every_object) {
  assert_text(made("sam2mask output=mask"), replaced(kLabels, "124", 'w'));
  const sam2::MapPicture wide = made(
      "sam2mask output=mask ! capsfilter caps=video/x-raw,format=GRAY16_LE");
  assert_text(wide, replaced(kLabels, "124", 'W'));
  fail_unless_equals_int(wide.at(6, 4), 65535);
}
GST_END_TEST

GST_START_TEST(test_one_object_is_a_mask_of_its_own) {
  const sam2::MapPicture picture = made("sam2mask object-id=7");
  fail_unless_equals_int(picture.at(5, 3), 255);
  fail_unless_equals_int(picture.at(2, 1), 0);
  fail_unless_equals_int(picture.at(6, 3), 0);
  fail_unless_equals_int(picture.at(16, 12), 0);
  assert_text(made("sam2mask object-id=8"), replaced(kLabels, "124", '.'));
  assert_text(made("sam2mask object-id=5"), replaced(kLabels, "124", '.'));
}
GST_END_TEST

GST_START_TEST(test_a_lost_object_with_a_mask_is_black) {
  const auto harness = sam2::video_harness("sam2mask", kI420);
  auto buffer = sam2::video_buffer(kI420, 100);
  attach_objects(buffer.get());
  auto *relations = gst_buffer_get_analytics_relation_meta(buffer.get());
  gpointer state = nullptr;
  GstAnalyticsTrackingMtd first;
  gst_analytics_relation_meta_iterate(
      relations, &state, gst_analytics_tracking_mtd_get_mtd_type(), &first);
  gst_analytics_tracking_mtd_set_lost(&first);
  const sam2::MapPicture picture = pushed(harness.get(), std::move(buffer));
  fail_unless_equals_int(picture.at(3, 2), 0);
  fail_unless_equals_int(picture.at(6, 4), 2);
}
GST_END_TEST

GST_START_TEST(test_a_frame_without_metadata_is_black) {
  assert_text(made("sam2mask", false), replaced(kLabels, "124", '.'));
}
GST_END_TEST

GST_START_TEST(test_properties_change_while_playing) {
  const auto harness = sam2::video_harness("sam2mask", kI420);
  assert_text(pushed(harness.get(), frame_with_objects()), kLabels);
  const sam2::ElementPtr element(
      gst_harness_find_element(harness.get(), "sam2mask"));
  g_object_set(element.get(), "output", 1, nullptr);
  const sam2::MapPicture picture = pushed(harness.get(), frame_with_objects());
  assert_text(picture, replaced(kLabels, "124", 'w'));
  fail_unless(picture.info.colorimetry.range == GST_VIDEO_COLOR_RANGE_16_235);
}
GST_END_TEST

GST_START_TEST(test_times_flags_and_metadata_are_kept) {
  const auto harness = sam2::video_harness("sam2mask", kI420);
  auto buffer = frame_with_objects();
  GST_BUFFER_PTS(buffer.get()) = 7 * GST_SECOND;
  GST_BUFFER_DTS(buffer.get()) = 6 * GST_SECOND;
  GST_BUFFER_OFFSET(buffer.get()) = 11;
  GST_BUFFER_OFFSET_END(buffer.get()) = 12;
  GST_BUFFER_FLAG_SET(buffer.get(), GST_BUFFER_FLAG_DISCONT);
  GST_BUFFER_FLAG_SET(buffer.get(), GST_BUFFER_FLAG_MARKER);
  const auto out = sam2::push_and_pull(harness.get(), std::move(buffer));
  fail_unless_equals_uint64(GST_BUFFER_PTS(out.get()), 7 * GST_SECOND);
  fail_unless_equals_uint64(GST_BUFFER_DTS(out.get()), 6 * GST_SECOND);
  fail_unless_equals_uint64(GST_BUFFER_DURATION(out.get()), 40 * GST_MSECOND);
  fail_unless_equals_uint64(GST_BUFFER_OFFSET(out.get()), 11);
  fail_unless_equals_uint64(GST_BUFFER_OFFSET_END(out.get()), 12);
  fail_unless(GST_BUFFER_FLAG_IS_SET(out.get(), GST_BUFFER_FLAG_DISCONT));
  fail_unless(GST_BUFFER_FLAG_IS_SET(out.get(), GST_BUFFER_FLAG_MARKER));
  const auto objects = sam2::read_objects(out.get());
  fail_unless_equals_int(objects.size(), 4);
  fail_unless(objects[1].object_id == 300);
  fail_unless(objects[1].mask.pixels[1] == 255);
}
GST_END_TEST

// A frame less would shift all masks that follow.
GST_START_TEST(test_late_frames_are_not_dropped) {
  const auto harness = sam2::video_harness("sam2mask", kI420);
  GstEvent *event = gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 9.0,
                                      10 * GST_SECOND, 10 * GST_SECOND);
  gst_harness_push_upstream_event(harness.get(), event);
  for (int i = 0; i < 3; ++i) {
    auto buffer = sam2::video_buffer(kI420, 100, i);
    attach_objects(buffer.get());
    gst_harness_push(harness.get(), buffer.release());
  }
  fail_unless_equals_int(gst_harness_buffers_in_queue(harness.get()), 3);
}
GST_END_TEST

GST_START_TEST(test_size_rate_and_aspect_are_kept) {
  const sam2::HarnessPtr harness(gst_harness_new("sam2mask"));
  gst_harness_set_src_caps_str(
      harness.get(),
      "video/x-raw,format=NV12,width=17,height=13,framerate=30000/1001,"
      "pixel-aspect-ratio=4/3,interlace-mode=interleaved,colorimetry=bt709,"
      "chroma-site=mpeg2");
  const sam2::MapPicture picture =
      pushed(harness.get(), frame_with_objects(kI420));
  fail_unless_equals_int(picture.info.width, kWidth);
  fail_unless_equals_int(picture.info.height, kHeight);
  fail_unless_equals_int(picture.info.fps_n, 30000);
  fail_unless_equals_int(picture.info.par_n, 4);
  fail_unless(picture.info.interlace_mode ==
              GST_VIDEO_INTERLACE_MODE_INTERLEAVED);
}
GST_END_TEST

// alphacombine takes nothing else.
GST_START_TEST(test_a_mask_has_the_videos_range_and_labels_do_not) {
  const struct {
    const char *launch, *colorimetry;
    GstVideoColorRange range;
  } cases[] = {
      {"sam2mask output=mask", "bt709", GST_VIDEO_COLOR_RANGE_16_235},
      {"sam2mask output=mask", "1:4:0:0", GST_VIDEO_COLOR_RANGE_0_255},
      {"sam2mask object-id=7", "bt601", GST_VIDEO_COLOR_RANGE_16_235},
      {"sam2mask", "bt709", GST_VIDEO_COLOR_RANGE_0_255},
      {"sam2mask output=mask ! capsfilter caps=video/x-raw,colorimetry=1:4:0:0",
       "bt709", GST_VIDEO_COLOR_RANGE_0_255},
  };
  for (const auto &row : cases) {
    GstVideoInfo info = kI420;
    gst_video_colorimetry_from_string(&info.colorimetry, row.colorimetry);
    const auto harness = sam2::video_harness(row.launch, info);
    const sam2::MapPicture picture =
        pushed(harness.get(), frame_with_objects());
    fail_unless_equals_int(picture.info.colorimetry.range, row.range);
    fail_unless(picture.at(5, 3) == 255 || picture.at(5, 3) == 2);
  }
}
GST_END_TEST

GST_START_TEST(test_a_mask_of_rgb_has_the_default_colorimetry) {
  const GstVideoInfo rgb =
      sam2::video_info(GST_VIDEO_FORMAT_RGB, kWidth, kHeight);
  const auto harness = sam2::video_harness("sam2mask output=mask", rgb);
  const sam2::MapPicture picture =
      pushed(harness.get(), frame_with_objects(rgb));
  fail_unless_equals_int(picture.info.colorimetry.range,
                         GST_VIDEO_COLOR_RANGE_0_255);
  assert_text(picture, replaced(kLabels, "124", 'w'));
}
GST_END_TEST

// Answers an allocation query with a pool whose rows are longer than the
// picture's, at odd addresses.
GstPadProbeReturn propose_padded(GstPad *, GstPadProbeInfo *info, gpointer) {
  GstQuery *query = GST_PAD_PROBE_INFO_QUERY(info);
  if (GST_QUERY_TYPE(query) != GST_QUERY_ALLOCATION) return GST_PAD_PROBE_OK;
  GstCaps *caps = nullptr;
  gst_query_parse_allocation(query, &caps, nullptr);
  GstVideoInfo video;
  gst_video_info_from_caps(&video, caps);
  GstVideoAlignment alignment;
  gst_video_alignment_reset(&alignment);
  alignment.padding_left = 3;
  alignment.padding_right = 9;
  alignment.padding_top = 2;
  const std::unique_ptr<GstBufferPool, sam2::ObjectUnref> pool(
      gst_video_buffer_pool_new());
  GstStructure *config = gst_buffer_pool_get_config(pool.get());
  gst_buffer_pool_config_set_params(config, caps,
                                    static_cast<guint>(video.size), 2, 0);
  gst_buffer_pool_config_add_option(config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  gst_buffer_pool_config_add_option(config,
                                    GST_BUFFER_POOL_OPTION_VIDEO_ALIGNMENT);
  gst_buffer_pool_config_set_video_alignment(config, &alignment);
  gst_buffer_pool_set_config(pool.get(), config);
  config = gst_buffer_pool_get_config(pool.get());
  guint size_bytes = 0;
  gst_buffer_pool_config_get_params(config, nullptr, &size_bytes, nullptr,
                                    nullptr);
  gst_structure_free(config);
  gst_query_add_allocation_pool(query, pool.get(), size_bytes, 2, 0);
  gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr);
  return GST_PAD_PROBE_HANDLED;
}

GST_START_TEST(test_buffers_come_from_downstreams_pool_with_its_strides) {
  for (const char *format : {"GRAY8", "GRAY16_LE"}) {
    const sam2::HarnessPtr harness(gst_harness_new("sam2mask"));
    const sam2::CharPtr caps(g_strdup_printf("video/x-raw,format=%s", format));
    gst_harness_set_sink_caps_str(harness.get(), caps.get());
    gst_pad_add_probe(harness->sinkpad, GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM,
                      propose_padded, nullptr, nullptr);
    gst_harness_set_src_caps(harness.get(), gst_video_info_to_caps(&kI420));
    const sam2::MapPicture picture =
        pushed(harness.get(), frame_with_objects());
    const GstVideoMeta *layout =
        gst_buffer_get_video_meta(picture.buffer.get());
    fail_unless(layout && layout->stride[0] > kWidth + 9);
    fail_unless(layout->offset[0] > 3);
    fail_unless(picture.buffer->pool != nullptr);
    assert_text(picture, kLabels);
    // The picture before must not shine through.
    for (int i = 0; i < 4; ++i) {
      pushed(harness.get(), frame_with_objects());
      assert_text(pushed(harness.get(), sam2::video_buffer(kI420, 100)),
                  replaced(kLabels, "124", '.'));
    }
  }
}
GST_END_TEST

GST_START_TEST(test_a_frame_that_cannot_be_mapped_gives_no_picture) {
  const auto harness = sam2::video_harness("sam2mask", kI420);
  const sam2::BusPtr bus(gst_bus_new());
  gst_element_set_bus(harness->element, bus.get());
  auto buffer = frame_with_objects();
  gst_buffer_set_size(buffer.get(), GST_VIDEO_INFO_SIZE(&kI420) - 1);
  fail_unless_equals_int(gst_harness_push(harness.get(), buffer.release()),
                         GST_FLOW_ERROR);
  fail_unless_equals_int(gst_harness_buffers_received(harness.get()), 0);
  fail_unless_equals_int(sam2::posted_errors(bus.get()).size(), 1);
  gst_element_set_bus(harness->element, nullptr);
}
GST_END_TEST

GST_START_TEST(test_caps_change_mid_stream) {
  const auto harness = sam2::video_harness("sam2mask", kI420);
  pushed(harness.get(), frame_with_objects());
  for (const auto &[width, height] :
       {std::pair(64, 48), std::pair(1, 1), std::pair(17, 13)}) {
    const GstVideoInfo info =
        sam2::video_info(GST_VIDEO_FORMAT_RGB, width, height);
    gst_harness_set_src_caps(harness.get(), gst_video_info_to_caps(&info));
    const sam2::MapPicture picture =
        pushed(harness.get(), frame_with_objects(info));
    fail_unless_equals_int(picture.info.width, width);
    fail_unless_equals_int(picture.at(0, 0), 0);
    if (width > 1) fail_unless_equals_int(picture.at(6, 4), 2);
  }
}
GST_END_TEST

GST_START_TEST(test_the_element_starts_again) {
  const auto harness = sam2::video_harness("sam2mask", kI420);
  for (int i = 0; i < 3; ++i) {
    assert_text(pushed(harness.get(), frame_with_objects()), kLabels);
    gst_element_set_state(harness->element, GST_STATE_NULL);
    gst_element_set_state(harness->element, GST_STATE_PLAYING);
    gst_harness_set_src_caps(harness.get(), gst_video_info_to_caps(&kI420));
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_harness_push_event(harness.get(), gst_event_new_segment(&segment));
  }
}
GST_END_TEST

Suite *sam2mask_suite() {
  Suite *suite = suite_create("sam2mask");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_a_label_map_has_the_place_in_the_metadata);
  tcase_add_test(cases, test_ids_are_written_where_they_fit);
  tcase_add_test(cases, test_what_does_not_fit_is_white_and_warned_of_once);
  tcase_add_test(cases, test_a_mask_is_white_on_every_object);
  tcase_add_test(cases, test_one_object_is_a_mask_of_its_own);
  tcase_add_test(cases, test_a_lost_object_with_a_mask_is_black);
  tcase_add_test(cases, test_a_frame_without_metadata_is_black);
  tcase_add_test(cases, test_properties_change_while_playing);
  tcase_add_test(cases, test_times_flags_and_metadata_are_kept);
  tcase_add_test(cases, test_late_frames_are_not_dropped);
  tcase_add_test(cases, test_size_rate_and_aspect_are_kept);
  tcase_add_test(cases, test_a_mask_has_the_videos_range_and_labels_do_not);
  tcase_add_test(cases, test_a_mask_of_rgb_has_the_default_colorimetry);
  tcase_add_test(cases,
                 test_buffers_come_from_downstreams_pool_with_its_strides);
  tcase_add_test(cases, test_a_frame_that_cannot_be_mapped_gives_no_picture);
  tcase_add_test(cases, test_caps_change_mid_stream);
  tcase_add_test(cases, test_the_element_starts_again);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(sam2mask)
