// Stops the fake tracker at will, so that tests see what the other threads do
// meanwhile, and lets its memory run out.
#pragma once

namespace sam2 {

// Of the models named "gate.pt", all trackers of the process.
struct FakeEngineGate {
  void (*close)();             // the next track() waits inside
  void (*open)();              // whoever waits goes on
  void (*wait_for_arrival)();  // until one waits inside
  // Of all models: units of memory that there are, and how many of them are
  // kept for later frames. A frame in the encoder takes 4, an object in a pass
  // 2 (at most 4 of them go together), a memory 1 (7 of them), coasting 1, a
  // prompt for the latest frame 20.
  void (*set_memory)(int units, int cached);
  // Engines that are open fail for good, those opened later work. While
  // `is_gone`, only the device "cpu" can be opened.
  void (*lose_device)(bool is_gone);
};

// extern "C" const sam2::FakeEngineGate *fake_engine_gate(void);
inline constexpr const char *kFakeEngineGate = "fake_engine_gate";

}  // namespace sam2
