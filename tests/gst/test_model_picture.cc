// What of a frame reaches the model, and what becomes of the frame: sam2track
// on a fake engine that keeps the pictures it is given.
#include <dlfcn.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "analytics_meta.h"
#include "support/fake_engine_picture.h"
#include "support/gst_test.h"

namespace {

using sam2::BufferPtr;
using sam2::SeenPicture;

// Rounding to 8 bits, of luma and chroma and then of red, green and blue.
constexpr int kTolerance = 2;

constexpr int kBarWidth = 16;
constexpr int kWidth = 8 * kBarWidth;
constexpr int kHeight = 16;
// Chroma of half the width belongs to both bars where they meet.
constexpr int kBorder = 3;

// The 8 corners of the cube of colours, one a bar.
struct Rgb {
  double red, green, blue;  // 0 or 1
};
Rgb bar(int index) {
  return {double(index & 1), double(index >> 1 & 1), double(index >> 2 & 1)};
}

// Of the light's weights and of the range (ITU-R BT.601, BT.709, BT.2100 for
// full range).
struct Coding {
  const char *colorimetry;
  double red_weight, blue_weight;
  bool is_full;
};
constexpr Coding kCodings[] = {{"bt601", 0.299, 0.114, false},
                               {"1:4:16:4", 0.299, 0.114, true},
                               {"bt709", 0.2126, 0.0722, false},
                               {"1:3:5:1", 0.2126, 0.0722, true}};

struct Samples {
  uint8_t y, u, v;
};

uint8_t rounded(double value) {
  return static_cast<uint8_t>(std::lround(std::clamp(value, 0.0, 255.0)));
}

Samples coded(const Rgb &rgb, const Coding &coding) {
  const double kr = coding.red_weight, kb = coding.blue_weight;
  const double y = kr * rgb.red + (1 - kr - kb) * rgb.green + kb * rgb.blue;
  const double u = (rgb.blue - y) / (2 * (1 - kb));
  const double v = (rgb.red - y) / (2 * (1 - kr));
  if (coding.is_full)
    return {rounded(255 * y), rounded(128 + 255 * u), rounded(128 + 255 * v)};
  return {rounded(16 + 219 * y), rounded(128 + 224 * u),
          rounded(128 + 224 * v)};
}

// Where the planes of a frame are in its memory.
struct Layout {
  gsize offset[GST_VIDEO_MAX_PLANES] = {};
  gint stride[GST_VIDEO_MAX_PLANES] = {};
  gsize size_bytes = 0;
};

Layout plain_layout(const GstVideoInfo &info) {
  Layout layout;
  std::copy_n(info.offset, GST_VIDEO_MAX_PLANES, layout.offset);
  std::copy_n(info.stride, GST_VIDEO_MAX_PLANES, layout.stride);
  layout.size_bytes = GST_VIDEO_INFO_SIZE(&info);
  return layout;
}

// Padded rows, gaps between the planes, the last plane first.
Layout odd_layout(const GstVideoInfo &info) {
  Layout layout;
  gsize place = 13;
  for (int i = static_cast<int>(GST_VIDEO_INFO_N_PLANES(&info)) - 1; i >= 0;
       --i) {
    layout.offset[i] = place;
    layout.stride[i] = info.stride[i] + 24 + 8 * i;
    place += static_cast<gsize>(layout.stride[i]) * kHeight + 100;
  }
  layout.size_bytes = place;
  return layout;
}

int component_of(const Samples &samples, guint component) {
  return component == 0 ? samples.y : component == 1 ? samples.u : samples.v;
}

// The bars, in memory full of something else.
BufferPtr bars(const GstVideoInfo &info, const Coding &coding,
               const Layout &layout) {
  std::vector<uint8_t> bytes(layout.size_bytes, 0xA5);
  for (guint c = 0; c < GST_VIDEO_INFO_N_COMPONENTS(&info); ++c) {
    const guint plane = GST_VIDEO_INFO_COMP_PLANE(&info, c);
    for (int y = 0; y < GST_VIDEO_INFO_COMP_HEIGHT(&info, c); ++y)
      for (int x = 0; x < GST_VIDEO_INFO_COMP_WIDTH(&info, c); ++x) {
        const int column = x * kWidth / GST_VIDEO_INFO_COMP_WIDTH(&info, c);
        bytes[layout.offset[plane] + size_t(y) * layout.stride[plane] +
              size_t(x) * GST_VIDEO_INFO_COMP_PSTRIDE(&info, c) +
              GST_VIDEO_INFO_COMP_POFFSET(&info, c)] =
            component_of(coded(bar(column / kBarWidth), coding), c);
      }
  }
  BufferPtr frame = sam2::video_buffer(info, 0);
  gst_buffer_replace_all_memory(
      frame.get(), gst_allocator_alloc(nullptr, bytes.size(), nullptr));
  gst_buffer_fill(frame.get(), 0, bytes.data(), bytes.size());
  return frame;
}

SeenPicture seen() {
  void *library = dlopen(std::getenv("SAM2_ENGINE_LIBRARY"), RTLD_NOW);
  using Function = void (*)(SeenPicture *);
  SeenPicture picture;
  reinterpret_cast<Function>(dlsym(library, sam2::kFakeEnginePicture))(
      &picture);
  return picture;
}

sam2::HarnessPtr harness_for(const GstVideoInfo &info) {
  return sam2::video_harness(
      "sam2track model-file=record.pt prompt=\"1:box=0,0,2,2\"", info);
}

SeenPicture seen_of(const GstVideoInfo &info, BufferPtr frame) {
  const auto harness = harness_for(info);
  fail_unless(sam2::push_and_pull(harness.get(), std::move(frame)) != nullptr);
  return seen();
}

GstVideoInfo info_of(GstVideoFormat format, const Coding &coding) {
  GstVideoInfo info = sam2::video_info(format, kWidth, kHeight);
  fail_unless(
      gst_video_colorimetry_from_string(&info.colorimetry, coding.colorimetry));
  return info;
}

void expect_bars(const SeenPicture &picture, const std::string &what) {
  fail_unless_equals_int(picture.width, kWidth);
  fail_unless_equals_int(picture.height, kHeight);
  for (int y = 0; y < kHeight; ++y)
    for (int x = 0; x < kWidth; ++x) {
      const int within = x % kBarWidth;
      if (within < kBorder || within >= kBarWidth - kBorder) continue;
      const Rgb colour = bar(x / kBarWidth);
      const double wanted[] = {colour.red, colour.green, colour.blue};
      for (int c = 0; c < 3; ++c)
        fail_unless(
            std::abs(picture.pixel(x, y)[c] - 255 * wanted[c]) <= kTolerance,
            "%s: component %d of bar %d is %d", what.c_str(), c, x / kBarWidth,
            picture.pixel(x, y)[c]);
    }
}

constexpr GstVideoFormat kFormats[] = {GST_VIDEO_FORMAT_I420,
                                       GST_VIDEO_FORMAT_NV12};

GST_START_TEST(test_the_model_sees_the_colours_of_the_bars) {
  for (const GstVideoFormat format : kFormats)
    for (const Coding &coding : kCodings) {
      const GstVideoInfo info = info_of(format, coding);
      expect_bars(seen_of(info, bars(info, coding, plain_layout(info))),
                  std::string(gst_video_format_to_string(format)) + " " +
                      coding.colorimetry);
    }
}
GST_END_TEST

GST_START_TEST(test_the_model_sees_an_rgb_picture_as_it_is) {
  const GstVideoInfo info =
      sam2::video_info(GST_VIDEO_FORMAT_RGB, kWidth, kHeight);
  BufferPtr frame = sam2::video_buffer(info, 0);
  std::vector<uint8_t> bytes(GST_VIDEO_INFO_SIZE(&info));
  for (size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<uint8_t>(i * 7);
  gst_buffer_fill(frame.get(), 0, bytes.data(), bytes.size());
  fail_unless(seen_of(info, std::move(frame)).rgb == bytes);
}
GST_END_TEST

// Without colorimetry in the caps: BT.601 up to 576 lines, then BT.709.
GST_START_TEST(test_the_size_says_what_the_caps_do_not) {
  for (const int height : {576, 720}) {
    GstVideoInfo info = sam2::video_info(GST_VIDEO_FORMAT_I420, 64, height);
    const Samples red = coded(bar(1), kCodings[height > 576 ? 2 : 0]);
    BufferPtr frame = sam2::video_buffer(info, red.y);
    gst_buffer_memset(frame.get(), info.offset[1], red.u,
                      info.offset[2] - info.offset[1]);
    gst_buffer_memset(frame.get(), info.offset[2], red.v,
                      info.size - info.offset[2]);
    info.colorimetry = {};
    const SeenPicture picture = seen_of(info, std::move(frame));
    fail_unless(picture.pixel(9, 9)[0] >= 255 - kTolerance);
    fail_unless(picture.pixel(9, 9)[1] <= kTolerance);
    fail_unless(picture.pixel(9, 9)[2] <= kTolerance);
  }
}
GST_END_TEST

GST_START_TEST(test_the_model_sees_grey_as_it_is) {
  const GstVideoInfo info = sam2::video_info(GST_VIDEO_FORMAT_GRAY8, 16, 16);
  for (const int grey : {0, 16, 128, 235, 255}) {
    const auto value = static_cast<uint8_t>(grey);
    const SeenPicture picture = seen_of(info, sam2::video_buffer(info, value));
    for (int c = 0; c < 3; ++c)
      fail_unless(std::abs(picture.pixel(3, 3)[c] - grey) <= kTolerance,
                  "%d instead of %d", picture.pixel(3, 3)[c], grey);
  }
}
GST_END_TEST

GST_START_TEST(test_padding_and_moved_planes_change_no_pixel) {
  for (const GstVideoFormat format :
       {GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_RGB,
        GST_VIDEO_FORMAT_Y444}) {
    const GstVideoInfo info = info_of(format, kCodings[2]);
    BufferPtr odd = bars(info, kCodings[2], odd_layout(info));
    Layout layout = odd_layout(info);
    gst_buffer_add_video_meta_full(
        odd.get(), GST_VIDEO_FRAME_FLAG_NONE, format, kWidth, kHeight,
        GST_VIDEO_INFO_N_PLANES(&info), layout.offset, layout.stride);
    fail_unless(
        seen_of(info, std::move(odd)).rgb ==
            seen_of(info, bars(info, kCodings[2], plain_layout(info))).rgb,
        "%s", gst_video_format_to_string(format));
  }
}
GST_END_TEST

// As decoders make them, whose pictures end at whole blocks.
GST_START_TEST(test_memory_with_more_pixels_than_the_caps_say_changes_none) {
  for (const GstVideoFormat format :
       {GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_RGB,
        GST_VIDEO_FORMAT_BGRx, GST_VIDEO_FORMAT_AYUV}) {
    const GstVideoInfo info = info_of(format, kCodings[2]);
    const GstVideoInfo whole =
        sam2::video_info(format, kWidth + 16, kHeight + 200);
    Layout layout = plain_layout(whole);
    BufferPtr frame = bars(info, kCodings[2], layout);
    gst_buffer_add_video_meta_full(
        frame.get(), GST_VIDEO_FRAME_FLAG_NONE, format,
        GST_VIDEO_INFO_WIDTH(&whole), GST_VIDEO_INFO_HEIGHT(&whole),
        GST_VIDEO_INFO_N_PLANES(&whole), layout.offset, layout.stride);
    const SeenPicture picture = seen_of(info, std::move(frame));
    fail_unless_equals_int(picture.width, kWidth);
    fail_unless_equals_int(picture.height, kHeight);
    fail_unless(
        picture.rgb ==
            seen_of(info, bars(info, kCodings[2], plain_layout(info))).rgb,
        "%s", gst_video_format_to_string(format));
  }
}
GST_END_TEST

// The formats of the pad's caps.
std::vector<GstVideoFormat> formats_of_the_pad() {
  const sam2::ElementPtr element(GST_ELEMENT(
      gst_object_ref_sink(gst_element_factory_make("sam2track", nullptr))));
  const auto *pad = static_cast<GstPad *>(element->sinkpads->data);
  const sam2::CapsPtr caps(gst_pad_get_pad_template_caps(GST_PAD(pad)));
  const GValue *list =
      gst_structure_get_value(gst_caps_get_structure(caps.get(), 0), "format");
  std::vector<GstVideoFormat> formats;
  for (guint i = 0; i < gst_value_list_get_size(list); ++i)
    formats.push_back(gst_video_format_from_string(
        g_value_get_string(gst_value_list_get_value(list, i))));
  return formats;
}

std::vector<GstMemory *> memories_of(GstBuffer *buffer) {
  std::vector<GstMemory *> memories;
  for (guint i = 0; i < gst_buffer_n_memory(buffer); ++i)
    memories.push_back(gst_buffer_peek_memory(buffer, i));
  return memories;
}

std::vector<uint8_t> bytes_of(GstBuffer *buffer) {
  std::vector<uint8_t> bytes(gst_buffer_get_size(buffer));
  gst_buffer_extract(buffer, 0, bytes.data(), bytes.size());
  return bytes;
}

// What comes out is the same memory with the same bytes, and an object.
void expect_same_memory(GstHarness *harness, BufferPtr frame,
                        const char *what) {
  const auto memories = memories_of(frame.get());
  const auto bytes = bytes_of(frame.get());
  const BufferPtr out = sam2::push_and_pull(harness, std::move(frame));
  fail_unless(memories_of(out.get()) == memories, "%s", what);
  fail_unless(bytes_of(out.get()) == bytes, "%s", what);
  fail_unless_equals_int(sam2::read_objects(out.get()).size(), 1);
}

GST_START_TEST(test_frames_of_every_format_keep_their_memory_and_bytes) {
  const auto formats = formats_of_the_pad();
  fail_unless(formats.size() > 100);
  for (const GstVideoFormat format : formats) {
    const GstVideoInfo info = sam2::video_info(format, 34, 18);
    std::vector<uint8_t> bytes(GST_VIDEO_INFO_SIZE(&info));
    std::iota(bytes.begin(), bytes.end(), uint8_t{1});
    BufferPtr frame = sam2::video_buffer(info, 0);
    gst_buffer_fill(frame.get(), 0, bytes.data(), bytes.size());
    const auto harness = harness_for(info);
    expect_same_memory(harness.get(), std::move(frame),
                       gst_video_format_to_string(format));
  }
}
GST_END_TEST

GST_START_TEST(test_frames_in_several_memories_keep_them) {
  const GstVideoInfo info = info_of(GST_VIDEO_FORMAT_I420, kCodings[0]);
  const BufferPtr whole = bars(info, kCodings[0], plain_layout(info));
  const auto bytes = bytes_of(whole.get());
  BufferPtr frame(gst_buffer_new());
  for (guint plane = 0; plane < 3; ++plane) {
    const gsize end = plane < 2 ? info.offset[plane + 1] : info.size;
    const gsize size = end - info.offset[plane];
    GstMemory *memory = gst_allocator_alloc(nullptr, size, nullptr);
    gst_buffer_append_memory(frame.get(), memory);
  }
  gst_buffer_fill(frame.get(), 0, bytes.data(), bytes.size());
  const auto harness = harness_for(info);
  expect_same_memory(harness.get(), std::move(frame), "I420 in three");
  expect_bars(seen(), "I420 in three");
}
GST_END_TEST

Suite *model_picture_suite() {
  Suite *suite = suite_create("model_picture");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_the_model_sees_the_colours_of_the_bars);
  tcase_add_test(cases, test_the_model_sees_an_rgb_picture_as_it_is);
  tcase_add_test(cases, test_the_size_says_what_the_caps_do_not);
  tcase_add_test(cases, test_the_model_sees_grey_as_it_is);
  tcase_add_test(cases, test_padding_and_moved_planes_change_no_pixel);
  tcase_add_test(cases,
                 test_memory_with_more_pixels_than_the_caps_say_changes_none);
  tcase_add_test(cases,
                 test_frames_of_every_format_keep_their_memory_and_bytes);
  tcase_add_test(cases, test_frames_in_several_memories_keep_them);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(model_picture)
