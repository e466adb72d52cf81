#include "track_properties.h"

#include <string>
#include <vector>

#include "track/selection_policy.h"

namespace sam2 {
namespace {

enum TrackProperty : guint {
  kModelFile = 1,
  kDevice,
  kPrecision,
  kInputSize,
  kPrompt,
  kMemoryPolicy,
  kStableFramesThreshold,
  kFirstSamuraiNumber,  // row 0 of kSamuraiNumbers
};

constexpr guint kMaxInputSizePx = 2048;

// Position is value; the nick is also the name that the tracker knows.
const GEnumValue kPrecisions[] = {
    {static_cast<int>(Precision::kAuto),
     "bfloat16 where the device is fast at it, else float32", "auto"},
    {static_cast<int>(Precision::kFp32), "float32", "fp32"},
    {static_cast<int>(Precision::kBf16), "bfloat16", "bf16"},
    {static_cast<int>(Precision::kFp16), "float16", "fp16"},
    {0, nullptr, nullptr},
};

// The fractions among the properties of memory-policy=samurai.
struct SamuraiNumber {
  double SamuraiSettings::*value;
  const char *name;
  const char *nick;
  const char *blurb;
  double least;
  double most;
};
constexpr double kMaxLogit = 1000;
const SamuraiNumber kSamuraiNumbers[] = {
    {&SamuraiSettings::memory_iou_threshold, "memory-iou-threshold",
     "Memory IoU threshold",
     "samurai: a frame is remembered if the predicted IoU of its mask (0...1) "
     "is above this",
     0, 1},
    {&SamuraiSettings::memory_obj_score_threshold, "memory-obj-score-threshold",
     "Memory object score threshold",
     "samurai: a frame is remembered if its object score (logit) is above this",
     -kMaxLogit, kMaxLogit},
    {&SamuraiSettings::memory_kf_score_threshold, "memory-kf-score-threshold",
     "Memory motion score threshold",
     "samurai: a frame is remembered if the IoU of its box with the predicted "
     "one (0...1) is above this, or was not computed",
     0, 1},
    {&SamuraiSettings::kf_score_weight, "kf-score-weight", "Motion weight",
     "samurai: share of the motion in the choice of a mask (0...1), the rest "
     "is predicted IoU; -1 = by the model's size (0.15 for large, else 0.25)",
     -1, 1},
    {&SamuraiSettings::stable_iou_threshold, "stable-iou-threshold",
     "Stable IoU threshold",
     "samurai: predicted IoU (0...1) above which a frame counts as stable; "
     "below it, the motion starts again",
     0, 1},
    {&SamuraiSettings::min_obj_score, "min-obj-score", "Least object score",
     "samurai: object score (logit) above which an object has a mask; the "
     "other policies use 0",
     -kMaxLogit, kMaxLogit},
};

// One value a row of the policy table; the nick is the policy's name.
const std::vector<GEnumValue> &memory_policy_values() {
  static const std::vector<GEnumValue> values = [] {
    std::vector<GEnumValue> rows;
    for (const SelectionPolicy &policy : selection_policies())
      rows.push_back(
          {static_cast<int>(rows.size()), policy.description, policy.name});
    rows.push_back({0, nullptr, nullptr});
    return rows;
  }();
  return values;
}

GType precision_type() {
  static const GType type =
      g_enum_register_static("GstSam2Precision", kPrecisions);
  return type;
}

GType memory_policy_type() {
  static const GType type = g_enum_register_static(
      "GstSam2MemoryPolicy", memory_policy_values().data());
  return type;
}

GParamFlags changeable(int latest_state) {
  return static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                  latest_state);
}

std::string text_of(const GValue *value) {
  const char *text = g_value_get_string(value);
  return text ? text : "";
}

void install_model_properties(GObjectClass *object_class) {
  const GParamFlags flags = changeable(GST_PARAM_MUTABLE_READY);
  g_object_class_install_property(
      object_class, kModelFile,
      g_param_spec_string("model-file", "Model file",
                          "SAM 2 or SAM 2.1 checkpoint (.pt) or converted "
                          "model (.safetensors); must be set",
                          nullptr, flags));
  g_object_class_install_property(
      object_class, kDevice,
      g_param_spec_string("device", "Device",
                          "Where the model runs: auto, cpu, cuda, or cuda:N",
                          "auto", flags));
  g_object_class_install_property(
      object_class, kPrecision,
      g_param_spec_enum(
          "precision", "Precision", "Number format of the model's arithmetic",
          precision_type(), static_cast<int>(Precision::kAuto), flags));
  g_object_class_install_property(
      object_class, kInputSize,
      g_param_spec_uint("input-size", "Input size",
                        "Side of the square the frames are scaled to for the "
                        "model, in pixels; 0 = the model's own",
                        0, kMaxInputSizePx, 0, flags));
  g_object_class_install_property(
      object_class, kMemoryPolicy,
      g_param_spec_enum("memory-policy", "Memory policy",
                        "Which frames the tracker remembers",
                        memory_policy_type(), 0, flags));
}

void install_samurai_properties(GObjectClass *object_class) {
  const GParamFlags flags = changeable(GST_PARAM_MUTABLE_READY);
  const SamuraiSettings defaults;
  g_object_class_install_property(
      object_class, kStableFramesThreshold,
      g_param_spec_uint("stable-frames-threshold", "Stable frames threshold",
                        "samurai: stable frames in a row after which the "
                        "motion counts",
                        1, G_MAXINT, defaults.stable_frames_threshold, flags));
  guint id = kFirstSamuraiNumber;
  for (const SamuraiNumber &row : kSamuraiNumbers)
    g_object_class_install_property(
        object_class, id++,
        g_param_spec_double(row.name, row.nick, row.blurb, row.least, row.most,
                            defaults.*row.value, flags));
}

}  // namespace

void install_track_properties(GObjectClass *object_class) {
  install_model_properties(object_class);
  install_samurai_properties(object_class);
  g_object_class_install_property(
      object_class, kPrompt,
      g_param_spec_string(
          "prompt", "Prompt",
          "What to track: \"1:box=x,y,width,height; 2:points=x,y,+ x,y,-; "
          "3:mask=FILE.png; @2.5s 1:points=x,y,+\", pixels of the incoming "
          "frame, or percent with % after a number. Changed in PAUSED or "
          "PLAYING, the new prompts apply from the next frame on",
          nullptr, changeable(GST_PARAM_MUTABLE_PLAYING)));
}

bool set_track_property(TrackSettings &settings, guint id,
                        const GValue *value) {
  switch (id) {
    case kModelFile:
      settings.model.model_file = text_of(value);
      break;
    case kDevice:
      settings.model.device = text_of(value);
      break;
    case kPrecision:
      settings.model.precision =
          static_cast<Precision>(g_value_get_enum(value));
      break;
    case kInputSize:
      settings.model.input_size_px = static_cast<int>(g_value_get_uint(value));
      break;
    case kPrompt:
      settings.prompt = text_of(value);
      return true;
    case kMemoryPolicy:
      settings.tracker.memory_policy =
          memory_policy_values()[g_value_get_enum(value)].value_nick;
      break;
    case kStableFramesThreshold:
      settings.tracker.samurai.stable_frames_threshold =
          static_cast<int>(g_value_get_uint(value));
      break;
    default:
      settings.tracker.samurai.*
          kSamuraiNumbers[id - kFirstSamuraiNumber].value =
          g_value_get_double(value);
      break;
  }
  return false;
}

void get_track_property(const TrackSettings &settings, guint id,
                        GValue *value) {
  switch (id) {
    case kModelFile:
      g_value_set_string(value, settings.model.model_file.c_str());
      break;
    case kDevice:
      g_value_set_string(value, settings.model.device.c_str());
      break;
    case kPrecision:
      g_value_set_enum(value, static_cast<int>(settings.model.precision));
      break;
    case kInputSize:
      g_value_set_uint(value, static_cast<guint>(settings.model.input_size_px));
      break;
    case kPrompt:
      g_value_set_string(value, settings.prompt.c_str());
      break;
    case kMemoryPolicy:
      for (const GEnumValue &row : memory_policy_values())
        if (row.value_nick && settings.tracker.memory_policy == row.value_nick)
          g_value_set_enum(value, row.value);
      break;
    case kStableFramesThreshold:
      g_value_set_uint(
          value,
          static_cast<guint>(settings.tracker.samurai.stable_frames_threshold));
      break;
    default:
      g_value_set_double(value,
                         settings.tracker.samurai.*
                             kSamuraiNumbers[id - kFirstSamuraiNumber].value);
      break;
  }
}

}  // namespace sam2
