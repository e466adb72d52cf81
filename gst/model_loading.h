// Loading a model, told on the bus.
#pragma once

#include <gst/gst.h>

#include <memory>

#include "base/error.h"
#include "engine/engine.h"

namespace sam2 {

// Posts progress messages "load-model" on `element`, and a warning if the
// processor will be slower than it could be. Throws what EngineApi::open
// throws.
std::shared_ptr<const Engine> load_model(GstElement *element,
                                         const EngineApi &api,
                                         const ModelSettings &settings);

// The same after `failure` (kDeviceLost): on the device if `tries_device`, else
// or if that fails on the CPU if any device will do. A warning says where.
// Throws `failure` if there is no such way.
std::shared_ptr<const Engine> reload_model(GstElement *element,
                                           const EngineApi &api,
                                           const ModelSettings &settings,
                                           const Error &failure,
                                           bool tries_device);

}  // namespace sam2
