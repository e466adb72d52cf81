// The memory of sam2track's device: what is foreseen, and what the bus hears.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <memory>
#include <mutex>

#include "engine/engine.h"

namespace sam2 {

// Warnings on the bus about environment variables of memory settings that have
// unusable values.
void warn_about_environment(GstElement *element);

// A warning on the bus where nothing keeps the limit, because this build cannot
// count what the device holds.
void warn_if_unlimited(GstElement *element, const Engine &engine);

// Asks the engine for what the demand needs, and posts a warning if less is
// granted. Throws what Engine::prepare throws.
MemoryPlan prepare_memory(GstElement *element, const Engine &engine,
                          const MemoryDemand &demand);

// Thread-safe.
class MemoryWatch {
 public:
  // `engine` null: there is nothing to watch.
  void set_engine(std::shared_ptr<const Engine> engine);

  // Emits the signal "memory-pressure" of sam2track and posts the element
  // message "sam2-memory-pressure" if the pressure is another than when looked
  // last, "normal" at first:
  //
  //   level          string: "normal", "warning" or "critical"
  //   in-use, limit  uint64, bytes of tensors on the device
  //
  // Takes about a microsecond otherwise.
  void look(GstElement *element);

  // Adds to a structure, if there is an engine, uint64 in bytes (MemoryReport
  // says what each is): memory-in-use, memory-limit, memory-peak,
  // memory-weights, memory-banks, memory-frames, memory-other, memory-cached,
  // memory-device, memory-device-free, memory-process; and the string
  // memory-pressure.
  void describe(GstStructure *structure) const;

 private:
  std::shared_ptr<const Engine> engine() const;

  mutable std::mutex mutex_;  // guards engine_
  std::shared_ptr<const Engine> engine_;
  std::atomic<PressureLevel> level_{PressureLevel::kNormal};
};

}  // namespace sam2
