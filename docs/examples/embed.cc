// Tracks an object with sam2track in an application's own frames: a grey disc
// that moves to the right. Prints its mask's box and area for each frame.
#include <gst/analytics/analytics.h>
#include <gst/app/gstappsrc.h>
#include <gst/gst.h>
#include <gst/video/video.h>

#include <cstdio>

namespace {

constexpr int kWidth = 320, kHeight = 240, kFrames = 6, kRadius = 30;

GstBuffer *drawn_frame(int number) {
  GstBuffer *frame =
      gst_buffer_new_allocate(nullptr, kWidth * kHeight * 3, nullptr);
  GstMapInfo map;
  gst_buffer_map(frame, &map, GST_MAP_WRITE);
  for (int i = 0; i < kWidth * kHeight; ++i) {
    const int x = i % kWidth - (120 + 6 * number), y = i / kWidth - 120;
    const int brightness = x * x + y * y < kRadius * kRadius ? 200 : 20;
    for (int c = 0; c < 3; ++c) map.data[i * 3 + c] = brightness;
  }
  gst_buffer_unmap(frame, &map);
  GST_BUFFER_PTS(frame) = number * GST_SECOND / 10;
  return frame;
}

// A mask is a grey picture of the object's box, black where the object is not.
int mask_area(GstBuffer *picture) {
  GstVideoMeta *meta = gst_buffer_get_video_meta(picture);
  GstMapInfo map;
  guint8 *rows;
  int stride, area = 0;
  gst_video_meta_map(meta, 0, &map, reinterpret_cast<gpointer *>(&rows),
                     &stride, GST_MAP_READ);
  for (guint y = 0; y < meta->height; ++y)
    for (guint x = 0; x < meta->width; ++x) area += rows[y * stride + x] != 0;
  gst_video_meta_unmap(meta, 0, &map);
  return area;
}

// Called in the pipeline's thread, for every frame that leaves sam2track.
GstPadProbeReturn on_frame(GstPad *, GstPadProbeInfo *info, gpointer) {
  GstBuffer *frame = GST_PAD_PROBE_INFO_BUFFER(info);
  GstAnalyticsRelationMeta *meta =
      gst_buffer_get_analytics_relation_meta(frame);
  gpointer state = nullptr;
  GstAnalyticsMtd mtd;
  while (meta && gst_analytics_relation_meta_iterate(
                     meta, &state,
                     gst_analytics_segmentation_mtd_get_mtd_type(), &mtd)) {
    int x, y;
    guint width, height;
    GstBuffer *mask =
        gst_analytics_segmentation_mtd_get_mask(&mtd, &x, &y, &width, &height);
    std::printf("%" GST_TIME_FORMAT " x=%d y=%d width=%u height=%u area=%d\n",
                GST_TIME_ARGS(GST_BUFFER_PTS(frame)), x, y, width, height,
                mask_area(mask));
    gst_buffer_unref(mask);
  }
  return GST_PAD_PROBE_OK;
}

GstElement *new_pipeline() {
  GError *error = nullptr;
  GstElement *pipeline = gst_parse_launch(
      "appsrc name=frames format=time"
      " caps=video/x-raw,format=RGB,width=320,height=240,framerate=10/1"
      " ! sam2track name=track input-size=256 ! fakesink name=end",
      &error);
  if (!pipeline) std::fprintf(stderr, "%s\n", error->message);
  g_clear_error(&error);
  return pipeline;
}

// Waits for the end; false after an error, which it prints.
bool ends_well(GstElement *pipeline) {
  GstBus *bus = gst_element_get_bus(pipeline);
  GstMessage *message = gst_bus_timed_pop_filtered(
      bus, GST_CLOCK_TIME_NONE,
      static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
  GError *error = nullptr;
  const bool well = GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS;
  if (!well) gst_message_parse_error(message, &error, nullptr);
  if (error) std::fprintf(stderr, "%s\n", error->message);
  g_clear_error(&error);
  gst_message_unref(message);
  gst_object_unref(bus);
  return well;
}

}  // namespace

int main(int argc, char **argv) {
  gst_init(&argc, &argv);
  GstElement *pipeline = new_pipeline();
  if (!pipeline) return 1;
  GstElement *track = gst_bin_get_by_name(GST_BIN(pipeline), "track");
  GstElement *frames = gst_bin_get_by_name(GST_BIN(pipeline), "frames");
  GstPad *pad = gst_element_get_static_pad(track, "src");
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, on_frame, nullptr, nullptr);

  // The disc of the first frame: left, top, width, height; -1 is a new object.
  gint64 id = -1;
  g_signal_emit_by_name(track, "add-box", gint64{-1}, 90.0, 90.0, 60.0, 60.0,
                        "disc", GST_CLOCK_TIME_NONE, &id);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  for (int i = 0; i < kFrames; ++i)
    gst_app_src_push_buffer(GST_APP_SRC(frames), drawn_frame(i));
  gst_app_src_end_of_stream(GST_APP_SRC(frames));
  const bool well = ends_well(pipeline);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pad);
  gst_object_unref(frames);
  gst_object_unref(track);
  gst_object_unref(pipeline);
  return well && id >= 0 ? 0 : 1;
}
