// Seconds per frame by number of objects, full memories, generated weights.
// Prints the median of the time that passed and of the processor time, and
// each number's processor time as a multiple of the first number's.
#include <ATen/Parallel.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/tensor.h>
#include <c10/core/InferenceMode.h>

#include <cstdio>
#include <sstream>

#include "bench_model.h"
#include "gpu/device.h"
#include "track/tracker.h"

namespace sam2 {
namespace {

constexpr int64_t kFrame = 17;  // tracked into again and again

// Prompts cost little and leave what tracking would have left: with two
// conditioning frames attended to (the nearest on either side) and the others
// in the window's places an object attends to 7 memories and 16 pointers.
TrackerOptions options_of(const BenchArguments &arguments) {
  TrackerOptions options;
  options.limits.max_cond_frames = -1;
  options.limits.max_obj_ptrs = 17;
  options.max_cond_frames_in_attn = 2;
  if (arguments.group > 0) options.objects_per_pass = arguments.group;
  return options;
}

PromptTensors click(int64_t object, at::Device device) {
  PromptTensors prompt;
  prompt.points.coords =
      at::tensor({20.0f + 10 * object, 30.0f}).view({1, 1, 2}).to(device);
  prompt.points.labels = at::tensor({1}, at::kInt).view({1, 1}).to(device);
  return prompt;
}

void add_object(Tracker &tracker, const EncodedFrame &encoded, int64_t id) {
  const PromptTensors prompt = click(id, tracker.model().device());
  for (int64_t frame = 0; frame <= kFrame + 1; ++frame)
    if (frame != kFrame) tracker.prompt(frame, encoded, id, prompt);
}

std::vector<int> numbers(const std::string &text) {
  std::istringstream in(text);
  std::vector<int> out;
  for (std::string item; std::getline(in, item, ',');)
    out.push_back(std::stoi(item));
  return out;
}

std::string name_of(int objects) { return std::to_string(objects); }

void measure(const BenchArguments &arguments) {
  const c10::InferenceMode guard;
  const auto model = make_model(arguments);
  const int64_t size = model->input_size_px();
  const at::Tensor image = at::rand({1, 3, size, size}).to(model->device());
  const EncodedFrame encoded = model->encode_image(image);
  Tracker tracker(model, options_of(arguments));
  Stopwatch watch(model->device());
  const std::vector<int> counts = numbers(arguments.objects);
  size_t memories = 0, pointers = 0;
  int known = 0;
  for (const int count : counts) {
    while (known < count) add_object(tracker, encoded, ++known);
    for (int run = 0; run <= arguments.runs; ++run) {
      Stopwatch warm_up(model->device());
      Stopwatch &w = run == 0 ? warm_up : watch;
      w.time(name_of(count), [&] {
        const auto outputs = tracker.track(kFrame, model->encode_image(image));
        memories = outputs.back().selection.memories.size();
        pointers = outputs.back().selection.pointers.size();
      });
    }
  }
  std::printf(
      "%s, %s, %s, %lld px, %zu memories, %zu pointers, %d threads, median of "
      "%d\nobjects    seconds   processor   of the first\n",
      model->config().name.c_str(), model->device().str().c_str(),
      precision_name(model->type()).c_str(), (long long)size, memories,
      pointers, at::get_num_threads(), arguments.runs);
  const double first = watch.median_processor_s(name_of(counts.front()));
  for (const int count : counts)
    std::printf("%7d %10.3f %11.3f %14.2f\n", count,
                watch.median_s(name_of(count)),
                watch.median_processor_s(name_of(count)),
                watch.median_processor_s(name_of(count)) / first);
}

}  // namespace
}  // namespace sam2

int main(int argc, char **argv) {
  sam2::BenchArguments arguments;
  if (!sam2::parse(argc, argv, "- seconds by number of objects", arguments))
    return 2;
  try {
    sam2::measure(arguments);
  } catch (const std::exception &e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
  return 0;
}
