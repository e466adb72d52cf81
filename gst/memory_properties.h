// The properties of sam2track that bound the memory of tensors.
#pragma once

#include <gst/gst.h>

#include "base/memory_settings.h"

namespace sam2 {

// All of them have ids from this one up to kLastMemoryProperty, and no other
// property has.
inline constexpr guint kFirstMemoryProperty = 600;
inline constexpr guint kLastMemoryProperty = 699;

void install_memory_properties(GObjectClass *object_class);

// Stores the value of property `id` in `settings`. The caller holds the lock
// that guards `settings`.
void set_memory_property(MemorySettings &settings, guint id,
                         const GValue *value);

// The reverse; the same lock.
void get_memory_property(const MemorySettings &settings, guint id,
                         GValue *value);

}  // namespace sam2
