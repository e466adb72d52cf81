// What users, detectors and networks do to a stream, at random.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "base/geometry.h"
#include "soak_pipeline.h"

namespace sam2 {

// Thread-bound. Everything follows from the seed but what depends on how fast
// the tracker is: which frames are dropped.
class SoakDriver {
 public:
  SoakDriver(SoakPipeline &pipeline, uint32_t seed)
      : pipeline_(pipeline), random_(seed) {}

  // Starts the pipeline, each time with other properties: a round of kRounds.
  void start();
  // Something or nothing happens, and a frame is brought.
  void step();
  // Everything tracked is forgotten and every frame has come out.
  void rest();

  int starts() const { return starts_; }
  static constexpr int kRounds = 4;
  // "new boxes 12, corrections 40, ...", and what has never happened.
  std::string counts() const;
  std::vector<std::string> faults() const;

 private:
  static constexpr size_t kOperations = 17;
  struct Operation {
    const char *name;
    int per_mille;  // of the frames
    void (SoakDriver::*act)();
  };
  static const Operation kTable[kOperations];

  int pick(int count) { return static_cast<int>(random_() % count); }
  gint64 some_id() { return 1 + pick(8); }
  GstClockTime next_time() const { return position_ * 40 * GST_MSECOND; }
  SizePx size() const;
  BoxPx some_box();
  std::string point_inside(const BoxPx &box, const char *sign);
  void add_points(gint64 id, const std::string &points, GstClockTime time);
  void bring_frame();

  void box_in_sight();
  void click_new();
  void correct();
  void paint_mask();
  void prompt_later();
  void prompt_event();
  void click_in_window();
  void set_prompt();
  void detect() { detects_ = true; }
  void remove();
  void clear();
  void reset();
  void change_caps();
  void flush();
  void gap();
  void complain();
  void hurry() { hurried_ = 12; }

  SoakPipeline &pipeline_;
  std::mt19937 random_;
  int64_t position_ = 0;  // of the next frame in the stream
  int starts_ = 0;
  int hurried_ = 0;  // frames to bring without waiting
  bool detects_ = false;
  std::array<int64_t, kOperations> counts_ = {};
};

}  // namespace sam2
