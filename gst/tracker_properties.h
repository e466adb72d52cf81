// The properties of sam2track that say what the tracker remembers and shows.
#pragma once

#include <gst/gst.h>

#include "engine/engine.h"

namespace sam2 {

// All of them have ids from this one up to kLastTrackerProperty, and no other
// property has.
inline constexpr guint kFirstTrackerProperty = 200;
inline constexpr guint kLastTrackerProperty = 299;

void install_tracker_properties(GObjectClass *object_class);

// Stores the value of property `id` in `settings`. The caller holds the lock
// that guards `settings`.
void set_tracker_property(TrackerSettings &settings, guint id,
                          const GValue *value);

// The reverse; the same lock.
void get_tracker_property(const TrackerSettings &settings, guint id,
                          GValue *value);

}  // namespace sam2
