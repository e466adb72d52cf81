#include "tracker_properties.h"

#include <iterator>
#include <vector>

#include "track/offload_state.h"
#include "track/selection_policy.h"
#include "track/skipped_frames.h"

namespace sam2 {
namespace {

enum TrackerProperty : guint {
  kMemoryPolicy = kFirstTrackerProperty,
  kMaskThreshold,
  kSkippedFrames,
  kMaskResolution,
  kOffloadState,
  kStableFramesThreshold,
  kFirstTrackerFlag,  // row 0 of kTrackerFlags
};

// What is so or not.
struct TrackerFlag {
  bool TrackerSettings::*value;
  const char *name;
  const char *nick;
  const char *blurb;
};
const TrackerFlag kTrackerFlags[] = {
    {&TrackerSettings::non_overlap_masks, "non-overlap-masks",
     "Non-overlapping masks",
     "Whether a pixel belongs to one object at most: where masks overlap, to "
     "that with the largest logit"},
    {&TrackerSettings::camera_motion, "camera-motion", "Camera motion",
     "Whether the motion of the picture itself is found and taken out of the "
     "objects': in skipped frames and with memory-policy=samurai"},
    {&TrackerSettings::keep_first_cond_frame, "keep-first-cond-frame",
     "Keep first conditioning frame",
     "Whether an object's first prompted frame stays when there are more than "
     "max-cond-frames; else the oldest goes, as with max-cond-frames=1"},
};
constexpr guint kFirstSamuraiNumber =
    kFirstTrackerFlag + std::size(kTrackerFlags);  // row 0 of the following

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
     "Prompted frames remembered for each object; of more, the latest stay, "
     "and the first with keep-first-cond-frame (with 1, the latest). -1 = all: "
     "memory and time then grow with every prompt; 0 is refused",
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

const std::vector<GEnumValue> &offload_state_values() {
  static const std::vector<GEnumValue> values = [] {
    std::vector<GEnumValue> rows;
    for (const OffloadStateRow &row : offload_state_rows())
      rows.push_back({static_cast<int>(row.value), row.description, row.name});
    rows.push_back({0, nullptr, nullptr});
    return rows;
  }();
  return values;
}

GType offload_state_type() {
  static const GType type = g_enum_register_static(
      "GstSam2OffloadState", offload_state_values().data());
  return type;
}

const GEnumValue kMaskResolutions[] = {
    {static_cast<int>(MaskResolution::kFrame), "that of the frame", "frame"},
    {static_cast<int>(MaskResolution::kModel),
     "a quarter of input-size, which saves the enlargement", "model"},
    {0, nullptr, nullptr},
};

GType mask_resolution_type() {
  static const GType type =
      g_enum_register_static("GstSam2MaskResolution", kMaskResolutions);
  return type;
}

GType memory_policy_type() {
  static const GType type = g_enum_register_static(
      "GstSam2MemoryPolicy", memory_policy_values().data());
  return type;
}

GParamFlags changeable_in_ready() {
  return static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                  GST_PARAM_MUTABLE_READY);
}

void install_samurai_properties(GObjectClass *object_class) {
  const GParamFlags flags = changeable_in_ready();
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

void install_tracker_properties(GObjectClass *object_class) {
  const GParamFlags flags = changeable_in_ready();
  const TrackerSettings defaults;
  g_object_class_install_property(
      object_class, kMemoryPolicy,
      g_param_spec_enum("memory-policy", "Memory policy",
                        "Which frames the tracker remembers",
                        memory_policy_type(), 0, flags));
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
      object_class, kMaskResolution,
      g_param_spec_enum("mask-resolution", "Mask resolution",
                        "Resolution of the masks that are attached; with model "
                        "their location is the frame, and readers map through "
                        "it",
                        mask_resolution_type(),
                        static_cast<int>(defaults.mask_resolution), flags));
  g_object_class_install_property(
      object_class, kOffloadState,
      g_param_spec_enum("offload-state", "Offload state",
                        "Whether the objects' memories are moved from a GPU "
                        "to pinned host memory, four fifths of what objects "
                        "take of it; masks are the same. On the CPU they are "
                        "in host memory already",
                        offload_state_type(),
                        static_cast<int>(defaults.offload_state), flags));
  guint id = kFirstTrackerFlag;
  for (const TrackerFlag &row : kTrackerFlags)
    g_object_class_install_property(
        object_class, id++,
        g_param_spec_boolean(row.name, row.nick, row.blurb, defaults.*row.value,
                             flags));
  id = kFirstTrackerNumber;
  for (const TrackerNumber &row : kTrackerNumbers)
    g_object_class_install_property(
        object_class, id++,
        g_param_spec_int(row.name, row.nick, row.blurb, row.least, row.most,
                         defaults.*row.value, flags));
  install_samurai_properties(object_class);
}

void set_tracker_property(TrackerSettings &settings, guint id,
                          const GValue *value) {
  switch (id) {
    case kMemoryPolicy:
      settings.memory_policy =
          memory_policy_values()[g_value_get_enum(value)].value_nick;
      break;
    case kStableFramesThreshold:
      settings.samurai.stable_frames_threshold =
          static_cast<int>(g_value_get_uint(value));
      break;
    case kSkippedFrames:
      settings.skipped_frames =
          static_cast<SkippedFrames>(g_value_get_enum(value));
      break;
    case kMaskResolution:
      settings.mask_resolution =
          static_cast<MaskResolution>(g_value_get_enum(value));
      break;
    case kOffloadState:
      settings.offload_state =
          static_cast<OffloadState>(g_value_get_enum(value));
      break;
    case kMaskThreshold:
      settings.mask_threshold = g_value_get_float(value);
      break;
    default:
      if (id >= kFirstTrackerNumber)
        settings.*kTrackerNumbers[id - kFirstTrackerNumber].value =
            g_value_get_int(value);
      else if (id < kFirstSamuraiNumber)
        settings.*kTrackerFlags[id - kFirstTrackerFlag].value =
            g_value_get_boolean(value);
      else
        settings.samurai.*kSamuraiNumbers[id - kFirstSamuraiNumber].value =
            g_value_get_double(value);
      break;
  }
}

void get_tracker_property(const TrackerSettings &settings, guint id,
                          GValue *value) {
  switch (id) {
    case kMemoryPolicy:
      for (const GEnumValue &row : memory_policy_values())
        if (row.value_nick && settings.memory_policy == row.value_nick)
          g_value_set_enum(value, row.value);
      break;
    case kStableFramesThreshold:
      g_value_set_uint(
          value, static_cast<guint>(settings.samurai.stable_frames_threshold));
      break;
    case kSkippedFrames:
      g_value_set_enum(value, static_cast<int>(settings.skipped_frames));
      break;
    case kMaskResolution:
      g_value_set_enum(value, static_cast<int>(settings.mask_resolution));
      break;
    case kOffloadState:
      g_value_set_enum(value, static_cast<int>(settings.offload_state));
      break;
    case kMaskThreshold:
      g_value_set_float(value, settings.mask_threshold);
      break;
    default:
      if (id >= kFirstTrackerNumber)
        g_value_set_int(
            value, settings.*kTrackerNumbers[id - kFirstTrackerNumber].value);
      else if (id < kFirstSamuraiNumber)
        g_value_set_boolean(
            value, settings.*kTrackerFlags[id - kFirstTrackerFlag].value);
      else
        g_value_set_double(
            value,
            settings.samurai.*kSamuraiNumbers[id - kFirstSamuraiNumber].value);
      break;
  }
}

}  // namespace sam2
