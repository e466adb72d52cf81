// Milliseconds of processor time that sam2overlay takes for a frame, with
// metadata as sam2track writes it.
#include <gst/video/gstvideofilter.h>

#include <cstdio>

#include "frame_scene.h"
#include "sam2overlay.h"

namespace sam2 {
namespace {

// Median of the frames' times.
double ms_per_frame(const SceneArguments &arguments, GstElement *overlay,
                    GstVideoFormat format) {
  GstVideoInfo info;
  gst_video_info_set_format(&info, format, static_cast<guint>(arguments.width),
                            static_cast<guint>(arguments.height));
  auto *filter = GST_VIDEO_FILTER(overlay);
  std::vector<double> times_ms;
  for (int i = 0; i < arguments.frames; ++i) {
    const BufferPtr buffer = scene_buffer(arguments, info, i);
    VideoFrameMap frame(info, buffer.get(), GST_MAP_READWRITE);
    const double start_ms = thread_ms();
    GST_VIDEO_FILTER_GET_CLASS(filter)->transform_frame_ip(filter, frame.get());
    times_ms.push_back(thread_ms() - start_ms);
  }
  return median(times_ms);
}

void measure(const SceneArguments &arguments) {
  struct {
    const char *name;
    gboolean masks, contours, labels;
  } const parts[] = {{"everything", true, true, true},
                     {"masks", true, false, false},
                     {"contours", false, true, false},
                     {"labels", false, false, true},
                     {"nothing", false, false, false}};
  std::printf("%dx%d, %d objects, ms of processor time a frame, median of %d\n",
              arguments.width, arguments.height, arguments.objects,
              arguments.frames);
  std::printf("%-12s %8s %8s\n", "drawn", "NV12", "RGBA");
  for (const auto &part : parts) {
    GstElement *overlay = GST_ELEMENT(
        gst_object_ref_sink(gst_element_factory_make("sam2overlay", nullptr)));
    g_object_set(overlay, "draw-masks", part.masks, "draw-contours",
                 part.contours, "draw-labels", part.labels, nullptr);
    std::printf("%-12s %8.2f %8.2f\n", part.name,
                ms_per_frame(arguments, overlay, GST_VIDEO_FORMAT_NV12),
                ms_per_frame(arguments, overlay, GST_VIDEO_FORMAT_RGBA));
    gst_object_unref(overlay);
  }
}

}  // namespace
}  // namespace sam2

int main(int argc, char **argv) {
  sam2::SceneArguments arguments;
  if (!sam2::parse_scene(argc, argv, "- speed of sam2overlay", arguments))
    return 2;
  gst_init(nullptr, nullptr);
  GST_ELEMENT_REGISTER(sam2overlay, nullptr);
  sam2::measure(arguments);
  return 0;
}
