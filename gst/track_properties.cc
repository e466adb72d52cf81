#include "track_properties.h"

#include <iterator>
#include <string>

#include "flow_properties.h"
#include "memory_properties.h"
#include "model_properties.h"
#include "object_properties.h"
#include "tracker_properties.h"

namespace sam2 {
namespace {

enum TrackProperty : guint {
  kPrompt = kStatsProperty + 1,
  kAttach,
  kNavigation,
  kPromptFile,
  kDlcLikelihood,
};

// One bit a member of AttachedParts.
const GFlagsValue kAttachedParts[] = {
    {1, "Detections: label, box, confidence", "detection"},
    {2, "Tracks: id, first and last seen, lost", "tracking"},
    {4, "Segmentations: masks", "segmentation"},
    {8, "Object scores, in a meta of the plugin's own", "scores"},
    {0, nullptr, nullptr},
};
constexpr guint kAllParts = 15;
bool AttachedParts::*const kPartMembers[] = {
    &AttachedParts::detections, &AttachedParts::tracks,
    &AttachedParts::segmentations, &AttachedParts::scores};

GType attached_parts_type() {
  static const GType type =
      g_flags_register_static("GstSam2AttachedParts", kAttachedParts);
  return type;
}

AttachedParts parts_of(guint flags) {
  AttachedParts parts;
  for (size_t i = 0; i < std::size(kPartMembers); ++i)
    parts.*kPartMembers[i] = flags & kAttachedParts[i].value;
  return parts;
}

guint flags_of(const AttachedParts &parts) {
  guint flags = 0;
  for (size_t i = 0; i < std::size(kPartMembers); ++i)
    if (parts.*kPartMembers[i]) flags |= kAttachedParts[i].value;
  return flags;
}

GParamFlags changeable(int latest_state) {
  return static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                  latest_state);
}

std::string text_of(const GValue *value) {
  const char *text = g_value_get_string(value);
  return text ? text : "";
}

}  // namespace

void install_track_properties(GObjectClass *object_class) {
  install_flow_properties(object_class);
  g_object_class_install_property(
      object_class, kStatsProperty,
      g_param_spec_boxed(
          "stats", "Stats",
          "Frames in, out, dropped and waiting, objects, what their memory "
          "banks hold and may hold (memories, pointers, conditioning frames), "
          "frames a second, milliseconds by stage of the work (median and 95th "
          "percentile of the latest 128 turns), and bytes of the device's "
          "memory by owner",
          GST_TYPE_STRUCTURE,
          static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));
  install_model_properties(object_class);
  install_tracker_properties(object_class);
  install_object_properties(object_class);
  install_memory_properties(object_class);
  g_object_class_install_property(
      object_class, kAttach,
      g_param_spec_flags("attach", "Attach", "What is attached to the frames",
                         attached_parts_type(), kAllParts,
                         changeable(GST_PARAM_MUTABLE_READY)));
  g_object_class_install_property(
      object_class, kPrompt,
      g_param_spec_string(
          "prompt", "Prompt",
          "What to track: \"1:box=x,y,width,height; 2:points=x,y,+ x,y,-; "
          "3:mask=FILE.png; @2.5s 1:points=x,y,+\", pixels of the incoming "
          "frame, or percent with % after a number. Changed in PAUSED or "
          "PLAYING, the new prompts apply from the next frame on",
          nullptr, changeable(GST_PARAM_MUTABLE_PLAYING)));
  g_object_class_install_property(
      object_class, kPromptFile,
      g_param_spec_string(
          "prompt-file", "Prompt file",
          "Prompts beside those of prompt: lines as sam2jsonenc writes them, a "
          "PNG label map of the first frame, or a CSV of DeepLabCut",
          nullptr, changeable(GST_PARAM_MUTABLE_READY)));
  g_object_class_install_property(
      object_class, kDlcLikelihood,
      g_param_spec_double("dlc-likelihood", "DeepLabCut likelihood",
                          "prompt-file: likelihood (0...1) from which on a "
                          "point of DeepLabCut is believed",
                          0, 1, kDefaultDlcLikelihood,
                          changeable(GST_PARAM_MUTABLE_READY)));
  g_object_class_install_property(
      object_class, kNavigation,
      g_param_spec_boolean(
          "navigation", "Navigation",
          "Whether clicks and keys in the video sink's window are prompts: "
          "left button = on the object, right = not, n = next object, "
          "r = reset",
          TRUE, changeable(GST_PARAM_MUTABLE_PLAYING)));
}

bool set_track_property(TrackSettings &settings, guint id,
                        const GValue *value) {
  switch (id) {
    case kPrompt:
      settings.prompt = text_of(value);
      return true;
    case kAttach:
      settings.attached = parts_of(g_value_get_flags(value));
      break;
    case kPromptFile:
      settings.prompt_file = text_of(value);
      break;
    case kDlcLikelihood:
      settings.dlc_likelihood = g_value_get_double(value);
      break;
    case kNavigation:
      settings.takes_navigation = g_value_get_boolean(value);
      break;
    default:
      if (id >= kFirstObjectProperty)
        set_object_property(settings.objects, id, value);
      else if (id >= kFirstMemoryProperty)
        set_memory_property(settings.model.memory, id, value);
      else if (id >= kFirstFlowProperty)
        set_flow_property(settings.flow, id, value);
      else if (id >= kFirstTrackerProperty)
        set_tracker_property(settings.tracker, id, value);
      else
        set_model_property(settings.model, id, value);
      break;
  }
  return false;
}

void get_track_property(const TrackSettings &settings, guint id,
                        GValue *value) {
  switch (id) {
    case kPrompt:
      g_value_set_string(value, settings.prompt.c_str());
      break;
    case kAttach:
      g_value_set_flags(value, flags_of(settings.attached));
      break;
    case kPromptFile:
      g_value_set_string(value, settings.prompt_file.c_str());
      break;
    case kDlcLikelihood:
      g_value_set_double(value, settings.dlc_likelihood);
      break;
    case kNavigation:
      g_value_set_boolean(value, settings.takes_navigation);
      break;
    default:
      if (id >= kFirstObjectProperty)
        get_object_property(settings.objects, id, value);
      else if (id >= kFirstMemoryProperty)
        get_memory_property(settings.model.memory, id, value);
      else if (id >= kFirstFlowProperty)
        get_flow_property(settings.flow, id, value);
      else if (id >= kFirstTrackerProperty)
        get_tracker_property(settings.tracker, id, value);
      else
        get_model_property(settings.model, id, value);
      break;
  }
}

}  // namespace sam2
