#include "navigation.h"

#include <gst/video/navigation.h>
#include <gst/video/video.h>

#include <string_view>
#include <utility>

#include "gst_ptr.h"

namespace sam2 {
namespace {

constexpr gint kLeftButton = 1;
constexpr gint kRightButton = 3;

bool is_inside(double x, double y, GstPad *source) {
  const CapsPtr caps(gst_pad_get_current_caps(source));
  GstVideoInfo info;
  return caps && gst_video_info_from_caps(&info, caps.get()) && x >= 0 &&
         y >= 0 && x < GST_VIDEO_INFO_WIDTH(&info) &&
         y < GST_VIDEO_INFO_HEIGHT(&info);
}

// Such as Ctrl+R, which means something else.
bool is_shortcut(GstEvent *event) {
  constexpr int kShortcut =
      GST_NAVIGATION_MODIFIER_CONTROL_MASK | GST_NAVIGATION_MODIFIER_MOD1_MASK |
      GST_NAVIGATION_MODIFIER_SUPER_MASK | GST_NAVIGATION_MODIFIER_META_MASK;
  auto modifiers = GST_NAVIGATION_MODIFIER_NONE;
  return gst_navigation_event_parse_modifier_state(event, &modifiers) &&
         (modifiers & kShortcut) != 0;
}

}  // namespace

bool NavigationPrompts::take(GstEvent *event, GstPad *source) {
  switch (gst_navigation_event_get_type(event)) {
    case GST_NAVIGATION_EVENT_KEY_PRESS:
    case GST_NAVIGATION_EVENT_KEY_RELEASE:
      return take_key(event);
    case GST_NAVIGATION_EVENT_MOUSE_BUTTON_PRESS:
    case GST_NAVIGATION_EVENT_MOUSE_BUTTON_RELEASE:
      return take_button(event, source);
    default:
      return false;
  }
}

void NavigationPrompts::restart() {
  const std::lock_guard<std::mutex> lock(mutex_);
  object_id_ = kNewObject;
}

bool NavigationPrompts::take_key(GstEvent *event) {
  const gchar *text = nullptr;
  gst_navigation_event_parse_key_event(event, &text);
  const std::string_view key = text ? text : "";
  if ((key != "n" && key != "r") || is_shortcut(event)) return false;
  if (gst_navigation_event_get_type(event) != GST_NAVIGATION_EVENT_KEY_PRESS)
    return true;  // whoever did not see it pressed need not see it released
  restart();
  if (key == "r") desk_.reset();
  return true;
}

bool NavigationPrompts::take_button(GstEvent *event, GstPad *source) {
  gint button = 0;
  gdouble x = 0, y = 0;
  gst_navigation_event_parse_mouse_button_event(event, &button, &x, &y);
  if (button != kLeftButton && button != kRightButton) return false;
  if (!is_inside(x, y, source)) return false;
  if (gst_navigation_event_get_type(event) !=
      GST_NAVIGATION_EVENT_MOUSE_BUTTON_PRESS)
    return true;
  const bool is_positive = button == kLeftButton;
  const std::lock_guard<std::mutex> lock(mutex_);
  // There is nothing yet that it could be taken from.
  if (object_id_ == kNewObject && !is_positive) return true;
  TimedPrompt prompt;
  prompt.object_id = object_id_;
  prompt.points = {
      {{static_cast<float>(x)}, {static_cast<float>(y)}, is_positive}};
  object_id_ = desk_.add(std::move(prompt));
  return true;
}

}  // namespace sam2
