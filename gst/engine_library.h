// Opens the tracker library (libsam2.so.0) at run time.
//
// The plugin does not link LibTorch: it registers in milliseconds, and a
// missing library is one error message instead of a plugin that GStreamer
// puts on its blacklist.
#pragma once

#include "engine/engine.h"

namespace sam2 {

// The library's function table. Looks for the library in this order:
//
//   1. the file named by the environment variable SAM2_ENGINE_LIBRARY, for
//      developers; nothing else is tried then
//   2. ../src/libsam2.so.0 from the plugin's folder, the build tree
//   3. ../libsam2.so.0 from the plugin's folder, the installed layout
//   4. libsam2.so.0 wherever the dynamic linker looks
//
// The library is never unloaded, so the table stays valid. Loading takes about
// half a second the first time and nothing afterwards. It leaves the process'
// signal handlers as they were, and sets the environment variables
// UCX_LOG_LEVEL (fatal) and OMP_WAIT_POLICY (passive) if they are unset.
//
// Throws Error: kNotFound if there is no library or it cannot be loaded,
// kInternal if it belongs to another version of the plugin. Thread-safe.
const EngineApi &engine_api();

}  // namespace sam2
