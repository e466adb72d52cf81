#include "frame_scene.h"

#include <glib.h>

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "analytics_meta.h"

namespace sam2 {
namespace {

ObjectResult ellipse(const SceneArguments &arguments, int index, int frame) {
  ObjectResult object;
  object.object_id = index + 1;
  object.predicted_iou = static_cast<float>((frame + index) % 100) / 100;
  const int width = arguments.width / 5, height = arguments.height * 2 / 5;
  const int x = (index * width + frame) % (arguments.width - width);
  const int y = (index * 97 + frame) % (arguments.height - height);
  object.box = {static_cast<float>(x), static_cast<float>(y),
                static_cast<float>(width), static_cast<float>(height)};
  object.mask_covers_frame = arguments.mask_side > 0;
  const SizePx mask = object.mask_covers_frame
                          ? SizePx{arguments.mask_side, arguments.mask_side}
                          : SizePx{width, height};
  const BoxPx place = mask_box(object, {arguments.width, arguments.height});
  object.mask = {mask.width, mask.height, {}};
  for (int row = 0; row < mask.height; ++row)
    for (int column = 0; column < mask.width; ++column) {
      const double frame_x =
          place.x + (column + 0.5) * place.width / mask.width;
      const double frame_y = place.y + (row + 0.5) * place.height / mask.height;
      const double dx = 2 * (frame_x - x) / width - 1;
      const double dy = 2 * (frame_y - y) / height - 1;
      object.mask.pixels.push_back(dx * dx + dy * dy < 1 ? 255 : 0);
    }
  return object;
}

}  // namespace

BufferPtr scene_buffer(const SceneArguments &arguments,
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

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

bool parse_scene(int argc, char **argv, const char *what, SceneArguments &out) {
  const GOptionEntry entries[] = {
      {"width", 'w', 0, G_OPTION_ARG_INT, &out.width, "Pixels", "N"},
      {"height", 'h', 0, G_OPTION_ARG_INT, &out.height, "Pixels", "N"},
      {"objects", 'o', 0, G_OPTION_ARG_INT, &out.objects, "On every frame",
       "N"},
      {"frames", 'n', 0, G_OPTION_ARG_INT, &out.frames, "That count", "N"},
      {"mask-side", 'm', 0, G_OPTION_ARG_INT, &out.mask_side,
       "Pixels of masks that cover the frame, as with mask-resolution=model",
       "N"},
      {}};
  GOptionContext *context = g_option_context_new(what);
  g_option_context_add_main_entries(context, entries, nullptr);
  GError *error = nullptr;
  const bool is_ok = g_option_context_parse(context, &argc, &argv, &error);
  if (!is_ok) std::fprintf(stderr, "%s\n", error->message);
  g_clear_error(&error);
  g_option_context_free(context);
  return is_ok;
}

}  // namespace sam2
