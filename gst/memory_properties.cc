#include "memory_properties.h"

#include <iterator>

namespace sam2 {
namespace {

constexpr guint kLimit = kFirstMemoryProperty;
constexpr guint kGrowth = kLimit + 1;
constexpr guint kFirstShare = kGrowth + 1;  // row 0 of kShares

struct Share {
  double MemorySettings::*value;
  const char *name;
  const char *nick;
  const char *blurb;
};
const Share kShares[] = {
    {&MemorySettings::fraction, "memory-fraction", "Memory fraction",
     "Share of the device's memory (on the CPU: of the machine's or the "
     "control group's) that tensors may take, above 0; the environment's "
     "SAM_GPU_MEMORY_FRACTION changes the default"},
    {&MemorySettings::warning, "memory-warning-threshold",
     "Memory warning threshold",
     "Share of the limit from which on memory is short (level \"warning\"); "
     "the environment's SAM_MEMORY_WARNING_THRESHOLD changes the default"},
    {&MemorySettings::critical, "memory-critical-threshold",
     "Memory critical threshold",
     "Share of the limit from which on memory is nearly used up (level "
     "\"critical\"); the environment's SAM_MEMORY_CRITICAL_THRESHOLD changes "
     "the default"},
};

}  // namespace

void install_memory_properties(GObjectClass *object_class) {
  const auto flags = static_cast<GParamFlags>(
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
  const MemorySettings defaults;
  g_object_class_install_property(
      object_class, kLimit,
      g_param_spec_uint64("memory-limit", "Memory limit",
                          "Bytes that tensors may take on the device, in the "
                          "whole process: of several elements the smallest "
                          "limit holds; 0 = by memory-fraction",
                          0, G_MAXUINT64, defaults.limit_bytes, flags));
  g_object_class_install_property(
      object_class, kGrowth,
      g_param_spec_boolean(
          "memory-growth", "Memory growth",
          "Whether memory is taken when it is needed; else all that "
          "max-objects and the batch need is taken when the format is known, "
          "which on the CPU takes as long as several frames; the "
          "environment's SAM_ENABLE_MEMORY_GROWTH changes the default",
          defaults.growth, flags));
  guint id = kFirstShare;
  for (const Share &row : kShares)
    g_object_class_install_property(
        object_class, id++,
        g_param_spec_double(row.name, row.nick, row.blurb, 0, 1,
                            defaults.*row.value, flags));
}

void set_memory_property(MemorySettings &settings, guint id,
                         const GValue *value) {
  if (id == kLimit)
    settings.limit_bytes = g_value_get_uint64(value);
  else if (id == kGrowth)
    settings.growth = g_value_get_boolean(value);
  else
    settings.*kShares[id - kFirstShare].value = g_value_get_double(value);
}

void get_memory_property(const MemorySettings &settings, guint id,
                         GValue *value) {
  if (id == kLimit)
    g_value_set_uint64(value, settings.limit_bytes);
  else if (id == kGrowth)
    g_value_set_boolean(value, settings.growth);
  else
    g_value_set_double(value, settings.*kShares[id - kFirstShare].value);
}

}  // namespace sam2
