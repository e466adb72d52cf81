// The properties of sam2mask.
#pragma once

#include <gst/gst.h>

#include <cstdint>

namespace sam2 {

enum class MaskOutput { kLabels, kMask };
enum class LabelValues { kIndex, kId };

inline constexpr int64_t kAllObjects = -1;

struct MaskSettings {
  MaskOutput output = MaskOutput::kLabels;
  LabelValues values = LabelValues::kIndex;
  int64_t object_id = kAllObjects;
  // Whether a pixel says which object it is, or just that it is one.
  bool is_label_map() const {
    return output == MaskOutput::kLabels && object_id == kAllObjects;
  }
};

void install_mask_properties(GObjectClass *object_class);

// The caller holds the lock that guards `settings`.
void set_mask_property(MaskSettings &settings, guint id, const GValue *value);
void get_mask_property(const MaskSettings &settings, guint id, GValue *value);

}  // namespace sam2
