// The properties of sam2matte.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace sam2 {

enum class MatteMode {
  kTransparent,
  kColour,
  kBlur,
  kObjectBlur,
  kObjectPixelate,
};

enum class WithoutObjects { kHide, kHideLost, kKeep };

// Which objects are meant.
struct ObjectChoice {
  std::string text = "all";  // as it was set
  bool is_all = true;
  std::vector<int64_t> ids;  // sorted
  bool is_valid = true;
};

// "all", or nothing, or ids with commas between.
ObjectChoice parse_object_choice(const std::string &text);

struct MatteSettings {
  MatteMode mode = MatteMode::kTransparent;
  guint colour_argb = 0xff000000;
  guint blur_size_px = 24;
  guint pixel_size_px = 24;
  guint feather_px = 2;
  bool is_inverted = false;
  WithoutObjects without_objects = WithoutObjects::kHide;
  std::shared_ptr<const ObjectChoice> objects =
      std::make_shared<ObjectChoice>();

  // Whether what is not an object is hidden; else objects are.
  bool hides_background() const {
    const bool is_object_mode =
        mode == MatteMode::kObjectBlur || mode == MatteMode::kObjectPixelate;
    return is_object_mode == is_inverted;
  }
};

void install_matte_properties(GObjectClass *object_class);

// The caller holds the lock that guards `settings`.
void set_matte_property(MatteSettings &settings, guint id, const GValue *value);
void get_matte_property(const MatteSettings &settings, guint id, GValue *value);

}  // namespace sam2
