// The properties of sam2track that say which network runs, and how.
#pragma once

#include <gst/gst.h>

#include "engine/engine.h"

namespace sam2 {

// All of them have ids from this one up to kLastModelProperty, and no other
// property has.
inline constexpr guint kFirstModelProperty = 100;
inline constexpr guint kLastModelProperty = 199;

void install_model_properties(GObjectClass *object_class);

// Stores the value of property `id` in `settings`. The caller holds the lock
// that guards `settings`.
void set_model_property(ModelSettings &settings, guint id, const GValue *value);

// The reverse; the same lock.
void get_model_property(const ModelSettings &settings, guint id, GValue *value);

}  // namespace sam2
