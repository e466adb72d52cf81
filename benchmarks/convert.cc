// Milliseconds of processor time that sam2track takes to bring a frame to RGB.
#include <cstdio>

#include "frame_scene.h"
#include "rgb_frame.h"

namespace sam2 {
namespace {

// Median of the frames' times.
double ms_per_frame(const SceneArguments &arguments, GstVideoFormat format) {
  GstVideoInfo info;
  gst_video_info_set_format(&info, format, static_cast<guint>(arguments.width),
                            static_cast<guint>(arguments.height));
  RgbFrame rgb;
  rgb.set_format(info);
  const BufferPtr buffer = scene_buffer(arguments, info, 0);
  VideoFrameMap frame(info, buffer.get(), GST_MAP_READ);
  std::vector<double> times_ms;
  for (int i = 0; i < arguments.frames; ++i) {
    const double start_ms = thread_ms();
    rgb.view(frame.get());
    times_ms.push_back(thread_ms() - start_ms);
  }
  return median(times_ms);
}

}  // namespace
}  // namespace sam2

int main(int argc, char **argv) {
  sam2::SceneArguments arguments;
  if (!sam2::parse_scene(argc, argv, "- speed of the way to RGB", arguments))
    return 2;
  gst_init(nullptr, nullptr);
  std::printf("%dx%d, ms of processor time a frame, median of %d\n",
              arguments.width, arguments.height, arguments.frames);
  for (const GstVideoFormat format :
       {GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_Y42B,
        GST_VIDEO_FORMAT_YUY2, GST_VIDEO_FORMAT_Y444,
        GST_VIDEO_FORMAT_I420_10LE, GST_VIDEO_FORMAT_RGBA})
    std::printf("%-10s %6.2f\n", gst_video_format_to_string(format),
                sam2::ms_per_frame(arguments, format));
  return 0;
}
