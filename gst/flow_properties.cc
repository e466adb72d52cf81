#include "flow_properties.h"

#include <iterator>

namespace sam2 {
namespace {

constexpr guint kDropPolicy = kFirstFlowProperty;
constexpr guint kQos = kDropPolicy + 1;
constexpr guint kModelInstanceId = kQos + 1;
constexpr guint kOomPolicy = kModelInstanceId + 1;
constexpr guint kFirstTime = kOomPolicy + 1;  // row 0 of kTimes

const GEnumValue kDropPolicies[] = {
    {static_cast<int>(DropPolicy::kAuto), "oldest in live pipelines, else none",
     "auto"},
    {static_cast<int>(DropPolicy::kNone),
     "none: the element upstream has to wait", "none"},
    {static_cast<int>(DropPolicy::kOldest), "the frame that has waited longest",
     "oldest"},
    {0, nullptr, nullptr},
};

const GEnumValue kOomPolicies[] = {
    {static_cast<int>(OomPolicy::kDegrade),
     "step by step less memory is used, and in the end the frame is not "
     "tracked",
     "degrade"},
    {static_cast<int>(OomPolicy::kDropFrames),
     "the frame is not tracked: objects coast over it", "drop-frames"},
    {static_cast<int>(OomPolicy::kError), "the stream ends", "error"},
    {0, nullptr, nullptr},
};

struct Time {
  uint64_t FlowSettings::*value_ns;
  const char *name;
  const char *nick;
  const char *blurb;
  uint64_t most_ns;
};
const Time kTimes[] = {
    {&FlowSettings::batch_timeout_ns, "batch-timeout", "Batch timeout",
     "Nanoseconds that a frame waits at most for others of its batch",
     10 * GST_SECOND},
    {&FlowSettings::stats_interval_ns, "stats-interval", "Stats interval",
     "Nanoseconds from one element message with stats to the next, with frames "
     "that come out; 0 = none",
     G_MAXUINT64},
};
constexpr guint kFirstNumber = kFirstTime + std::size(kTimes);

struct Number {
  unsigned FlowSettings::*value;
  const char *name;
  const char *nick;
  const char *blurb;
  guint least;
  guint most;
};
const Number kNumbers[] = {
    {&FlowSettings::frame_buffer_size, "frame-buffer-size", "Frame buffer size",
     "Frames that may wait for the tracker, in the memory they came in", 1,
     1024},
    {&FlowSettings::batch_size, "batch-size", "Batch size",
     "Frames encoded together, frame-buffer-size + 1 at most; 0 = auto: 1 on "
     "the CPU and in live pipelines, else 8 up to 1280x720, 4 up to 1920x1080, "
     "2 above",
     0, 64},
    {&FlowSettings::inference_interval, "inference-interval",
     "Inference interval",
     "Every so many frames one is tracked, and every frame that a prompt is "
     "for; skipped-frames says what becomes of the others",
     1, 1000000},
};

GType drop_policy_type() {
  static const GType type =
      g_enum_register_static("GstSam2DropPolicy", kDropPolicies);
  return type;
}

void set_model_instance_id(FlowSettings &settings, const char *id) {
  settings.model_instance_id = id ? id : "";
}

GType oom_policy_type() {
  static const GType type =
      g_enum_register_static("GstSam2OomPolicy", kOomPolicies);
  return type;
}

}  // namespace

void install_flow_properties(GObjectClass *object_class) {
  const auto flags = static_cast<GParamFlags>(
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
  const FlowSettings defaults;
  g_object_class_install_property(
      object_class, kDropPolicy,
      g_param_spec_enum("drop-policy", "Drop policy",
                        "What is dropped when a frame comes and "
                        "frame-buffer-size frames wait",
                        drop_policy_type(),
                        static_cast<int>(defaults.drop_policy), flags));
  g_object_class_install_property(
      object_class, kQos,
      g_param_spec_boolean("qos", "QoS",
                           "Whether frames are dropped, before they are "
                           "tracked, that would come too late downstream",
                           defaults.obeys_qos, flags));
  g_object_class_install_property(
      object_class, kModelInstanceId,
      g_param_spec_string(
          "model-instance-id", "Model instance id",
          "Elements with the same one, model file, device, precision and input "
          "size encode their frames in common batches (batch-size; auto: as if "
          "on a GPU and not live), for which a frame waits batch-timeout at "
          "most; unset: each on its own. Weights are shared anyway. Gains on a "
          "GPU, little on the CPU",
          nullptr, flags));
  g_object_class_install_property(
      object_class, kOomPolicy,
      g_param_spec_enum("oom-policy", "Out-of-memory policy",
                        "What happens when host or device memory runs out; "
                        "every frame comes out but with error",
                        oom_policy_type(),
                        static_cast<int>(defaults.oom_policy), flags));
  guint id = kFirstTime;
  for (const Time &row : kTimes)
    g_object_class_install_property(
        object_class, id++,
        g_param_spec_uint64(row.name, row.nick, row.blurb, 0, row.most_ns,
                            defaults.*row.value_ns, flags));
  for (const Number &row : kNumbers)
    g_object_class_install_property(
        object_class, id++,
        g_param_spec_uint(row.name, row.nick, row.blurb, row.least, row.most,
                          defaults.*row.value, flags));
}

void set_flow_property(FlowSettings &settings, guint id, const GValue *value) {
  if (id == kDropPolicy)
    settings.drop_policy = static_cast<DropPolicy>(g_value_get_enum(value));
  else if (id == kQos)
    settings.obeys_qos = g_value_get_boolean(value);
  else if (id == kModelInstanceId)
    set_model_instance_id(settings, g_value_get_string(value));
  else if (id == kOomPolicy)
    settings.oom_policy = static_cast<OomPolicy>(g_value_get_enum(value));
  else if (id < kFirstNumber)
    settings.*kTimes[id - kFirstTime].value_ns = g_value_get_uint64(value);
  else
    settings.*kNumbers[id - kFirstNumber].value = g_value_get_uint(value);
}

void get_flow_property(const FlowSettings &settings, guint id, GValue *value) {
  if (id == kDropPolicy)
    g_value_set_enum(value, static_cast<int>(settings.drop_policy));
  else if (id == kQos)
    g_value_set_boolean(value, settings.obeys_qos);
  else if (id == kModelInstanceId)
    g_value_set_string(value, settings.model_instance_id.c_str());
  else if (id == kOomPolicy)
    g_value_set_enum(value, static_cast<int>(settings.oom_policy));
  else if (id < kFirstNumber)
    g_value_set_uint64(value, settings.*kTimes[id - kFirstTime].value_ns);
  else
    g_value_set_uint(value, settings.*kNumbers[id - kFirstNumber].value);
}

}  // namespace sam2
