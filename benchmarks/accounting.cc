// What knowing one's memory costs, beside what a frame takes on the CPU:
// sam2-bench-accounting MODEL, on a frame of noise with one object.
#include <ATen/Parallel.h>
#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "base/geometry.h"
#include "bench_model.h"
#include "engine/engine.h"
#include "track/degradation_ladder.h"

extern "C" const sam2::EngineApi *sam2_engine_api(void);

namespace sam2 {
namespace {

constexpr SizePx kFrameSize = {640, 480};
constexpr int kFrames = 30;  // the first ones fill the memory bank
constexpr size_t kTensorBytes = 4096;

// Of processor time, for one call.
double seconds_per_call(int calls, const std::function<void()> &call) {
  Stopwatch watch(c10::kCPU);
  for (int round = 0; round < 7; ++round)
    watch.time("", [&] {
      for (int i = 0; i < calls; ++i) call();
    });
  return watch.median_processor_s("") / calls;
}

// Counts what goes through to the allocator that was there.
class CountingAllocator : public c10::Allocator {
 public:
  explicit CountingAllocator(c10::Allocator *inner) : inner_(inner) {}
  c10::DataPtr allocate(size_t bytes) override {
    ++count_;
    return inner_->allocate(bytes);
  }
  c10::DeleterFnPtr raw_deleter() const override {
    return inner_->raw_deleter();
  }
  void copy_data(void *to, const void *from, size_t bytes) const override {
    inner_->copy_data(to, from, bytes);
  }
  int64_t count() const { return count_; }

 private:
  c10::Allocator *inner_;
  std::atomic<int64_t> count_{0};
};

struct FrameCost {
  double seconds = 0;  // median, of processor time
  double allocations = 0;
};

FrameCost track(const Engine &engine) {
  std::vector<uint8_t> noise(size_t{3} * kFrameSize.width * kFrameSize.height);
  std::minstd_rand random(1);
  for (uint8_t &value : noise) value = static_cast<uint8_t>(random());
  const auto tracker = engine.create_tracker({});
  Prompt prompt;
  prompt.object_id = 1;
  prompt.box = BoxPx{100, 100, 200, 200};
  tracker->add_prompt(prompt);
  static CountingAllocator counter(c10::GetCPUAllocator());  // stays in force
  constexpr uint8_t kAboveOurs = 2;
  c10::SetAllocator(c10::kCPU, &counter, kAboveOurs);
  Stopwatch watch(c10::kCPU);
  int64_t before = 0;
  for (int i = 0; i < kFrames; ++i) {
    if (i == kFrames / 2) before = counter.count();
    watch.time("frame", [&] {
      tracker->track(ImageView{noise.data(), kFrameSize.width,
                               kFrameSize.height, 3 * kFrameSize.width});
    });
  }
  const double counted = kFrames - kFrames / 2;
  return {watch.median_processor_s("frame"),
          static_cast<double>(counter.count() - before) / counted};
}

// As MemorySteps and MemoryWatch do: before the frame, and behind it.
double looking_s(const Engine &engine) {
  DegradationLadder ladder({1, 4, 7, false}, false);
  return seconds_per_call(10000, [&] {
    ladder.press(engine.memory_pressure(), {1, 1, 1});
    ladder.good_frame();
    engine.memory_pressure();
  });
}

// A tensor made and let go. Both allocators end in posix_memalign() for ones so
// small, and LibTorch's own keeps no books.
double tensor_s(c10::Allocator *allocator) {
  return seconds_per_call(10000, [&] { allocator->allocate(kTensorBytes); });
}

void print(const char *what, double seconds, double frame_seconds) {
  std::printf("%-44s %9.2f us  %.4f %%\n", what, 1e6 * seconds,
              100 * seconds / frame_seconds);
}

void measure(const std::string &model_file) {
  ModelSettings settings;
  settings.model_file = model_file;
  settings.device = "cpu";
  const auto engine = sam2_engine_api()->open(settings);
  c10::Allocator *const ours = c10::GetCPUAllocator();
  const FrameCost frame = track(*engine);
  const ModelInfo info = engine->info();
  std::printf("%s, %s, %d px, %d threads: %.1f ms and %.0f tensors a frame\n",
              info.variant.c_str(), info.precision.c_str(), info.input_size_px,
              at::get_num_threads(), 1e3 * frame.seconds, frame.allocations);
  const double looking = looking_s(*engine);
  const double with_books = tensor_s(ours);
  const double without = tensor_s(c10::GetDefaultCPUAllocator());
  const double counting =
      frame.allocations * std::max(with_books - without, 0.);
  std::printf("a tensor of %zu bytes: %.0f ns, without books %.0f ns\n",
              kTensorBytes, 1e9 * with_books, 1e9 * without);
  print("looking at the pressure, twice", looking, frame.seconds);
  print("counting tensors", counting, frame.seconds);
  print("together", looking + counting, frame.seconds);
  print("a report (stats, when asked for)",
        seconds_per_call(200, [&] { engine->memory(); }), frame.seconds);
}

}  // namespace
}  // namespace sam2

int main(int argc, char **argv) {
  if (argc != 2) {
    std::fprintf(stderr, "Usage: %s MODEL\n", argv[0]);
    return 2;
  }
  try {
    sam2::measure(argv[1]);
  } catch (const std::exception &e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
  return 0;
}
