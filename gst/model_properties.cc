#include "model_properties.h"

#include <string>

namespace sam2 {
namespace {

enum ModelProperty : guint {
  kModelFile = kFirstModelProperty,
  kModelType,
  kDevice,
  kPrecision,
  kInputSize,
};

constexpr guint kMaxInputSizePx = 2048;

// Position is value; the nick is also the name that the tracker knows.
const GEnumValue kPrecisions[] = {
    {static_cast<int>(Precision::kAuto),
     "bfloat16 where the device is fast at it, else float32", "auto"},
    {static_cast<int>(Precision::kFp32), "float32", "fp32"},
    {static_cast<int>(Precision::kTf32),
     "float32 with factors rounded to 10 bits, on GPUs that can", "tf32"},
    {static_cast<int>(Precision::kBf16), "bfloat16", "bf16"},
    {static_cast<int>(Precision::kFp16), "float16", "fp16"},
    {0, nullptr, nullptr},
};

GType precision_type() {
  static const GType type =
      g_enum_register_static("GstSam2Precision", kPrecisions);
  return type;
}

std::string text_of(const GValue *value) {
  const char *text = g_value_get_string(value);
  return text ? text : "";
}

}  // namespace

void install_model_properties(GObjectClass *object_class) {
  const auto flags = static_cast<GParamFlags>(
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
  g_object_class_install_property(
      object_class, kModelFile,
      g_param_spec_string("model-file", "Model file",
                          "Checkpoint of SAM 2, SAM 2.1, EdgeTAM or "
                          "EfficientTAM (.pt), or "
                          "the same tensors as .safetensors; unset: the "
                          "bundled model",
                          nullptr, flags));
  g_object_class_install_property(
      object_class, kModelType,
      g_param_spec_string("model-type", "Model type",
                          "What model-file has to hold, else it is refused: "
                          "tiny, small, base-plus, large, nano (the bundled "
                          "one), edgetam, efficienttam-s, efficienttam-ti, "
                          "or a name with its generation such as "
                          "sam2.1-tiny; auto = any",
                          "auto", flags));
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
                        "model, in pixels: a multiple of 32 from 64 on, with "
                        "EdgeTAM of 256; 0 = the model's own",
                        0, kMaxInputSizePx, 0, flags));
}

void set_model_property(ModelSettings &settings, guint id,
                        const GValue *value) {
  switch (id) {
    case kModelFile:
      settings.model_file = text_of(value);
      break;
    case kModelType:
      settings.model_type = text_of(value);
      break;
    case kDevice:
      settings.device = text_of(value);
      break;
    case kPrecision:
      settings.precision = static_cast<Precision>(g_value_get_enum(value));
      break;
    case kInputSize:
      settings.input_size_px = static_cast<int>(g_value_get_uint(value));
      break;
    default:
      break;
  }
}

void get_model_property(const ModelSettings &settings, guint id,
                        GValue *value) {
  switch (id) {
    case kModelFile:
      g_value_set_string(value, settings.model_file.c_str());
      break;
    case kModelType:
      g_value_set_string(value, settings.model_type.c_str());
      break;
    case kDevice:
      g_value_set_string(value, settings.device.c_str());
      break;
    case kPrecision:
      g_value_set_enum(value, static_cast<int>(settings.precision));
      break;
    case kInputSize:
      g_value_set_uint(value, static_cast<guint>(settings.input_size_px));
      break;
    default:
      break;
  }
}

}  // namespace sam2
