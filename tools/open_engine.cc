#include "open_engine.h"

#include <cstdio>

extern "C" const sam2::EngineApi *sam2_engine_api(void);

namespace sam2 {

std::shared_ptr<const Engine> open_engine(const ModelSettings &settings) {
  const EngineApi *api = sam2_engine_api();
  const std::string warning = api->slow_matmul_warning();
  if (!warning.empty()) std::fprintf(stderr, "%s\n", warning.c_str());
  auto engine = api->open(settings);
  const ModelInfo info = engine->info();
  std::fprintf(stderr, "%s on %s, %s, %d px\n", info.variant.c_str(),
               info.device.c_str(), info.precision.c_str(), info.input_size_px);
  return engine;
}

}  // namespace sam2
