// Stops the fake tracker at will, so that tests see what the other threads do
// meanwhile.
#pragma once

namespace sam2 {

// Of the models named "gate.pt", all trackers of the process.
struct FakeEngineGate {
  void (*close)();             // the next track() waits inside
  void (*open)();              // whoever waits goes on
  void (*wait_for_arrival)();  // until one waits inside
};

// extern "C" const sam2::FakeEngineGate *fake_engine_gate(void);
inline constexpr const char *kFakeEngineGate = "fake_engine_gate";

}  // namespace sam2
