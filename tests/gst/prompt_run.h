// What the tests of prompts have in common.
#pragma once

#include "analytics_meta.h"
#include "track_run.h"

namespace sam2 {

using SamplePtr = std::unique_ptr<GstSample, MiniObjectUnref>;
using Objects = std::vector<AnalyticsObject>;

// Pushes a frame; the objects on it when it comes out.
inline Objects objects_on(const TrackRun &run, int frame_index) {
  run.push(frame_index);
  return read_objects(run.pull_frame().get());
}

// The text of the next warning, waited for.
inline std::string await_warning(const TrackRun &run) {
  const MessagePtr message = await_message(run.bus(), GST_MESSAGE_WARNING);
  GError *error = nullptr;
  gst_message_parse_warning(message.get(), &error, nullptr);
  const std::string text = error->message;
  g_error_free(error);
  return text;
}

inline bool has_warning(const TrackRun &run) {
  return pop_message(run.bus(), GST_MESSAGE_WARNING) != nullptr;
}

// A sample of a packed picture, all bytes `value`.
inline SamplePtr mask_sample(const char *format, int width, int height,
                             uint8_t value) {
  const gsize bytes = gsize(width) * gsize(height);
  const BufferPtr buffer(gst_buffer_new_allocate(nullptr, bytes, nullptr));
  gst_buffer_memset(buffer.get(), 0, value, bytes);
  const CapsPtr caps(gst_caps_new_simple(
      "video/x-raw", "format", G_TYPE_STRING, format, "width", G_TYPE_INT,
      width, "height", G_TYPE_INT, height, nullptr));
  return SamplePtr(gst_sample_new(buffer.get(), caps.get(), nullptr, nullptr));
}

inline gint64 add_points(const TrackRun &run, gint64 id, const char *points,
                         const char *label = nullptr,
                         guint64 stream_time = GST_CLOCK_TIME_NONE) {
  gint64 result = 0;
  g_signal_emit_by_name(run.element(), "add-points", id, points, label,
                        stream_time, &result);
  return result;
}

inline gint64 add_box(const TrackRun &run, gint64 id, const BoxPx &box,
                      guint64 stream_time = GST_CLOCK_TIME_NONE) {
  gint64 result = 0;
  g_signal_emit_by_name(run.element(), "add-box", id, double(box.x),
                        double(box.y), double(box.width), double(box.height),
                        nullptr, stream_time, &result);
  return result;
}

inline gint64 add_mask(const TrackRun &run, gint64 id, GstSample *mask) {
  gint64 result = 0;
  g_signal_emit_by_name(run.element(), "add-mask", id, mask, nullptr,
                        GST_CLOCK_TIME_NONE, &result);
  return result;
}

inline bool remove_object(const TrackRun &run, gint64 id) {
  gboolean result = FALSE;
  g_signal_emit_by_name(run.element(), "remove-object", id, &result);
  return result;
}

// "clear-prompts" or "reset".
inline bool call(const TrackRun &run, const char *signal) {
  gboolean result = FALSE;
  g_signal_emit_by_name(run.element(), signal, &result);
  return result;
}

}  // namespace sam2
