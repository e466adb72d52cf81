// Milliseconds of processor time that sam2mask and sam2matte take for a frame,
// with metadata as sam2track writes it, and how many blocks of memory they
// allocate for it.
#include <gst/video/gstvideofilter.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>

#include "alpha_format.h"
#include "frame_scene.h"
#include "sam2mask.h"
#include "sam2matte.h"

namespace {

std::atomic<long> allocation_count{0};

}  // namespace

// The plugin's own allocations are those of C++.
void *operator new(size_t size_bytes) {
  ++allocation_count;
  if (void *memory = std::malloc(size_bytes)) return memory;
  throw std::bad_alloc();
}
void operator delete(void *memory) noexcept { std::free(memory); }
void operator delete(void *memory, size_t) noexcept { std::free(memory); }

namespace sam2 {
namespace {

struct Cost {
  double ms = 0;
  long allocations = 0;  // of the last frame
};

GstVideoInfo info_of(const SceneArguments &arguments, GstVideoFormat format) {
  GstVideoInfo info;
  gst_video_info_set_format(&info, format, static_cast<guint>(arguments.width),
                            static_cast<guint>(arguments.height));
  return info;
}

// In place if both formats are the same.
Cost cost(const SceneArguments &arguments, GstElement *element,
          GstVideoFormat input_format, GstVideoFormat output_format) {
  const GstVideoInfo input_info = info_of(arguments, input_format);
  const GstVideoInfo output_info = info_of(arguments, output_format);
  const BufferPtr output(gst_buffer_new_allocate(
      nullptr, GST_VIDEO_INFO_SIZE(&output_info), nullptr));
  gst_buffer_memset(output.get(), 0, 0, GST_VIDEO_INFO_SIZE(&output_info));
  auto *filter = GST_VIDEO_FILTER(element);
  const GstVideoFilterClass *filter_class = GST_VIDEO_FILTER_GET_CLASS(filter);
  std::vector<double> times_ms;
  Cost result;
  for (int i = 0; i < arguments.frames; ++i) {
    const BufferPtr buffer = scene_buffer(arguments, input_info, i);
    VideoFrameMap input(input_info, buffer.get(), GST_MAP_READWRITE);
    VideoFrameMap target(output_info, output.get(), GST_MAP_WRITE);
    const long allocations = allocation_count;
    const double start_ms = thread_ms();
    if (input_format == output_format)
      filter_class->transform_frame_ip(filter, input.get());
    else
      filter_class->transform_frame(filter, input.get(), target.get());
    times_ms.push_back(thread_ms() - start_ms);
    result.allocations = allocation_count - allocations;
  }
  result.ms = median(times_ms);
  return result;
}

GstElement *made(const std::string &launch) {
  return GST_ELEMENT(
      gst_object_ref_sink(gst_parse_launch(launch.c_str(), nullptr)));
}

void measure_masks(const SceneArguments &arguments) {
  const std::string launches[] = {"sam2mask", "sam2mask output=mask"};
  for (const std::string &launch : launches) {
    GstElement *element = made(launch);
    const Cost gray8 =
        cost(arguments, element, GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_GRAY8);
    const Cost gray16 = cost(arguments, element, GST_VIDEO_FORMAT_NV12,
                             GST_VIDEO_FORMAT_GRAY16_LE);
    std::printf("%-42s GRAY8 %6.2f  GRAY16_LE %6.2f  allocations %ld\n",
                launch.c_str(), gray8.ms, gray16.ms,
                gray8.allocations + gray16.allocations);
    gst_object_unref(element);
  }
}

void measure_mattes(const SceneArguments &arguments) {
  const std::string launches[] = {"sam2matte",
                                  "sam2matte feather=0",
                                  "sam2matte mode=colour",
                                  "sam2matte mode=blur",
                                  "sam2matte mode=blur blur-size=4",
                                  "sam2matte mode=blur blur-size=64",
                                  "sam2matte mode=object-blur",
                                  "sam2matte mode=object-pixelate",
                                  "sam2matte mode=object-pixelate feather=16"};
  const GstVideoFormat formats[] = {GST_VIDEO_FORMAT_NV12,
                                    GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_RGB,
                                    GST_VIDEO_FORMAT_RGBA};
  for (const std::string &launch : launches) {
    GstElement *element = made(launch);
    const bool is_transparent = launch.find("mode") == std::string::npos;
    std::printf("%-42s", launch.c_str());
    long allocations = 0;
    for (const GstVideoFormat format : formats) {
      const Cost found = cost(arguments, element, format,
                              is_transparent ? with_alpha(format) : format);
      std::printf(" %s %6.2f ", gst_video_format_to_string(format), found.ms);
      allocations += found.allocations;
    }
    std::printf(" allocations %ld\n", allocations);
    gst_object_unref(element);
  }
}

}  // namespace
}  // namespace sam2

int main(int argc, char **argv) {
  sam2::SceneArguments arguments;
  if (!sam2::parse_scene(argc, argv, "- speed of sam2mask and sam2matte",
                         arguments))
    return 2;
  gst_init(nullptr, nullptr);
  GST_ELEMENT_REGISTER(sam2mask, nullptr);
  GST_ELEMENT_REGISTER(sam2matte, nullptr);
  std::printf("%dx%d, %d objects, ms of processor time a frame, median of %d\n",
              arguments.width, arguments.height, arguments.objects,
              arguments.frames);
  sam2::measure_masks(arguments);
  sam2::measure_mattes(arguments);
  return 0;
}
