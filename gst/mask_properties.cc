#include "mask_properties.h"

namespace sam2 {
namespace {

enum MaskProperty : guint { kOutput = 1, kValues, kObjectId };

constexpr auto kFlags = static_cast<GParamFlags>(
    G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);

GType output_type() {
  static const GEnumValue kOutputs[] = {
      {static_cast<int>(MaskOutput::kLabels),
       "A pixel says which object it is, 0 = none", "labels"},
      {static_cast<int>(MaskOutput::kMask),
       "White where any object is, else black", "mask"},
      {0, nullptr, nullptr}};
  static const GType type =
      g_enum_register_static("GstSam2MaskOutput", kOutputs);
  return type;
}

GType values_type() {
  static const GEnumValue kValueKinds[] = {
      {static_cast<int>(LabelValues::kIndex),
       "The object's place in the metadata, from 1", "index"},
      {static_cast<int>(LabelValues::kId), "The object's tracking id", "id"},
      {0, nullptr, nullptr}};
  static const GType type =
      g_enum_register_static("GstSam2MaskValues", kValueKinds);
  return type;
}

}  // namespace

void install_mask_properties(GObjectClass *object_class) {
  const MaskSettings defaults;
  g_object_class_install_property(
      object_class, kOutput,
      g_param_spec_enum("output", "Output", "What the picture shows",
                        output_type(), static_cast<int>(defaults.output),
                        kFlags));
  g_object_class_install_property(
      object_class, kValues,
      g_param_spec_enum("values", "Values",
                        "What the pixels of a label map are", values_type(),
                        static_cast<int>(defaults.values), kFlags));
  g_object_class_install_property(
      object_class, kObjectId,
      g_param_spec_int64("object-id", "Object id",
                         "Tracking id of the only object that is shown, as a "
                         "mask; -1 = all objects",
                         kAllObjects, G_MAXINT64, defaults.object_id, kFlags));
}

void set_mask_property(MaskSettings &settings, guint id, const GValue *value) {
  switch (id) {
    case kOutput:
      settings.output = static_cast<MaskOutput>(g_value_get_enum(value));
      break;
    case kValues:
      settings.values = static_cast<LabelValues>(g_value_get_enum(value));
      break;
    case kObjectId:
      settings.object_id = g_value_get_int64(value);
      break;
  }
}

void get_mask_property(const MaskSettings &settings, guint id, GValue *value) {
  switch (id) {
    case kOutput:
      g_value_set_enum(value, static_cast<int>(settings.output));
      break;
    case kValues:
      g_value_set_enum(value, static_cast<int>(settings.values));
      break;
    case kObjectId:
      g_value_set_int64(value, settings.object_id);
      break;
  }
}

}  // namespace sam2
