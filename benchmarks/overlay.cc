// Milliseconds of processor time that sam2overlay takes for a frame, with
// metadata as sam2track writes it. The thread's own time, so that other
// programs on the machine count little.
#include <glib.h>
#include <gst/video/gstvideofilter.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <vector>

#include "analytics_meta.h"
#include "gst_ptr.h"
#include "sam2overlay.h"

namespace sam2 {
namespace {

struct Arguments {
  int width = 1920;
  int height = 1080;
  int objects = 5;
  int frames = 100;
};

// An ellipse that fills a fifth of the frame's width and two fifths of its
// height.
ObjectResult ellipse(const Arguments &arguments, int index, int frame) {
  ObjectResult object;
  object.object_id = index + 1;
  object.predicted_iou = static_cast<float>((frame + index) % 100) / 100;
  const int width = arguments.width / 5, height = arguments.height * 2 / 5;
  const int x = (index * width + frame) % (arguments.width - width);
  const int y = (index * 97 + frame) % (arguments.height - height);
  object.box = {static_cast<float>(x), static_cast<float>(y),
                static_cast<float>(width), static_cast<float>(height)};
  object.mask = {width, height, {}};
  for (int row = 0; row < height; ++row)
    for (int column = 0; column < width; ++column) {
      const double dx = (2.0 * column + 1) / width - 1;
      const double dy = (2.0 * row + 1) / height - 1;
      object.mask.pixels.push_back(dx * dx + dy * dy < 1 ? 255 : 0);
    }
  return object;
}

BufferPtr frame_with_objects(const Arguments &arguments,
                             const GstVideoInfo &info, int frame) {
  BufferPtr buffer(
      gst_buffer_new_allocate(nullptr, GST_VIDEO_INFO_SIZE(&info), nullptr));
  gst_buffer_memset(buffer.get(), 0, 100, GST_VIDEO_INFO_SIZE(&info));
  FrameResult result;
  result.frame_size = {arguments.width, arguments.height};
  for (int i = 0; i < arguments.objects; ++i)
    result.objects.push_back(ellipse(arguments, i, frame));
  attach_result(buffer.get(), result,
                std::vector<SeenTimes>(result.objects.size()));
  return buffer;
}

double thread_ms() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 +
         static_cast<double>(now.tv_nsec) / 1e6;
}

// Median of the frames' times.
double ms_per_frame(const Arguments &arguments, GstElement *overlay,
                    GstVideoFormat format) {
  GstVideoInfo info;
  gst_video_info_set_format(&info, format, static_cast<guint>(arguments.width),
                            static_cast<guint>(arguments.height));
  auto *filter = GST_VIDEO_FILTER(overlay);
  std::vector<double> times_ms;
  for (int i = 0; i < arguments.frames; ++i) {
    const BufferPtr buffer = frame_with_objects(arguments, info, i);
    VideoFrameMap frame(info, buffer.get(), GST_MAP_READWRITE);
    const double start_ms = thread_ms();
    GST_VIDEO_FILTER_GET_CLASS(filter)->transform_frame_ip(filter, frame.get());
    times_ms.push_back(thread_ms() - start_ms);
  }
  std::sort(times_ms.begin(), times_ms.end());
  return times_ms[times_ms.size() / 2];
}

void measure(const Arguments &arguments) {
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

bool parse(int argc, char **argv, Arguments &out) {
  const GOptionEntry entries[] = {
      {"width", 'w', 0, G_OPTION_ARG_INT, &out.width, "Pixels", "N"},
      {"height", 'h', 0, G_OPTION_ARG_INT, &out.height, "Pixels", "N"},
      {"objects", 'o', 0, G_OPTION_ARG_INT, &out.objects, "On every frame",
       "N"},
      {"frames", 'n', 0, G_OPTION_ARG_INT, &out.frames, "That count", "N"},
      {}};
  GOptionContext *context = g_option_context_new("- speed of sam2overlay");
  g_option_context_add_main_entries(context, entries, nullptr);
  GError *error = nullptr;
  const bool is_ok = g_option_context_parse(context, &argc, &argv, &error);
  if (!is_ok) std::fprintf(stderr, "%s\n", error->message);
  g_clear_error(&error);
  g_option_context_free(context);
  return is_ok;
}

}  // namespace
}  // namespace sam2

int main(int argc, char **argv) {
  sam2::Arguments arguments;
  if (!sam2::parse(argc, argv, arguments)) return 2;
  gst_init(nullptr, nullptr);
  GST_ELEMENT_REGISTER(sam2overlay, nullptr);
  sam2::measure(arguments);
  return 0;
}
