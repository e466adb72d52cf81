// How the command line tools get their model.
#pragma once

#include <memory>

#include "engine/engine.h"

namespace sam2 {

// Loads the model and says on standard error which one it is, where and how it
// runs, and whether matrix products are slow there. Throws Error as
// EngineApi::open does. Needs the tracker library.
std::shared_ptr<const Engine> open_engine(const ModelSettings &settings);

}  // namespace sam2
