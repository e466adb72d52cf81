// sam2matte in every format, size and layout of memory.
#include "alpha_format.h"
#include "matte_test.h"

namespace {

using sam2::kMatteHeight;
using sam2::kMatteWidth;

const char *const kAlphaFormats[] = {"RGBA", "BGRA", "ARGB", "ABGR", "AYUV",
                                     "A420", "AV12", "A422", "A444"};
const char *const kPlainFormats[] = {
    "RGB",  "BGR",  "RGBx", "BGRx", "xRGB", "xBGR", "I420", "NV12",
    "Y42B", "Y444", "YV12", "NV21", "NV16", "NV24", "Y41B", "GRAY8"};
const char *const kModes[] = {"transparent", "colour", "blur", "object-blur",
                              "object-pixelate"};

std::vector<std::string> all_formats() {
  std::vector<std::string> formats(std::begin(kAlphaFormats),
                                   std::end(kAlphaFormats));
  formats.insert(formats.end(), std::begin(kPlainFormats),
                 std::end(kPlainFormats));
  return formats;
}

bool is_possible(const std::string &mode, const std::string &format) {
  return mode != "transparent" ||
         sam2::with_alpha(gst_video_format_from_string(format.c_str())) !=
             GST_VIDEO_FORMAT_UNKNOWN;
}

// Object 1 covers samples of all subsampled planes wholly.
sam2::BufferPtr frame_of(const GstVideoInfo &info) {
  return sam2::with_object(sam2::speckled_buffer(info));
}

GST_START_TEST(test_formats_without_alpha_get_it) {
  const std::pair<const char *, const char *> pairs[] = {
      {"RGB", "RGBA"},  {"BGR", "BGRA"},  {"RGBx", "RGBA"}, {"BGRx", "BGRA"},
      {"xRGB", "ARGB"}, {"xBGR", "ABGR"}, {"I420", "A420"}, {"NV12", "AV12"},
      {"Y42B", "A422"}, {"Y444", "A444"}};
  for (const auto &[plain, alpha] : pairs) {
    const auto info = sam2::matte_info(plain);
    auto before = sam2::speckled_picture(info);
    auto picture = sam2::matte("feather=0", info, frame_of(info));
    fail_unless(picture.format() == alpha, "%s", plain);
    for (int y = 0; y < kMatteHeight; ++y)
      for (int x = 0; x < kMatteWidth; ++x) {
        const bool is_object = sam2::is_in_object(x, y);
        fail_unless_equals_int(picture.at(x, y, 3), is_object ? 255 : 0);
        for (int c = 0; is_object && c < 3; ++c)
          fail_unless_equals_int(picture.at(x, y, c), before.at(x, y, c));
      }
  }
}
GST_END_TEST

// The background is kept, so all of it has to be brought over.
GST_START_TEST(test_what_is_kept_is_opaque_in_formats_without_alpha) {
  for (const char *format : {"RGB", "xBGR", "NV12"})
    for (const char *properties : {"invert=true", "without-objects=keep"}) {
      const auto info = sam2::matte_info(format);
      auto before = sam2::speckled_picture(info);
      const bool has_object = g_str_equal(properties, "invert=true");
      auto picture = sam2::matte(
          std::string("feather=0 ") + properties, info,
          has_object ? frame_of(info) : sam2::speckled_buffer(info));
      for (int c = 0; c < 3; ++c) {
        fail_unless_equals_int(picture.at(2, 2, c), before.at(2, 2, c));
        fail_unless_equals_int(picture.at(39, 29, c), before.at(39, 29, c));
      }
      fail_unless_equals_int(picture.at(39, 29, 3), 255);
      fail_unless_equals_int(picture.at(12, 12, 3), has_object ? 0 : 255);
    }
}
GST_END_TEST

GST_START_TEST(test_formats_with_alpha_keep_it) {
  for (const char *format : kAlphaFormats) {
    const auto info = sam2::matte_info(format);
    auto before = sam2::speckled_picture(info);
    auto picture = sam2::matte("feather=0", info, frame_of(info));
    fail_unless(picture.format() == format, "%s", format);
    fail_unless_equals_int(picture.at(7, 10, 3), 0);
    fail_unless_equals_int(picture.at(9, 10, 3), before.at(9, 10, 3));
  }
}
GST_END_TEST

GST_START_TEST(test_nothing_is_left_under_full_transparency) {
  for (const auto &format : all_formats()) {
    if (!is_possible("transparent", format)) continue;
    const auto info = sam2::matte_info(format.c_str());
    auto full = sam2::matte("feather=4", info, frame_of(info));
    auto empty = sam2::matte("feather=4", info, sam2::video_buffer(info, 0));
    for (int y = 0; y < kMatteHeight; ++y)
      for (int x = 0; x < kMatteWidth; ++x) {
        // Subsampled chroma is shared with pixels that can be seen.
        const bool is_near = x >= 6 && x < 22 && y >= 4 && y < 18;
        for (int c = 0; c < 4 && !is_near; ++c)
          fail_unless_equals_int(full.at(x, y, c), empty.at(x, y, c));
      }
  }
}
GST_END_TEST

GST_START_TEST(test_other_formats_cannot_become_transparent) {
  const sam2::HarnessPtr harness(gst_harness_new("sam2matte"));
  const sam2::CapsPtr caps(
      gst_pad_query_caps(GST_PAD_PEER(harness->srcpad), nullptr));
  for (const auto &format : all_formats()) {
    const auto info = sam2::matte_info(format.c_str());
    const sam2::CapsPtr wanted(gst_video_info_to_caps(&info));
    fail_unless_equals_int(gst_caps_can_intersect(caps.get(), wanted.get()),
                           is_possible("transparent", format));
  }
}
GST_END_TEST

GST_START_TEST(test_downstream_chooses_the_alpha_format) {
  const sam2::HarnessPtr harness(gst_harness_new("sam2matte"));
  gst_harness_set_sink_caps_str(harness.get(), "video/x-raw,format=BGRA");
  const sam2::CapsPtr caps(
      gst_pad_query_caps(GST_PAD_PEER(harness->srcpad), nullptr));
  std::string possible;
  for (const auto &format : all_formats()) {
    const auto info = sam2::matte_info(format.c_str());
    const sam2::CapsPtr wanted(gst_video_info_to_caps(&info));
    if (gst_caps_can_intersect(caps.get(), wanted.get()))
      possible += format + " ";
  }
  fail_unless_equals_string(possible.c_str(), "BGRA BGR BGRx ");
}
GST_END_TEST

GST_START_TEST(test_alpha_comes_and_goes_with_the_mode) {
  const auto info = sam2::matte_info("I420");
  const auto harness = sam2::video_harness("sam2matte feather=0", info);
  const char *formats[] = {"A420", "I420", "A420"};
  const char *modes[] = {"transparent", "colour", "transparent"};
  for (int i = 0; i < 3; ++i) {
    const auto element = sam2::matte_element(harness.get());
    gst_util_set_object_arg(G_OBJECT(element.get()), "mode", modes[i]);
    auto picture = sam2::pushed_matte(harness.get(), frame_of(info));
    fail_unless(picture.format() == formats[i], "at %d", i);
    fail_unless_equals_int(picture.at(2, 2), 16);
  }
}
GST_END_TEST

GST_START_TEST(test_frames_of_the_same_format_are_changed_in_place) {
  for (const char *launch : {"", "mode=blur", "mode=object-blur"}) {
    const auto info = sam2::matte_info("RGBA");
    auto buffer = frame_of(info);
    const GstMemory *memory = gst_buffer_peek_memory(buffer.get(), 0);
    const auto picture = sam2::matte(launch, info, std::move(buffer));
    fail_unless(gst_buffer_peek_memory(picture.buffer(), 0) == memory);
  }
}
GST_END_TEST

// Somebody else holds the frame: it must not change.
GST_START_TEST(test_a_shared_frame_is_copied) {
  const auto info = sam2::matte_info("RGBA");
  auto buffer = frame_of(info);
  const sam2::BufferPtr held(gst_buffer_ref(buffer.get()));
  const auto picture = sam2::matte("", info, std::move(buffer));
  fail_unless(picture.buffer() != held.get());
  const sam2::BufferMap map(held.get(), GST_MAP_READ);
  const auto before = sam2::speckled_buffer(info);
  const sam2::BufferMap before_map(before.get(), GST_MAP_READ);
  fail_unless(!memcmp(map.data(), before_map.data(), map.size_bytes()));
}
GST_END_TEST

// A flat picture stays flat, and hidden frames have one colour, to the last
// row and column.
GST_START_TEST(test_every_format_size_and_mode_is_whole) {
  const std::pair<int, int> sizes[] = {{1, 1}, {17, 13}};
  for (const auto &[width, height] : sizes)
    for (const auto &format : all_formats())
      for (const std::string mode : kModes) {
        if (!is_possible(mode, format)) continue;
        const auto info = sam2::matte_info(format.c_str(), width, height);
        auto buffer = sam2::video_buffer(info, 90);
        sam2::attach_objects(buffer.get(),
                             {sam2::boxed_object(1, {0, 0, 1, 1}),
                              sam2::boxed_object(2, {14, 9, 300, 300}),
                              sam2::boxed_object(3, {-5, 3, 9, 9})});
        const bool is_blur = mode != "transparent" && mode != "colour";
        auto picture = sam2::matte(
            "mode=" + mode + (is_blur ? "" : " object-ids=9") +
                " colour=0xff808080 blur-size=5 pixel-size=3 feather=3",
            info, std::move(buffer));
        const int count =
            static_cast<int>(GST_VIDEO_INFO_N_COMPONENTS(&picture.info()));
        for (int c = 0; c < count; ++c)
          for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x)
              fail_unless_equals_int(picture.at(x, y, c),
                                     is_blur ? 90 : picture.at(0, 0, c));
      }
}
GST_END_TEST

// The same frame with long rows at odd addresses.
sam2::BufferPtr padded(const GstVideoInfo &info) {
  const auto tight = frame_of(info);
  gsize offset[GST_VIDEO_MAX_PLANES] = {0};
  gint stride[GST_VIDEO_MAX_PLANES] = {0};
  gsize size_bytes = 5;
  const int planes = static_cast<int>(GST_VIDEO_INFO_N_PLANES(&info));
  for (int i = 0; i < planes; ++i) {
    offset[i] = size_bytes;
    stride[i] = GST_VIDEO_INFO_PLANE_STRIDE(&info, i) + 7 + i;
    size_bytes += static_cast<gsize>(stride[i]) * kMatteHeight + 3;
  }
  sam2::BufferPtr buffer(gst_buffer_new_allocate(nullptr, size_bytes, nullptr));
  gst_buffer_memset(buffer.get(), 0, 0xee, size_bytes);
  gst_buffer_add_video_meta_full(
      buffer.get(), GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_INFO_FORMAT(&info),
      kMatteWidth, kMatteHeight, static_cast<guint>(planes), offset, stride);
  sam2::VideoFrameMap from(info, tight.get(), GST_MAP_READ);
  sam2::VideoFrameMap to(info, buffer.get(), GST_MAP_WRITE);
  gst_video_frame_copy(to.get(), from.get());
  return sam2::with_object(std::move(buffer));
}

// One format of each arrangement.
GST_START_TEST(test_long_rows_make_no_difference) {
  for (const std::string format :
       {"RGB", "RGBx", "ARGB", "I420", "NV12", "A420", "AV12", "Y41B"})
    for (const std::string mode : kModes) {
      if (!is_possible(mode, format)) continue;
      const auto info = sam2::matte_info(format.c_str());
      auto tight = sam2::matte("mode=" + mode, info, frame_of(info));
      auto wide = sam2::matte("mode=" + mode, info, padded(info));
      const int count =
          static_cast<int>(GST_VIDEO_INFO_N_COMPONENTS(&tight.info()));
      for (int c = 0; c < count; ++c)
        for (int y = 0; y < kMatteHeight; ++y)
          for (int x = 0; x < kMatteWidth; ++x)
            fail_unless_equals_int(wide.at(x, y, c), tight.at(x, y, c));
      if (tight.format() != format) continue;
      // What lies between rows is not the picture's.
      const sam2::BufferMap map(wide.buffer(), GST_MAP_READ);
      for (int i = 0; i < 5; ++i) fail_unless_equals_int(map.data()[i], 0xee);
      fail_unless_equals_int(map.data()[map.size_bytes() - 1], 0xee);
    }
}
GST_END_TEST

// Chroma between two luma columns is covered by the share of both; chroma on
// the first of them half by that one and a quarter by either neighbour.
GST_START_TEST(test_chroma_is_covered_where_it_lies) {
  const struct {
    const char *site;
    int covered_quarters[3];  // of samples 3, 4 and 5
  } cases[] = {{"jpeg", {4, 2, 0}}, {"mpeg2", {4, 3, 0}}};
  for (const auto &row : cases)
    for (const char *format : {"I420", "NV12"}) {
      auto info = sam2::matte_info(format);
      info.chroma_site = gst_video_chroma_site_from_string(row.site);
      auto buffer = sam2::video_buffer(info, 128);
      // Columns 9 and on are kept.
      sam2::attach_objects(buffer.get(),
                           {sam2::boxed_object(1, {9, 0, 31, 30})});
      auto picture = sam2::matte("mode=colour colour=0xff0000ff feather=0",
                                 info, std::move(buffer));
      for (int i = 0; i < 3; ++i) {
        const int quarters = row.covered_quarters[i];
        const int wanted = 128 + (240 - 128) * quarters / 4;
        const int found = picture.at(2 * (3 + i), 10, 1);
        fail_unless(abs(found - wanted) <= 1, "%s %s: %d instead of %d", format,
                    row.site, found, wanted);
      }
    }
}
GST_END_TEST

// The last column of an odd width has chroma for itself.
GST_START_TEST(test_the_last_chroma_sample_is_covered_by_its_one_column) {
  auto info = sam2::matte_info("I420", 17, 13);
  info.chroma_site = GST_VIDEO_CHROMA_SITE_JPEG;
  auto buffer = sam2::video_buffer(info, 128);
  sam2::attach_objects(buffer.get(), {sam2::boxed_object(1, {15, 4, 1, 4})});
  auto picture = sam2::matte("mode=colour colour=0xff0000ff feather=0", info,
                             std::move(buffer));
  fail_unless_equals_int(picture.at(15, 5), 128);
  fail_unless_equals_int(picture.at(14, 5, 1), 184);
  fail_unless_equals_int(picture.at(16, 5, 1), 240);
}
GST_END_TEST

GST_START_TEST(test_times_flags_and_metadata_are_kept) {
  for (const char *format : {"RGBA", "NV12"}) {
    const auto info = sam2::matte_info(format);
    auto buffer = frame_of(info);
    GST_BUFFER_PTS(buffer.get()) = 7 * GST_SECOND;
    GST_BUFFER_OFFSET(buffer.get()) = 11;
    GST_BUFFER_FLAG_SET(buffer.get(), GST_BUFFER_FLAG_MARKER);
    const auto picture = sam2::matte("", info, std::move(buffer));
    fail_unless_equals_uint64(GST_BUFFER_PTS(picture.buffer()), 7 * GST_SECOND);
    fail_unless_equals_uint64(GST_BUFFER_DURATION(picture.buffer()),
                              40 * GST_MSECOND);
    fail_unless_equals_uint64(GST_BUFFER_OFFSET(picture.buffer()), 11);
    fail_unless(
        GST_BUFFER_FLAG_IS_SET(picture.buffer(), GST_BUFFER_FLAG_MARKER));
    const auto objects = sam2::read_objects(picture.buffer());
    fail_unless_equals_int(objects.size(), 1);
    fail_unless_equals_float(objects[0].mask_box.x, 8);
    fail_unless_equals_int(objects[0].mask.pixels[0], 255);
  }
}
GST_END_TEST

// The same picture in memory with more rows and columns, as decoders make them,
// whose pictures end at whole blocks.
sam2::BufferPtr in_more_memory(const GstVideoInfo &info, GstBuffer *frame) {
  const auto whole = sam2::video_info(GST_VIDEO_INFO_FORMAT(&info),
                                      kMatteWidth + 16, kMatteHeight + 200);
  auto larger = sam2::video_buffer(whole, 99);
  gst_buffer_add_video_meta(larger.get(), GST_VIDEO_FRAME_FLAG_NONE,
                            GST_VIDEO_INFO_FORMAT(&whole), kMatteWidth + 16,
                            kMatteHeight + 200);
  sam2::VideoFrameMap from(info, frame, GST_MAP_READ);
  sam2::VideoFrameMap to(whole, larger.get(), GST_MAP_WRITE);
  to.get()->info.width = kMatteWidth;
  to.get()->info.height = kMatteHeight;
  gst_video_frame_copy(to.get(), from.get());
  return larger;
}

GST_START_TEST(test_memory_with_more_pixels_than_the_caps_say_changes_none) {
  for (const std::string &format : all_formats())
    for (const std::string mode : kModes) {
      if (!is_possible(mode, format)) continue;
      const auto info = sam2::matte_info(format.c_str());
      const auto object = sam2::boxed_object(1, {0, 6, 12, 24});
      auto plain = sam2::speckled_buffer(info);
      auto larger = in_more_memory(info, plain.get());
      sam2::attach_objects(plain.get(), {object});
      sam2::attach_objects(larger.get(), {object});
      const std::string properties = "feather=3 mode=" + mode;
      auto expected = sam2::matte(properties, info, std::move(plain));
      auto picture = sam2::matte(properties, info, std::move(larger));
      for (int y = 0; y < kMatteHeight; ++y)
        for (int x = 0; x < kMatteWidth; ++x)
          for (guint c = 0; c < GST_VIDEO_INFO_N_COMPONENTS(&expected.info());
               ++c)
            fail_unless(picture.at(x, y, c) == expected.at(x, y, c),
                        "%s %s: (%d, %d) %u", format.c_str(), mode.c_str(), x,
                        y, c);
    }
}
GST_END_TEST

// In place and to another format.
GST_START_TEST(test_a_frame_that_cannot_be_mapped_does_not_leave) {
  for (const char *format : {"RGBA", "RGB"}) {
    const auto info = sam2::matte_info(format);
    const auto harness = sam2::video_harness("sam2matte", info);
    const sam2::BusPtr bus(gst_bus_new());
    gst_element_set_bus(harness->element, bus.get());
    auto buffer = frame_of(info);
    gst_buffer_set_size(buffer.get(), GST_VIDEO_INFO_SIZE(&info) - 1);
    fail_unless_equals_int(gst_harness_push(harness.get(), buffer.release()),
                           GST_FLOW_ERROR);
    fail_unless_equals_int(gst_harness_buffers_received(harness.get()), 0);
    ASSERT_ONE_ERROR(sam2::posted_errors(bus.get()), GST_STREAM_ERROR,
                     GST_STREAM_ERROR_FORMAT,
                     "A frame's memory is too small or cannot be read. Put a "
                     "videoconvert in front of the element.");
    gst_element_set_bus(harness->element, nullptr);
  }
}
GST_END_TEST

GST_START_TEST(test_caps_change_mid_stream) {
  const auto first = sam2::matte_info("RGBA");
  const auto harness = sam2::video_harness("sam2matte feather=0", first);
  const std::pair<int, int> sizes[] = {{40, 30}, {60, 48}, {1, 1}, {40, 30}};
  for (const char *format : {"RGBA", "I420", "BGR"})
    for (const auto &[width, height] : sizes) {
      const auto info = sam2::matte_info(format, width, height);
      gst_harness_set_src_caps(harness.get(), gst_video_info_to_caps(&info));
      auto picture = sam2::pushed_matte(harness.get(), frame_of(info));
      fail_unless_equals_int(picture.at(0, 0, 3), 0);
      if (width > 1) fail_unless(picture.at(12, 12, 3) > 0);
      if (width > 1) fail_unless_equals_int(picture.at(30, 20, 3), 0);
    }
}
GST_END_TEST

GST_START_TEST(test_the_element_starts_again) {
  const auto info = sam2::matte_info("NV12");
  const auto harness = sam2::video_harness("sam2matte mode=blur", info);
  for (int i = 0; i < 3; ++i) {
    auto picture = sam2::pushed_matte(harness.get(), frame_of(info));
    auto before = sam2::speckled_picture(info);
    fail_unless_equals_int(picture.at(13, 11), before.at(13, 11));
    fail_unless(picture.at(30, 20) != before.at(30, 20));
    gst_element_set_state(harness->element, GST_STATE_NULL);
    gst_element_set_state(harness->element, GST_STATE_PLAYING);
    gst_harness_set_src_caps(harness.get(), gst_video_info_to_caps(&info));
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_harness_push_event(harness.get(), gst_event_new_segment(&segment));
  }
}
GST_END_TEST

// What is to be hidden would lie elsewhere.
GST_START_TEST(test_upstream_is_not_told_to_leave_the_cropping_to_downstream) {
  const auto info = sam2::matte_info("RGBA");
  const auto harness = sam2::video_harness("sam2matte", info);
  sam2::push_and_pull(harness.get(), sam2::video_buffer(info, 0));
  fail_unless(!sam2::passes_on_offer(harness.get(), info,
                                     GST_VIDEO_CROP_META_API_TYPE));
  fail_unless(
      sam2::passes_on_offer(harness.get(), info, GST_VIDEO_META_API_TYPE));
}
GST_END_TEST

Suite *sam2matte_formats_suite() {
  Suite *suite = suite_create("sam2matte_formats");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_formats_without_alpha_get_it);
  tcase_add_test(cases, test_what_is_kept_is_opaque_in_formats_without_alpha);
  tcase_add_test(cases, test_formats_with_alpha_keep_it);
  tcase_add_test(cases, test_nothing_is_left_under_full_transparency);
  tcase_add_test(cases, test_other_formats_cannot_become_transparent);
  tcase_add_test(cases, test_downstream_chooses_the_alpha_format);
  tcase_add_test(cases, test_alpha_comes_and_goes_with_the_mode);
  tcase_add_test(cases, test_frames_of_the_same_format_are_changed_in_place);
  tcase_add_test(cases, test_a_shared_frame_is_copied);
  tcase_add_test(cases, test_every_format_size_and_mode_is_whole);
  tcase_add_test(cases, test_long_rows_make_no_difference);
  tcase_add_test(cases, test_chroma_is_covered_where_it_lies);
  tcase_add_test(cases,
                 test_the_last_chroma_sample_is_covered_by_its_one_column);
  tcase_add_test(cases, test_times_flags_and_metadata_are_kept);
  tcase_add_test(cases,
                 test_memory_with_more_pixels_than_the_caps_say_changes_none);
  tcase_add_test(cases, test_a_frame_that_cannot_be_mapped_does_not_leave);
  tcase_add_test(cases, test_caps_change_mid_stream);
  tcase_add_test(cases, test_the_element_starts_again);
  tcase_add_test(cases,
                 test_upstream_is_not_told_to_leave_the_cropping_to_downstream);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(sam2matte_formats)
