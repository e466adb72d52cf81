#include "memory_steps.h"

#include <utility>

#include "boundary.h"
#include "track_signals.h"

GST_DEBUG_CATEGORY_EXTERN(sam2track_debug);
#define GST_CAT_DEFAULT sam2track_debug

namespace sam2 {

void MemorySteps::start(std::shared_ptr<const Engine> engine, OomPolicy policy,
                        const MemoryAllowance &full, bool can_spill,
                        std::function<void(const MemoryAllowance &)> apply) {
  engine_ = std::move(engine);
  policy_ = policy;
  apply_ = std::move(apply);
  ladder_.emplace(full, can_spill);
  device_failure_.reset();
}

void MemorySteps::stop() {
  engine_.reset();
  apply_ = nullptr;
}

void MemorySteps::note(const char *detail) const {
  GST_DEBUG_OBJECT(element_, "memory ran out: %s", detail);
}

bool MemorySteps::step_down(const MemoryUse &use) {
  const Degradation change =
      policy_ == OomPolicy::kDegrade ? ladder_->run_out(use) : ladder_->skip();
  act(change);
  return change.step != DegradationStep::kSkipFrame;
}

void MemorySteps::look(const MemoryUse &use) {
  if (policy_ != OomPolicy::kDegrade) return;
  if (const auto change = ladder_->press(engine_->memory_pressure(), use))
    act(*change);
  else if (!ladder_->may_cache())
    release_cached();
}

// A device that fails here fails in the next attempt too, which tells.
void MemorySteps::release_cached() const {
  try {
    engine_->release_cached_memory();
  } catch (const Error &error) {
    note(error.detail().c_str());
  }
}

void MemorySteps::frame_went_well() {
  if (const auto change = ladder_->good_frame()) act(*change);
}

// Memories that move need room where they go. A device that fails then fails in
// the next attempt too, which tells.
bool MemorySteps::is_applied(const MemoryAllowance &allowance) const {
  try {
    apply_(allowance);
    return true;
  } catch (const Error &error) {
    if (error.code() != ErrorCode::kNoMemory &&
        error.code() != ErrorCode::kDeviceLost)
      throw;
    note(error.detail().c_str());
    return false;
  }
}

// Any step gives back what is cached: what was in use went there.
void MemorySteps::act(const Degradation &change) {
  if (!is_applied(change.allowance)) return ladder_->take_back(change);
  if (!change.is_undone) release_cached();
  stats_.count(change);
  tell(change);
}

void MemorySteps::tell(const Degradation &change) const {
  const DegradationRow &row = degradation_row(change.step);
  announce(element_,
           StructurePtr(gst_structure_new(
               "sam2-degraded", "step", G_TYPE_STRING, row.name, "text",
               G_TYPE_STRING, change.text.c_str(), "level", G_TYPE_UINT,
               static_cast<guint>(change.level), "undone", G_TYPE_BOOLEAN,
               gboolean{change.is_undone}, "changes-results", G_TYPE_BOOLEAN,
               gboolean{row.changes_results}, nullptr)));
  if (change.is_news && !change.is_undone)
    post_refusal(element_, Error(ErrorCode::kNoMemory, change.text));
}

}  // namespace sam2
