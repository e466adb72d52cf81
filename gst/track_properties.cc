#include "track_properties.h"

#include <iterator>
#include <string>
#include <vector>

#include "flow_properties.h"
#include "object_properties.h"
#include "track/selection_policy.h"
#include "track/skipped_frames.h"

namespace sam2 {
namespace {

enum TrackProperty : guint {
  kModelFile = kStatsProperty + 1,
  kDevice,
  kPrecision,
  kInputSize,
  kPrompt,
  kMemoryPolicy,
  kNonOverlapMasks,
  kMaskThreshold,
  kSkippedFrames,
  kCameraMotion,
  kStableFramesThreshold,
  kAttach,
  kNavigation,
  kPromptFile,
  kDlcLikelihood,
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

// The whole numbers of the tracker.
struct TrackerNumber {
  int TrackerSettings::*value;
  const char *name;
  const char *nick;
  const char *blurb;
  int least;
  int most;
};
constexpr int kMaxFrames = 256;
const TrackerNumber kTrackerNumbers[] = {
    {&TrackerSettings::num_maskmem, "num-maskmem", "Number of memories",
     "Memories attended to: those of the prompted frames count as one, the "
     "rest are of the latest frames; 1 = of the prompted frames only",
     1, 7},
    {&TrackerSettings::max_obj_ptrs, "max-obj-ptrs", "Most object pointers",
     "Frames whose object pointers are attended to", 1, kMaxFrames},
    {&TrackerSettings::max_cond_frames, "max-cond-frames",
     "Most conditioning frames",
     "Prompted frames remembered for each object; of more, the first and the "
     "latest stay (with 1, the latest). -1 = all: memory and time then grow "
     "with every prompt; 0 is refused",
     -1, kMaxFrames},
    {&TrackerSettings::memory_stride, "memory-stride", "Memory stride",
     "recent: frames from one memory that is attended to to the next; with 3, "
     "memories reach back three times as far",
     1, kMaxFrames},
    {&TrackerSettings::fill_hole_area_px, "fill-hole-area", "Hole area",
     "Holes in a mask of so many pixels of the frame or fewer are filled, and "
     "specks beside it removed, but never the largest part; 0 = none",
     0, G_MAXINT},
    {&TrackerSettings::max_coast_frames, "max-coast-frames",
     "Most coasted frames",
     "After so many skipped or dropped frames in a row there are no objects "
     "until the next tracked frame; 0 = no limit",
     0, 1000000},
};
constexpr guint kFirstTrackerNumber =
    kFirstSamuraiNumber + std::size(kSamuraiNumbers);  // row 0 of the above

// Beyond, a mask covers everything or nothing.
constexpr float kMaxMaskThreshold = 10;

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

const std::vector<GEnumValue> &skipped_frames_values() {
  static const std::vector<GEnumValue> values = [] {
    std::vector<GEnumValue> rows;
    for (const SkippedFramesRow &row : skipped_frames_rows())
      rows.push_back({static_cast<int>(row.value), row.description, row.name});
    rows.push_back({0, nullptr, nullptr});
    return rows;
  }();
  return values;
}

GType skipped_frames_type() {
  static const GType type = g_enum_register_static(
      "GstSam2SkippedFrames", skipped_frames_values().data());
  return type;
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

void install_model_properties(GObjectClass *object_class) {
  const GParamFlags flags = changeable(GST_PARAM_MUTABLE_READY);
  g_object_class_install_property(
      object_class, kModelFile,
      g_param_spec_string("model-file", "Model file",
                          "SAM 2 or SAM 2.1 checkpoint (.pt) or converted "
                          "model (.safetensors); unset: the bundled model",
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

void install_tracker_properties(GObjectClass *object_class) {
  const GParamFlags flags = changeable(GST_PARAM_MUTABLE_READY);
  const TrackerSettings defaults;
  g_object_class_install_property(
      object_class, kNonOverlapMasks,
      g_param_spec_boolean("non-overlap-masks", "Non-overlapping masks",
                           "Whether a pixel belongs to one object at most: "
                           "where masks overlap, to that with the largest "
                           "logit",
                           defaults.non_overlap_masks, flags));
  g_object_class_install_property(
      object_class, kMaskThreshold,
      g_param_spec_float("mask-threshold", "Mask threshold",
                         "Logit above which a pixel belongs to the object; "
                         "higher = smaller masks",
                         -kMaxMaskThreshold, kMaxMaskThreshold,
                         defaults.mask_threshold, flags));
  g_object_class_install_property(
      object_class, kSkippedFrames,
      g_param_spec_enum("skipped-frames", "Skipped frames",
                        "What becomes of frames that inference-interval skips",
                        skipped_frames_type(),
                        static_cast<int>(defaults.skipped_frames), flags));
  g_object_class_install_property(
      object_class, kCameraMotion,
      g_param_spec_boolean("camera-motion", "Camera motion",
                           "Whether the motion of the picture itself is found "
                           "and taken out of the objects': in skipped frames "
                           "and with memory-policy=samurai",
                           defaults.camera_motion, flags));
  guint id = kFirstTrackerNumber;
  for (const TrackerNumber &row : kTrackerNumbers)
    g_object_class_install_property(
        object_class, id++,
        g_param_spec_int(row.name, row.nick, row.blurb, row.least, row.most,
                         defaults.*row.value, flags));
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
  install_flow_properties(object_class);
  g_object_class_install_property(
      object_class, kStatsProperty,
      g_param_spec_boxed(
          "stats", "Stats",
          "Frames in, out, dropped and waiting, objects, frames a second, and "
          "milliseconds by stage of the work (median and 95th percentile of "
          "the latest 128 turns)",
          GST_TYPE_STRUCTURE,
          static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));
  install_model_properties(object_class);
  install_tracker_properties(object_class);
  install_samurai_properties(object_class);
  install_object_properties(object_class);
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
    case kNonOverlapMasks:
      settings.tracker.non_overlap_masks = g_value_get_boolean(value);
      break;
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
    case kSkippedFrames:
      settings.tracker.skipped_frames =
          static_cast<SkippedFrames>(g_value_get_enum(value));
      break;
    case kCameraMotion:
      settings.tracker.camera_motion = g_value_get_boolean(value);
      break;
    case kMaskThreshold:
      settings.tracker.mask_threshold = g_value_get_float(value);
      break;
    default:
      if (id >= kFirstFlowProperty && id <= kLastFlowProperty)
        set_flow_property(settings.flow, id, value);
      else if (id >= kFirstObjectProperty)
        set_object_property(settings.objects, id, value);
      else if (id >= kFirstTrackerNumber)
        settings.tracker.*kTrackerNumbers[id - kFirstTrackerNumber].value =
            g_value_get_int(value);
      else
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
    case kNonOverlapMasks:
      g_value_set_boolean(value, settings.tracker.non_overlap_masks);
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
    case kSkippedFrames:
      g_value_set_enum(value,
                       static_cast<int>(settings.tracker.skipped_frames));
      break;
    case kCameraMotion:
      g_value_set_boolean(value, settings.tracker.camera_motion);
      break;
    case kMaskThreshold:
      g_value_set_float(value, settings.tracker.mask_threshold);
      break;
    default:
      if (id >= kFirstFlowProperty && id <= kLastFlowProperty)
        get_flow_property(settings.flow, id, value);
      else if (id >= kFirstObjectProperty)
        get_object_property(settings.objects, id, value);
      else if (id >= kFirstTrackerNumber)
        g_value_set_int(
            value,
            settings.tracker.*kTrackerNumbers[id - kFirstTrackerNumber].value);
      else
        g_value_set_double(value,
                           settings.tracker.samurai.*
                               kSamuraiNumbers[id - kFirstSamuraiNumber].value);
      break;
  }
}

}  // namespace sam2
