#include "matte_properties.h"

#include <algorithm>

#include "gst_ptr.h"
#include "hidden_area.h"

namespace sam2 {
namespace {

enum MatteProperty : guint {
  kMode = 1,
  kColour,
  kBlurSize,
  kPixelSize,
  kFeather,
  kInvert,
  kWithoutObjects,
  kObjectIds,
};

constexpr guint kMinBlockPx = 2;
constexpr guint kMaxBlockPx = 256;

constexpr auto kFlags = static_cast<GParamFlags>(
    G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);
constexpr auto kControllable =
    static_cast<GParamFlags>(kFlags | GST_PARAM_CONTROLLABLE);

GType mode_type() {
  static const GEnumValue kModes[] = {
      {static_cast<int>(MatteMode::kTransparent),
       "The background becomes transparent", "transparent"},
      {static_cast<int>(MatteMode::kColour), "The background gets one colour",
       "colour"},
      {static_cast<int>(MatteMode::kBlur), "The background is blurred", "blur"},
      {static_cast<int>(MatteMode::kObjectBlur), "The objects are blurred",
       "object-blur"},
      {static_cast<int>(MatteMode::kObjectPixelate),
       "The objects become large squares", "object-pixelate"},
      {0, nullptr, nullptr}};
  static const GType type = g_enum_register_static("GstSam2MatteMode", kModes);
  return type;
}

GType without_objects_type() {
  static const GEnumValue kRules[] = {
      {static_cast<int>(WithoutObjects::kHide),
       "The whole picture is hidden if no chosen object is in it", "hide"},
      {static_cast<int>(WithoutObjects::kHideLost),
       "The same, and also if any chosen object is lost", "hide-lost"},
      {static_cast<int>(WithoutObjects::kKeep),
       "The picture stays as it is if no chosen object is in it", "keep"},
      {0, nullptr, nullptr}};
  static const GType type =
      g_enum_register_static("GstSam2MatteWithoutObjects", kRules);
  return type;
}

void install_size(GObjectClass *object_class, guint id, const char *name,
                  const char *nick, const char *text, guint value) {
  g_object_class_install_property(
      object_class, id,
      g_param_spec_uint(name, nick, text, kMinBlockPx, kMaxBlockPx, value,
                        kControllable));
}

void install_looks(GObjectClass *object_class) {
  const MatteSettings defaults;
  g_object_class_install_property(
      object_class, kMode,
      g_param_spec_enum("mode", "Mode", "What is hidden, and how", mode_type(),
                        static_cast<int>(defaults.mode), kFlags));
  g_object_class_install_property(
      object_class, kColour,
      g_param_spec_uint("colour", "Colour",
                        "What hides the background in mode colour, and lies "
                        "under it in mode transparent, as 0xAARRGGBB; its "
                        "alpha says how much it hides in mode colour",
                        0, G_MAXUINT, defaults.colour_argb, kControllable));
  install_size(object_class, kBlurSize, "blur-size", "Blur size",
               "How far a blur reaches, in pixels", defaults.blur_size_px);
  install_size(object_class, kPixelSize, "pixel-size", "Pixel size",
               "Side of the squares of mode object-pixelate in pixels; an odd "
               "one is one more where chroma is subsampled",
               defaults.pixel_size_px);
  g_object_class_install_property(
      object_class, kFeather,
      g_param_spec_uint("feather", "Feather",
                        "Width of the soft edge in pixels, on the side that is "
                        "not hidden; 0 = a hard edge",
                        0, HiddenArea::kMaxFeatherPx, defaults.feather_px,
                        kControllable));
}

void install_choices(GObjectClass *object_class) {
  const MatteSettings defaults;
  g_object_class_install_property(
      object_class, kInvert,
      g_param_spec_boolean("invert", "Invert",
                           "Hide the objects instead of the background, or "
                           "the background instead of the objects",
                           defaults.is_inverted, kControllable));
  g_object_class_install_property(
      object_class, kWithoutObjects,
      g_param_spec_enum("without-objects", "Without objects",
                        "What happens to frames without a mask of a chosen "
                        "object",
                        without_objects_type(),
                        static_cast<int>(defaults.without_objects), kFlags));
  g_object_class_install_property(
      object_class, kObjectIds,
      g_param_spec_string("object-ids", "Object ids",
                          "Tracking ids of the objects that are meant, with "
                          "commas between, such as 1,3; all = every object, "
                          "tracked or not",
                          "all", kFlags));
}

void set_objects(MatteSettings &settings, const char *text) {
  settings.objects = std::make_shared<const ObjectChoice>(
      parse_object_choice(text ? text : "all"));
}

}  // namespace

ObjectChoice parse_object_choice(const std::string &text) {
  ObjectChoice choice;
  choice.text = text;
  const CharPtr copy(g_strstrip(g_strdup(text.c_str())));
  if (!*copy || g_str_equal(copy.get(), "all")) return choice;
  choice.is_all = false;
  gchar **parts = g_strsplit(copy.get(), ",", -1);
  for (gchar **part = parts; *part; ++part) {
    gint64 id = 0;
    choice.is_valid &= g_ascii_string_to_signed(
        g_strstrip(*part), 10, G_MININT64, G_MAXINT64, &id, nullptr);
    choice.ids.push_back(id);
  }
  g_strfreev(parts);
  std::sort(choice.ids.begin(), choice.ids.end());
  return choice;
}

void install_matte_properties(GObjectClass *object_class) {
  install_looks(object_class);
  install_choices(object_class);
}

void set_matte_property(MatteSettings &settings, guint id,
                        const GValue *value) {
  switch (id) {
    case kMode:
      settings.mode = static_cast<MatteMode>(g_value_get_enum(value));
      break;
    case kColour:
      settings.colour_argb = g_value_get_uint(value);
      break;
    case kBlurSize:
      settings.blur_size_px = g_value_get_uint(value);
      break;
    case kPixelSize:
      settings.pixel_size_px = g_value_get_uint(value);
      break;
    case kFeather:
      settings.feather_px = g_value_get_uint(value);
      break;
    case kInvert:
      settings.is_inverted = g_value_get_boolean(value);
      break;
    case kWithoutObjects:
      settings.without_objects =
          static_cast<WithoutObjects>(g_value_get_enum(value));
      break;
    case kObjectIds:
      set_objects(settings, g_value_get_string(value));
      break;
  }
}

void get_matte_property(const MatteSettings &settings, guint id,
                        GValue *value) {
  switch (id) {
    case kMode:
      g_value_set_enum(value, static_cast<int>(settings.mode));
      break;
    case kColour:
      g_value_set_uint(value, settings.colour_argb);
      break;
    case kBlurSize:
      g_value_set_uint(value, settings.blur_size_px);
      break;
    case kPixelSize:
      g_value_set_uint(value, settings.pixel_size_px);
      break;
    case kFeather:
      g_value_set_uint(value, settings.feather_px);
      break;
    case kInvert:
      g_value_set_boolean(value, settings.is_inverted);
      break;
    case kWithoutObjects:
      g_value_set_enum(value, static_cast<int>(settings.without_objects));
      break;
    case kObjectIds:
      g_value_set_string(value, settings.objects->text.c_str());
      break;
  }
}

}  // namespace sam2
