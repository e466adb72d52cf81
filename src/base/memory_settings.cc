#include "base/memory_settings.h"

#include <glib.h>

#include <iterator>

#include "base/error.h"

namespace sam2 {
namespace {

struct Share {
  const char *property;
  const char *variable;
  double MemorySettings::*value;
};
constexpr Share kShares[] = {
    {"memory-fraction", "SAM_GPU_MEMORY_FRACTION", &MemorySettings::fraction},
    {"memory-warning-threshold", "SAM_MEMORY_WARNING_THRESHOLD",
     &MemorySettings::warning},
    {"memory-critical-threshold", "SAM_MEMORY_CRITICAL_THRESHOLD",
     &MemorySettings::critical},
};
constexpr const char *kGrowth = "SAM_ENABLE_MEMORY_GROWTH";

// False for what is not a number, too.
bool is_share(double value) { return value > 0 && value <= 1; }

std::string text_of(double value) {
  char text[G_ASCII_DTOSTR_BUF_SIZE];
  return g_ascii_formatd(text, sizeof text, "%g", value);
}

std::string unusable(const char *variable, const char *text,
                     const char *expected) {
  return std::string("The environment variable ") + variable + " is \"" + text +
         "\" and was ignored. Set it to " + expected + ".";
}

void read_share(const Share &share, EnvironmentMemory &out) {
  const char *text = g_getenv(share.variable);
  if (!text) return;
  char *end = nullptr;
  const double value = g_ascii_strtod(text, &end);
  if (end != text && *end == '\0' && is_share(value))
    out.settings.*share.value = value;
  else
    out.warnings.push_back(
        unusable(share.variable, text, "a number above 0, up to 1"));
}

void read_growth(EnvironmentMemory &out) {
  const char *text = g_getenv(kGrowth);
  if (!text) return;
  constexpr const char *kYes[] = {"1", "true", "yes", "on"};
  constexpr const char *kNo[] = {"0", "false", "no", "off"};
  for (size_t i = 0; i < std::size(kYes); ++i) {
    const bool is_yes = g_ascii_strcasecmp(text, kYes[i]) == 0;
    if (!is_yes && g_ascii_strcasecmp(text, kNo[i]) != 0) continue;
    out.settings.growth = is_yes;
    return;
  }
  out.warnings.push_back(unusable(kGrowth, text, "true or false"));
}

}  // namespace

void check_memory_settings(const MemorySettings &settings) {
  for (const Share &share : kShares)
    if (!is_share(settings.*share.value))
      throw Error(ErrorCode::kSetting,
                  std::string(share.property) + " is " +
                      text_of(settings.*share.value) +
                      ". Set it to a number above 0, up to 1.");
  if (settings.warning > settings.critical)
    throw Error(ErrorCode::kSetting,
                "memory-warning-threshold is " + text_of(settings.warning) +
                    ", above memory-critical-threshold, which is " +
                    text_of(settings.critical) + ". Set it to " +
                    text_of(settings.critical) + " or less.");
}

EnvironmentMemory memory_settings_from_environment() {
  EnvironmentMemory out;
  for (const Share &share : kShares) read_share(share, out);
  read_growth(out);
  return out;
}

}  // namespace sam2
