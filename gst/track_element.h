// What the sources of the element sam2track share.
#pragma once

#include <gst/gst.h>

#include "engine/engine.h"
#include "navigation.h"
#include "prompt_desk.h"
#include "property_prompts.h"
#include "track_properties.h"
#include "track_worker.h"

namespace sam2 {

struct TrackElementState {
  TrackElementState(GstElement *element, GstPad *sink, GstPad *source)
      : desk(element, flow.commands, flow.ids),
        clicks(desk),
        worker(element, sink, source, flow, desk) {
    settings.model.memory = memory_settings_from_environment().settings;
  }

  TrackSettings settings;  // guarded by the object lock
  // From NULL to READY on; the library stays open for good.
  const EngineApi *api = nullptr;
  PropertyPrompts prompts;
  TrackFlow flow;
  PromptDesk desk;
  NavigationPrompts clicks;
  TrackWorker worker;
};

}  // namespace sam2

struct GstSam2Track {
  GstElement parent;
  GstPad *sink;    // the element's
  GstPad *source;  // the element's; its task is the tracking thread
  sam2::TrackElementState *state;
};

namespace sam2 {

inline GstSam2Track *as_track(gpointer object) {
  return reinterpret_cast<GstSam2Track *>(object);
}

}  // namespace sam2
