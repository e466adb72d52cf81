// The properties of sam2track that make objects of detections.
#pragma once

#include <gst/gst.h>

#include "lifecycle_session.h"

namespace sam2 {

// All of them have ids from this one on, and no other property has.
inline constexpr guint kFirstObjectProperty = 1000;

void install_object_properties(GObjectClass *object_class);

// Stores the value of property `id` in `settings`. The caller holds the lock
// that guards `settings`.
void set_object_property(ObjectSettings &settings, guint id,
                         const GValue *value);

// The reverse; the same lock.
void get_object_property(const ObjectSettings &settings, guint id,
                         GValue *value);

}  // namespace sam2
