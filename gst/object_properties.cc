#include "object_properties.h"

#include <iterator>
#include <string>

namespace sam2 {
namespace {

enum ObjectProperty : guint {
  kPromptMode = kFirstObjectProperty,
  kObjectClass,
  kMinConfidence,
  kMinIouNewObject,
  kIdResetMode,
  kAutoPrompt,
  kFirstNumber,  // row 0 of kNumbers
};

// Position is value.
const GEnumValue kPromptModes[] = {
    {static_cast<int>(PromptMode::kOnDemand),
     "the next ones after the signal request-detections", "on-demand"},
    {static_cast<int>(PromptMode::kFirstFrame),
     "those of the first frame that has any", "first-frame"},
    {static_cast<int>(PromptMode::kEveryNFrames),
     "those of a frame every prompt-interval frames", "every-n-frames"},
    {static_cast<int>(PromptMode::kEveryFrame), "those of every frame",
     "every-frame"},
    {0, nullptr, nullptr},
};

const GEnumValue kIdResetModes[] = {
    {static_cast<int>(IdResetMode::kContinue),
     "they count on: an id is given once", "continue"},
    {static_cast<int>(IdResetMode::kRestart),
     "they count from 1 again after a flush", "restart"},
    {static_cast<int>(IdResetMode::kReuse),
     "a new object gets the lowest free one", "reuse"},
    {0, nullptr, nullptr},
};

const GEnumValue kAutoPrompts[] = {
    {static_cast<int>(AutoPrompt::kNone), "nothing", "none"},
    {static_cast<int>(AutoPrompt::kCenter), "what is in the middle", "center"},
    {static_cast<int>(AutoPrompt::kEverything),
     "up to max-objects that the model finds with a grid of 16 x 16 clicks",
     "everything"},
    {0, nullptr, nullptr},
};

// The whole numbers. Ranges are those of validate(LifecycleSettings).
struct Number {
  int LifecycleSettings::*value;
  const char *name;
  const char *nick;
  const char *blurb;
  int least;
  int most;
};
constexpr int kMaxFrames = 1000000;
const Number kNumbers[] = {
    {&LifecycleSettings::prompt_interval, "prompt-interval", "Prompt interval",
     "prompt-mode=every-n-frames: frames from one use of detections to the "
     "next",
     1, kMaxFrames},
    {&LifecycleSettings::max_objects, "max-objects", "Most objects",
     "Objects at a time, those of prompts counted. A prompt for one more is "
     "refused with a warning; a detection takes the place of an object that is "
     "lost or on probation, or is ignored",
     1, 10000},
    {&LifecycleSettings::probation_age, "probation-age", "Probation age",
     "prompt-mode=every-frame and every-n-frames: a new object is shown when "
     "it was found on 3 (or all, if fewer) of its first so many frames with "
     "detections, else it is forgotten; 1 = shown at once. So is one of a "
     "confidence above 0.9",
     1, 1000},
    {&LifecycleSettings::max_lost_age, "max-lost-age", "Largest lost age",
     "Frames after which a lost object of a detection is forgotten. Seen "
     "again before, by the tracker or for 45 frames by the detector, it keeps "
     "its id",
     0, kMaxFrames},
};

GType prompt_mode_type() {
  static const GType type =
      g_enum_register_static("GstSam2PromptMode", kPromptModes);
  return type;
}

GType id_reset_mode_type() {
  static const GType type =
      g_enum_register_static("GstSam2IdResetMode", kIdResetModes);
  return type;
}

GType auto_prompt_type() {
  static const GType type =
      g_enum_register_static("GstSam2AutoPrompt", kAutoPrompts);
  return type;
}

// "car, person" to its labels; space around them does not count.
std::vector<std::string> labels_of(const char *text) {
  std::vector<std::string> labels;
  gchar **parts = g_strsplit(text ? text : "", ",", -1);
  for (gchar **part = parts; *part; ++part)
    if (*g_strstrip(*part)) labels.emplace_back(*part);
  g_strfreev(parts);
  return labels;
}

std::string text_of(const std::vector<std::string> &labels) {
  std::string text;
  for (const std::string &label : labels)
    text += (text.empty() ? "" : ",") + label;
  return text;
}

void install_choices(GObjectClass *object_class, GParamFlags flags) {
  const ObjectSettings defaults;
  g_object_class_install_property(
      object_class, kPromptMode,
      g_param_spec_enum(
          "prompt-mode", "Prompt mode",
          "Which detections from upstream become objects, or set objects right",
          prompt_mode_type(), static_cast<int>(defaults.lifecycle.prompt_mode),
          flags));
  g_object_class_install_property(
      object_class, kObjectClass,
      g_param_spec_string("object-class", "Object class",
                          "Labels of the detections that count, separated by "
                          "commas; unset = all",
                          nullptr, flags));
  g_object_class_install_property(
      object_class, kIdResetMode,
      g_param_spec_enum("id-reset-mode", "Id reset mode",
                        "Which ids objects of detections get; never one that "
                        "the prompts name",
                        id_reset_mode_type(),
                        static_cast<int>(defaults.id_reset_mode), flags));
  g_object_class_install_property(
      object_class, kAutoPrompt,
      g_param_spec_enum("auto-prompt", "Auto prompt",
                        "What is tracked without a prompt, from the first "
                        "frame and from the first one after a flush on",
                        auto_prompt_type(),
                        static_cast<int>(defaults.auto_prompt), flags));
}

}  // namespace

void install_object_properties(GObjectClass *object_class) {
  const auto flags = static_cast<GParamFlags>(
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
  const LifecycleSettings defaults;
  install_choices(object_class, flags);
  g_object_class_install_property(
      object_class, kMinConfidence,
      g_param_spec_float("min-confidence", "Least confidence",
                         "Detections with less confidence do not count", 0, 1,
                         defaults.min_confidence, flags));
  g_object_class_install_property(
      object_class, kMinIouNewObject,
      g_param_spec_double("min-iou-new-object", "Least IoU without new object",
                          "A detection that goes with no object starts none if "
                          "its IoU with the box of one, of whatever class, is "
                          "this or more",
                          0.01, 1, defaults.min_iou_new_object, flags));
  guint id = kFirstNumber;
  for (const Number &row : kNumbers)
    g_object_class_install_property(
        object_class, id++,
        g_param_spec_int(row.name, row.nick, row.blurb, row.least, row.most,
                         defaults.*row.value, flags));
}

void set_object_property(ObjectSettings &settings, guint id,
                         const GValue *value) {
  LifecycleSettings &lifecycle = settings.lifecycle;
  switch (id) {
    case kPromptMode:
      lifecycle.prompt_mode = static_cast<PromptMode>(g_value_get_enum(value));
      break;
    case kObjectClass:
      lifecycle.object_classes = labels_of(g_value_get_string(value));
      break;
    case kMinConfidence:
      lifecycle.min_confidence = g_value_get_float(value);
      break;
    case kMinIouNewObject:
      lifecycle.min_iou_new_object = g_value_get_double(value);
      break;
    case kIdResetMode:
      settings.id_reset_mode =
          static_cast<IdResetMode>(g_value_get_enum(value));
      break;
    case kAutoPrompt:
      settings.auto_prompt = static_cast<AutoPrompt>(g_value_get_enum(value));
      break;
    default:
      lifecycle.*kNumbers[id - kFirstNumber].value = g_value_get_int(value);
      break;
  }
}

void get_object_property(const ObjectSettings &settings, guint id,
                         GValue *value) {
  const LifecycleSettings &lifecycle = settings.lifecycle;
  switch (id) {
    case kPromptMode:
      g_value_set_enum(value, static_cast<int>(lifecycle.prompt_mode));
      break;
    case kObjectClass:
      g_value_set_string(value, text_of(lifecycle.object_classes).c_str());
      break;
    case kMinConfidence:
      g_value_set_float(value, lifecycle.min_confidence);
      break;
    case kMinIouNewObject:
      g_value_set_double(value, lifecycle.min_iou_new_object);
      break;
    case kIdResetMode:
      g_value_set_enum(value, static_cast<int>(settings.id_reset_mode));
      break;
    case kAutoPrompt:
      g_value_set_enum(value, static_cast<int>(settings.auto_prompt));
      break;
    default:
      g_value_set_int(value, lifecycle.*kNumbers[id - kFirstNumber].value);
      break;
  }
}

}  // namespace sam2
