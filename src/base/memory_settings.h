// How much of a device's memory may be used.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sam2 {

struct MemorySettings {
  uint64_t limit_bytes = 0;  // 0 = by fraction
  double fraction = 0.9;     // of the device's memory, above 0...1
  // Shares of the limit, above 0...1, from which on pressure is reported.
  double warning = 0.8;
  double critical = 0.95;
  // Memory is taken when it is needed; else all that is foreseen at the start.
  bool growth = true;
};

// Error kSetting, naming the property, for values out of range and for a
// warning threshold above the critical one.
void check_memory_settings(const MemorySettings &settings);

// The defaults as the environment changes them: SAM_GPU_MEMORY_FRACTION,
// SAM_MEMORY_WARNING_THRESHOLD and SAM_MEMORY_CRITICAL_THRESHOLD (numbers with
// a point, above 0...1) and SAM_ENABLE_MEMORY_GROWTH (1, true, yes, on; 0,
// false, no, off).
struct EnvironmentMemory {
  MemorySettings settings;
  // One sentence for each variable with an unusable value, which changes
  // nothing.
  std::vector<std::string> warnings;
};
EnvironmentMemory memory_settings_from_environment();

}  // namespace sam2
