// sam2track on frames in a GPU's memory, for which memory stands in that is
// mapped in the same way.
#include <dlfcn.h>

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "analytics_meta.h"
#include "staged_memory.h"
#include "support/fake_engine_picture.h"
#include "support/gst_test.h"

namespace {

using sam2::BufferPtr;

constexpr int kWidth = 64;
constexpr int kHeight = 48;
constexpr GstVideoFormat kFormats[] = {
    GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_RGBA, GST_VIDEO_FORMAT_I420};
constexpr const char *kCuda = "memory:CUDAMemory";
constexpr const char *kTracked =
    "sam2track model-file=record.pt prompt=\"1:box=10,12,6,5\"";

GstVideoInfo frame_info(GstVideoFormat format) {
  return sam2::video_info(format, kWidth, kHeight);
}

sam2::CapsPtr cuda_caps(const GstVideoInfo &info) {
  sam2::CapsPtr caps(gst_video_info_to_caps(&info));
  gst_caps_set_features(caps.get(), 0, gst_caps_features_new_single(kCuda));
  return caps;
}

sam2::HarnessPtr cuda_harness(const char *launch, const GstVideoInfo &info) {
  sam2::HarnessPtr harness(gst_harness_new_parse(launch));
  gst_harness_set_src_caps(harness.get(), cuda_caps(info).release());
  return harness;
}

// All bytes differ from their neighbours.
BufferPtr frame(const GstVideoInfo &info, int frame_index = 0) {
  BufferPtr buffer = sam2::video_buffer(info, 0, frame_index);
  const sam2::BufferMap map(buffer.get(), GST_MAP_WRITE);
  for (gsize i = 0; i < map.size_bytes(); ++i)
    map.data()[i] = static_cast<guint8>(37 * i + frame_index);
  return buffer;
}

// Of the frame that was encoded last.
std::vector<uint8_t> seen_rgb() {
  void *library = dlopen(std::getenv("SAM2_ENGINE_LIBRARY"), RTLD_NOW);
  using Function = void (*)(sam2::SeenPicture *);
  sam2::SeenPicture seen;
  reinterpret_cast<Function>(dlsym(library, sam2::kFakeEnginePicture))(&seen);
  return seen.rgb;
}

bool takes(GstPad *pad, const GstCaps *caps) {
  return gst_pad_query_accept_caps(pad, const_cast<GstCaps *>(caps));
}

GST_START_TEST(test_frames_of_a_gpu_are_taken_as_well_as_the_hosts) {
  const sam2::HarnessPtr harness(gst_harness_new("sam2track"));
  GstPad *sink = GST_PAD_PEER(harness->srcpad);
  for (const GstVideoFormat format : kFormats) {
    const GstVideoInfo info = frame_info(format);
    fail_unless(takes(sink, cuda_caps(info).get()));
    fail_unless(
        takes(sink, sam2::CapsPtr(gst_video_info_to_caps(&info)).get()));
  }
}
GST_END_TEST

GST_START_TEST(test_downstream_says_whose_memory_it_is) {
  const sam2::HarnessPtr harness(gst_harness_new("sam2track"));
  GstPad *sink = GST_PAD_PEER(harness->srcpad);
  const GstVideoInfo info = frame_info(GST_VIDEO_FORMAT_NV12);
  const sam2::CapsPtr of_host(gst_video_info_to_caps(&info));
  const sam2::CapsPtr of_gpu = cuda_caps(info);
  gst_harness_set_sink_caps(harness.get(), gst_caps_copy(of_gpu.get()));
  const sam2::CapsPtr left(gst_pad_query_caps(sink, nullptr));
  fail_unless(gst_caps_can_intersect(left.get(), of_gpu.get()));
  fail_unless(!gst_caps_can_intersect(left.get(), of_host.get()));
}
GST_END_TEST

GST_START_TEST(test_frames_of_a_gpu_pass_in_their_own_memory) {
  for (const GstVideoFormat format : kFormats) {
    const GstVideoInfo info = frame_info(format);
    const auto harness = cuda_harness(kTracked, info);
    BufferPtr in = sam2::staged(frame(info));
    const auto *memory = &sam2::staged_memory(in);
    const BufferPtr out = sam2::push_and_pull(harness.get(), std::move(in));
    fail_unless(&sam2::staged_memory(out) == memory);
    fail_unless_equals_int(gst_buffer_n_memory(out.get()), 1);
    fail_unless(!memory->is_changed);
    fail_unless_equals_int(sam2::read_objects(out.get()).size(), 1);
    const sam2::CapsPtr caps(gst_pad_get_current_caps(harness->sinkpad));
    fail_unless(gst_caps_is_equal(caps.get(), cuda_caps(info).get()));
  }
}
GST_END_TEST

GST_START_TEST(test_a_tracked_frame_is_copied_to_the_host_once) {
  const GstVideoInfo info = frame_info(GST_VIDEO_FORMAT_NV12);
  const std::pair<const char *, int> rows[] = {
      {kTracked, 1}, {"sam2track model-file=fake.pt", 0}};
  for (const auto &[launch, copies] : rows) {
    const auto harness = cuda_harness(launch, info);
    const BufferPtr out =
        sam2::push_and_pull(harness.get(), sam2::staged(frame(info)));
    fail_unless_equals_int(sam2::staged_memory(out).downloads, copies);
  }
}
GST_END_TEST

GST_START_TEST(test_the_model_sees_the_same_picture_from_a_gpu) {
  for (const GstVideoFormat format : kFormats) {
    const GstVideoInfo info = frame_info(format);
    const auto of_host = sam2::video_harness(kTracked, info);
    sam2::push_and_pull(of_host.get(), frame(info));
    const auto expected = seen_rgb();
    const auto of_gpu = cuda_harness(kTracked, info);
    sam2::push_and_pull(of_gpu.get(), frame(info, 1));
    fail_unless(seen_rgb() != expected);
    sam2::push_and_pull(of_gpu.get(), sam2::staged(frame(info)));
    fail_unless(seen_rgb() == expected);
  }
}
GST_END_TEST

// The fake engine moves the object by a pixel a frame.
GST_START_TEST(test_objects_stay_while_frames_change_their_memory) {
  const GstVideoInfo info = frame_info(GST_VIDEO_FORMAT_I420);
  const auto harness = cuda_harness(kTracked, info);
  for (int i = 0; i < 6; ++i) {
    const bool is_gpu = i % 3 != 1;
    gst_harness_set_src_caps(
        harness.get(),
        is_gpu ? cuda_caps(info).release() : gst_video_info_to_caps(&info));
    BufferPtr in = frame(info, i);
    if (is_gpu) in = sam2::staged(std::move(in));
    const BufferPtr out = sam2::push_and_pull(harness.get(), std::move(in));
    const auto objects = sam2::read_objects(out.get());
    fail_unless_equals_float(objects.at(0).box.x, static_cast<float>(10 + i));
  }
}
GST_END_TEST

std::string bytes_of(const BufferPtr &buffer) {
  const sam2::BufferMap map(buffer.get(), GST_MAP_READ);
  return {reinterpret_cast<char *>(map.data()), map.size_bytes()};
}

// Painted in the copy that the tracker has had made.
GST_START_TEST(test_the_overlay_is_painted_with_no_further_copy) {
  const std::string launch = std::string(kTracked) + " ! sam2overlay";
  for (const GstVideoFormat format : kFormats) {
    const GstVideoInfo info = frame_info(format);
    const auto of_host = sam2::video_harness(launch, info);
    const auto expected = sam2::push_and_pull(of_host.get(), frame(info));
    const auto of_gpu = cuda_harness(launch.c_str(), info);
    BufferPtr in = sam2::staged(frame(info));
    const auto *memory = &sam2::staged_memory(in);
    const BufferPtr out = sam2::push_and_pull(of_gpu.get(), std::move(in));
    fail_unless(&sam2::staged_memory(out) == memory);
    fail_unless(memory->is_changed);
    fail_unless_equals_int(memory->downloads, 1);
    fail_unless(bytes_of(out) == bytes_of(expected));
    fail_unless(bytes_of(out) != bytes_of(frame(info)));
  }
}
GST_END_TEST

GST_START_TEST(test_lines_of_results_need_no_copy_of_a_frame) {
  const GstVideoInfo info = frame_info(GST_VIDEO_FORMAT_NV12);
  const auto harness = cuda_harness("sam2jsonenc", info);
  const BufferPtr in = sam2::staged(frame(info));
  const BufferPtr line =
      sam2::push_and_pull(harness.get(), BufferPtr(gst_buffer_ref(in.get())));
  fail_unless(bytes_of(line).find("\"width\":64") != std::string::npos);
  fail_unless_equals_int(sam2::staged_memory(in).downloads, 0);
}
GST_END_TEST

Suite *cuda_frames_suite() {
  Suite *suite = suite_create("cuda_frames");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_frames_of_a_gpu_are_taken_as_well_as_the_hosts);
  tcase_add_test(cases, test_downstream_says_whose_memory_it_is);
  tcase_add_test(cases, test_frames_of_a_gpu_pass_in_their_own_memory);
  tcase_add_test(cases, test_a_tracked_frame_is_copied_to_the_host_once);
  tcase_add_test(cases, test_the_model_sees_the_same_picture_from_a_gpu);
  tcase_add_test(cases, test_objects_stay_while_frames_change_their_memory);
  tcase_add_test(cases, test_the_overlay_is_painted_with_no_further_copy);
  tcase_add_test(cases, test_lines_of_results_need_no_copy_of_a_frame);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(cuda_frames)
