#include "track_signals.h"

#include <cstring>
#include <string>
#include <utility>

#include "boundary.h"
#include "mask_sample.h"

namespace sam2 {
namespace {

// What all prompts have.
TimedPrompt new_prompt(gint64 object_id, const gchar *label,
                       guint64 stream_time) {
  TimedPrompt prompt;
  prompt.object_id = object_id;
  prompt.label = label ? label : "";
  if (GST_CLOCK_TIME_IS_VALID(stream_time))
    prompt.time_ns = static_cast<int64_t>(stream_time);
  return prompt;
}

gint64 add_points(GstElement *track, gint64 object_id, const gchar *points,
                  const gchar *label, guint64 stream_time, gpointer) {
  return warned(track, gint64{-1}, [&] {
    TimedPrompt prompt = new_prompt(object_id, label, stream_time);
    prompt.points = parse_points_text(points ? points : "");
    return gint64{prompt_desk(track).add(std::move(prompt))};
  });
}

gint64 add_box(GstElement *track, gint64 object_id, gdouble x, gdouble y,
               gdouble width, gdouble height, const gchar *label,
               guint64 stream_time, gpointer) {
  return warned(track, gint64{-1}, [&] {
    TimedPrompt prompt = new_prompt(object_id, label, stream_time);
    prompt.box = UnresolvedBox{{static_cast<float>(x)},
                               {static_cast<float>(y)},
                               {static_cast<float>(width)},
                               {static_cast<float>(height)}};
    return gint64{prompt_desk(track).add(std::move(prompt))};
  });
}

gint64 add_mask(GstElement *track, gint64 object_id, GstSample *mask,
                const gchar *label, guint64 stream_time, gpointer) {
  return warned(track, gint64{-1}, [&] {
    TimedPrompt prompt = new_prompt(object_id, label, stream_time);
    prompt.mask = encode_mask_sample(mask);
    return gint64{prompt_desk(track).add(std::move(prompt))};
  });
}

gboolean remove_object(GstElement *track, gint64 object_id, gpointer) {
  return warned(track, gboolean{FALSE}, [&] {
    prompt_desk(track).remove_object(object_id);
    return gboolean{TRUE};
  });
}

gboolean clear_prompts(GstElement *track, gpointer) {
  return warned(track, gboolean{FALSE}, [&] {
    prompt_desk(track).clear_prompts();
    return gboolean{TRUE};
  });
}

gboolean reset(GstElement *track, gpointer) {
  return warned(track, gboolean{FALSE}, [&] {
    prompt_desk(track).reset();
    return gboolean{TRUE};
  });
}

template <typename... Types>
void install_action(GObjectClass *object_class, const char *name,
                    GCallback handler, GType result, Types... parameters) {
  g_signal_new_class_handler(
      name, G_OBJECT_CLASS_TYPE(object_class),
      static_cast<GSignalFlags>(G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION), handler,
      nullptr, nullptr, nullptr, result, sizeof...(parameters), parameters...);
}

void install_notice(GObjectClass *object_class, const char *name) {
  g_signal_new(name, G_OBJECT_CLASS_TYPE(object_class), G_SIGNAL_RUN_LAST, 0,
               nullptr, nullptr, nullptr, G_TYPE_NONE, 3, G_TYPE_INT64,
               G_TYPE_STRING, G_TYPE_UINT64);
}

void install_fact(GObjectClass *object_class, const char *name) {
  g_signal_new(name, G_OBJECT_CLASS_TYPE(object_class), G_SIGNAL_RUN_LAST, 0,
               nullptr, nullptr, nullptr, G_TYPE_NONE, 1,
               GST_TYPE_STRUCTURE | G_SIGNAL_TYPE_STATIC_SCOPE);
}

}  // namespace

void install_track_signals(GObjectClass *object_class) {
  /**
   * GstSam2Track::add-points:
   * @track: the element
   * @object_id: the object; -1 = a new one
   * @points: as in #GstSam2Track:prompt, `160,120,+ 200,80,-`; pixels of the
   *   incoming frame or percent, a point whatever the locale
   * @label: (nullable): text for the results; after 4096 different ones in a
   *   process, whose memory GStreamer keeps for good, new ones become "object"
   * @stream_time: for the first frame shown then or later, in nanoseconds;
   *   `GST_CLOCK_TIME_NONE` = the next frame that is tracked
   *
   * Starts an object, or corrects the one with that id.
   *
   * |[<!-- language="C" -->
   * g_signal_emit_by_name (track, "add-points", (gint64) -1, "160,120,+",
   * "ball", GST_CLOCK_TIME_NONE, &id);
   * ]|
   * |[<!-- language="Python" -->
   * id = track.emit("add-points", -1, "160,120,+", "ball", Gst.CLOCK_TIME_NONE)
   * ]|
   *
   * Like all these signals it may be emitted by any thread and in any state,
   * and it only asks: the tracking thread does it before the next frame. What
   * is refused, here or there, is a warning on the bus that says what to do;
   * the stream goes on. A time whose frame has been tracked is refused here;
   * one whose frame waits in the element is honoured on that frame. A click on
   * a picture on the screen is older than that: frames wait behind the element.
   *
   * Returns: the object's id, -1 if it is refused
   */
  install_action(object_class, "add-points", G_CALLBACK(add_points),
                 G_TYPE_INT64, G_TYPE_INT64, G_TYPE_STRING, G_TYPE_STRING,
                 G_TYPE_UINT64);
  /**
   * GstSam2Track::add-box:
   * @track: the element
   * @object_id: the object; -1 = a new one
   * @x: left edge, in pixels of the incoming frame
   * @y: upper edge
   * @width: above 0
   * @height: above 0
   * @label: (nullable): text for the results
   * @stream_time: as for #GstSam2Track::add-points
   *
   * Starts an object, anew if there is one with that id.
   *
   * |[<!-- language="C" -->
   * g_signal_emit_by_name (track, "add-box", (gint64)
   * 1, 10.0, 12.0, 60.0, 50.0, NULL, GST_CLOCK_TIME_NONE, &id);
   * ]|
   * |[<!-- language="Python" -->
   * track.emit("add-box", 1, 10, 12, 60, 50, None, Gst.CLOCK_TIME_NONE)
   * ]|
   *
   * Returns: the object's id, -1 if it is refused
   */
  install_action(object_class, "add-box", G_CALLBACK(add_box), G_TYPE_INT64,
                 G_TYPE_INT64, G_TYPE_DOUBLE, G_TYPE_DOUBLE, G_TYPE_DOUBLE,
                 G_TYPE_DOUBLE, G_TYPE_STRING, G_TYPE_UINT64);
  /**
   * GstSam2Track::add-mask:
   * @track: the element
   * @object_id: the object; -1 = a new one
   * @mask: a GRAY8 picture of any size, scaled to the frame; every pixel but 0
   *   is object
   * @label: (nullable): text for the results
   * @stream_time: as for #GstSam2Track::add-points
   *
   * Starts an object, anew if there is one with that id.
   *
   * Returns: the object's id, -1 if it is refused
   */
  install_action(object_class, "add-mask", G_CALLBACK(add_mask), G_TYPE_INT64,
                 G_TYPE_INT64, GST_TYPE_SAMPLE, G_TYPE_STRING, G_TYPE_UINT64);
  /**
   * GstSam2Track::remove-object:
   * @track: the element
   * @object_id: the object
   *
   * Forgets the object and the prompts that wait for it. There are no further
   * messages about it.
   *
   * Returns: whether it is asked for; a warning follows if there is no such
   *   object
   */
  install_action(object_class, "remove-object", G_CALLBACK(remove_object),
                 G_TYPE_BOOLEAN, G_TYPE_INT64);
  /**
   * GstSam2Track::clear-prompts:
   * @track: the element
   *
   * Forgets the prompts that wait for their time, and those of
   * #GstSam2Track:prompt and #GstSam2Track:prompt-file that a flush would take
   * up again. Objects stay.
   *
   * Returns: whether it is asked for
   */
  install_action(object_class, "clear-prompts", G_CALLBACK(clear_prompts),
                 G_TYPE_BOOLEAN);
  /**
   * GstSam2Track::reset:
   * @track: the element
   *
   * Forgets all objects and what signals and events have asked for, and takes
   * the prompts of #GstSam2Track:prompt and #GstSam2Track:prompt-file up again,
   * like a flushing seek.
   *
   * Returns: whether it is asked for
   */
  install_action(object_class, "reset", G_CALLBACK(reset), G_TYPE_BOOLEAN);
  /**
   * GstSam2Track::object-lost:
   * @track: the element
   * @object_id: the object
   * @label: its label, may be empty
   * @running_time: of the first frame without it, in nanoseconds
   *
   * The object has left the picture, or was not in it when it was prompted.
   *
   * The same comes as an element message "sam2-object-lost" with the fields
   * object-id (gint64), label and running-time (guint64). Handlers are called
   * on the tracking thread, with no lock held, before the frame is pushed: they
   * may emit the action signals, and must not change the element's state.
   */
  install_notice(object_class, "object-lost");
  /**
   * GstSam2Track::object-found:
   * @track: the element
   * @object_id: the object
   * @label: its label, may be empty
   * @running_time: of the first frame with it, in nanoseconds
   *
   * The object is in the picture, for the first time or again; else as
   * #GstSam2Track::object-lost, with the message "sam2-object-found".
   */
  install_notice(object_class, "object-found");
  /**
   * GstSam2Track::memory-pressure:
   * @track: the element
   * @facts: `level` (string: normal, warning, critical), `in-use` and `limit`
   *   (guint64, bytes)
   *
   * Memory in use has passed #GstSam2Track:memory-warning-threshold or
   * #GstSam2Track:memory-critical-threshold, either way.
   *
   * The same comes as an element message "sam2-memory-pressure". Handlers of
   * this signal and of the next two are called as those of
   * #GstSam2Track::object-lost; @facts is theirs for the call.
   */
  install_fact(object_class, "memory-pressure");
  /**
   * GstSam2Track::degraded:
   * @track: the element
   * @facts: `step` (string), `text` (string, ready to print), `level` (guint,
   *   steps in force), `undone` and `changes-results` (gboolean)
   *
   * Memory was not enough, and a step was taken to use less of it; or one was
   * undone. Only with #GstSam2Track:oom-policy=degrade or drop-frames.
   *
   * The same comes as an element message "sam2-degraded".
   */
  install_fact(object_class, "degraded");
  /**
   * GstSam2Track::stats:
   * @track: the element
   * @facts: what the property #GstSam2Track:stats has
   *
   * Comes every #GstSam2Track:stats-interval, with a frame.
   *
   * The same comes as an element message "sam2-stats".
   */
  install_fact(object_class, "stats");
}

void announce(GstElement *track, const ObjectChange &change,
              GstClockTime running_ns) {
  const char *name = change.is_lost ? "object-lost" : "object-found";
  g_signal_emit_by_name(track, name, gint64{change.object_id},
                        change.label.c_str(), guint64{running_ns});
  gst_element_post_message(
      track,
      gst_message_new_element(
          GST_OBJECT(track),
          gst_structure_new((std::string("sam2-") + name).c_str(), "object-id",
                            G_TYPE_INT64, gint64{change.object_id}, "label",
                            G_TYPE_STRING, change.label.c_str(), "running-time",
                            G_TYPE_UINT64, guint64{running_ns}, nullptr)));
}

void announce(GstElement *track, StructurePtr facts) {
  const char *name = gst_structure_get_name(facts.get()) + strlen("sam2-");
  g_signal_emit_by_name(track, name, facts.get());
  gst_element_post_message(
      track, gst_message_new_element(GST_OBJECT(track), facts.release()));
}

}  // namespace sam2
