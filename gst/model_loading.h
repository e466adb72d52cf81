// Loading a model, told on the bus.
#pragma once

#include <gst/gst.h>

#include <memory>

#include "engine/engine.h"

namespace sam2 {

// Posts progress messages "load-model" on `element`, and a warning if the
// processor will be slower than it could be. Throws what EngineApi::open
// throws.
std::shared_ptr<const Engine> load_model(GstElement *element,
                                         const EngineApi &api,
                                         const ModelSettings &settings);

}  // namespace sam2
