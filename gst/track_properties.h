// The properties of sam2track.
#pragma once

#include <gst/gst.h>

#include <string>

#include "analytics_meta.h"
#include "engine/engine.h"
#include "flow_settings.h"
#include "io/prompt_file.h"
#include "lifecycle_session.h"

namespace sam2 {

// Values of all properties, as set.
struct TrackSettings {
  ModelSettings model;
  TrackerSettings tracker;
  FlowSettings flow;
  AttachedParts attached;
  ObjectSettings objects;
  std::string prompt;
  std::string prompt_file;
  double dlc_likelihood = kDefaultDlcLikelihood;
  bool takes_navigation = true;
};

// The read-only property "stats"; its value is not in TrackSettings.
inline constexpr guint kStatsProperty = 1;

void install_track_properties(GObjectClass *object_class);

// Stores the value of property `id` in `settings`. Returns true if it is the
// prompt. The caller holds the lock that guards `settings`.
bool set_track_property(TrackSettings &settings, guint id, const GValue *value);

// The reverse; the same lock.
void get_track_property(const TrackSettings &settings, guint id, GValue *value);

}  // namespace sam2
