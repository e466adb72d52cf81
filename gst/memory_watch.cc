#include "memory_watch.h"

#include <string>
#include <utility>

#include "base/memory_settings.h"
#include "boundary.h"
#include "track_signals.h"

GST_DEBUG_CATEGORY_EXTERN(sam2track_debug);
#define GST_CAT_DEFAULT sam2track_debug

namespace sam2 {
namespace {

struct Field {
  const char *name;
  uint64_t MemoryReport::*bytes;
};
constexpr Field kFields[] = {
    {"memory-in-use", &MemoryReport::in_use_bytes},
    {"memory-limit", &MemoryReport::limit_bytes},
    {"memory-peak", &MemoryReport::peak_bytes},
    {"memory-weights", &MemoryReport::weights_bytes},
    {"memory-banks", &MemoryReport::bank_bytes},
    {"memory-frames", &MemoryReport::frame_bytes},
    {"memory-other", &MemoryReport::other_bytes},
    {"memory-cached", &MemoryReport::cached_bytes},
    {"memory-device", &MemoryReport::device_bytes},
    {"memory-device-free", &MemoryReport::device_free_bytes},
    {"memory-process", &MemoryReport::process_bytes},
};

void log(GstElement *element, const MemoryReport &report) {
  std::string text;
  for (const Field &field : kFields)
    text += std::string(" ") + field.name + "=" +
            std::to_string(report.*field.bytes);
  GST_DEBUG_OBJECT(element, "%s:%s", pressure_name(report.pressure),
                   text.c_str());
}

}  // namespace

void warn_about_environment(GstElement *element) {
  for (const std::string &text : memory_settings_from_environment().warnings)
    post_refusal(element, Error(ErrorCode::kSetting, text));
}

void warn_if_unlimited(GstElement *element, const Engine &engine) {
  if (engine.memory().limit_bytes > 0) return;
  post_refusal(
      element,
      Error(
          ErrorCode::kSetting,
          "This build cannot count what is in the memory of " +
              engine.info().device +
              ", and memory-limit and memory-fraction do not hold. Build it "
              "with the headers of LibTorch's CUDA toolkit (-Dcuda-prefix)."));
}

MemoryPlan prepare_memory(GstElement *element, const Engine &engine,
                          const MemoryDemand &demand) {
  MemoryPlan plan = engine.prepare(demand);
  GST_DEBUG_OBJECT(element,
                   "%d objects, %d frames together, %dx%d: %" G_GUINT64_FORMAT
                   " bytes foreseen",
                   demand.objects, plan.batch_size, demand.frame_size.width,
                   demand.frame_size.height, guint64{plan.peak_bytes});
  if (!plan.warning.empty())
    post_refusal(element, Error(ErrorCode::kSetting, plan.warning));
  return plan;
}

void MemoryWatch::set_engine(std::shared_ptr<const Engine> engine) {
  const std::lock_guard<std::mutex> lock(mutex_);
  engine_ = std::move(engine);
  level_ = PressureLevel::kNormal;
}

std::shared_ptr<const Engine> MemoryWatch::engine() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return engine_;
}

void MemoryWatch::look(GstElement *element) {
  const auto watched = engine();
  if (!watched) return;
  const PressureLevel level = watched->memory_pressure();
  if (level_.exchange(level) == level) return;
  const MemoryReport report = watched->memory();
  log(element, report);
  announce(element, StructurePtr(gst_structure_new(
                        "sam2-memory-pressure", "level", G_TYPE_STRING,
                        pressure_name(level), "in-use", G_TYPE_UINT64,
                        guint64{report.in_use_bytes}, "limit", G_TYPE_UINT64,
                        guint64{report.limit_bytes}, nullptr)));
}

void MemoryWatch::describe(GstStructure *structure) const {
  const auto watched = engine();
  if (!watched) return;
  const MemoryReport report = watched->memory();
  for (const Field &field : kFields)
    gst_structure_set(structure, field.name, G_TYPE_UINT64,
                      guint64{report.*field.bytes}, nullptr);
  gst_structure_set(structure, "memory-pressure", G_TYPE_STRING,
                    pressure_name(report.pressure), nullptr);
}

}  // namespace sam2
