// The properties of sam2track that say how frames travel.
#pragma once

#include <gst/gst.h>

#include "flow_settings.h"

namespace sam2 {

// All of them have ids from this one up to kLastFlowProperty, and no other
// property has.
inline constexpr guint kFirstFlowProperty = 500;
inline constexpr guint kLastFlowProperty = 599;

void install_flow_properties(GObjectClass *object_class);

// Stores the value of property `id` in `settings`. The caller holds the lock
// that guards `settings`.
void set_flow_property(FlowSettings &settings, guint id, const GValue *value);

// The reverse; the same lock.
void get_flow_property(const FlowSettings &settings, guint id, GValue *value);

}  // namespace sam2
