#include "support/fake_controls.h"

#include <string>

#include "base/error.h"
#include "support/fake_engine_gate.h"

namespace sam2::fake {

std::atomic<int> losses{0};
std::atomic<bool> is_device_gone{false};

Gate &gate() {
  static Gate the_gate;
  return the_gate;
}

Record &record() {
  static Record the_record;
  return the_record;
}

FakeMemory &fake_memory() {
  static FakeMemory the_memory;
  return the_memory;
}

void FakeMemory::need(int units) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (units + cached_ <= units_) return;
  throw Error(ErrorCode::kNoMemory, "Memory is full. Buy more.",
              std::to_string(units) + " of " + std::to_string(units_));
}

void fail_if_lost(int losses_at_start) {
  if (losses_at_start == losses) return;
  throw Error(ErrorCode::kDeviceLost, "The device has failed. Restart.",
              "CUDA error: unspecified launch failure");
}

}  // namespace sam2::fake

extern "C" __attribute__((visibility("default"))) const sam2::FakeEngineGate *
fake_engine_gate(void) {
  using namespace sam2::fake;
  static const sam2::FakeEngineGate functions = {
      [] { gate().close(); }, [] { gate().open(); },
      [] { gate().wait_for_arrival(); },
      [](int units, int cached) { fake_memory().set(units, cached); },
      [](bool is_gone) {
        is_device_gone = is_gone;
        ++losses;
      }};
  return &functions;
}

extern "C" __attribute__((visibility("default"))) void fake_engine_picture(
    sam2::SeenPicture *picture) {
  *picture = sam2::fake::record().latest();
}
