// Seconds per frame by component, one object, full memory, generated weights.
// Speed does not depend on the weights' values. Prints one table; medians of
// the time that passed and of the processor time of all threads, which other
// programs on the machine disturb less.
#include <ATen/Parallel.h>
#include <ATen/ops/rand.h>
#include <c10/core/InferenceMode.h>

#include <cstdio>

#include "bench_model.h"
#include "gpu/device.h"
#include "track/tracker.h"

namespace sam2 {
namespace {

// Fills the bank: one prompted frame and 16 tracked ones.
Selection fill_bank(Tracker &tracker, const EncodedFrame &encoded) {
  PromptTensors prompt;
  prompt.points.coords =
      at::rand({1, 1, 2}).mul(100).to(encoded.pix_feat.device());
  prompt.points.labels =
      at::rand({1, 1}).round().to(encoded.pix_feat.device(), at::kInt);
  tracker.prompt(0, encoded, 1, prompt);
  Selection selection;
  for (int frame = 1; frame <= 16; ++frame)
    selection = tracker.track(frame, encoded)[0].selection;
  return selection;
}

void measure(const BenchArguments &arguments) {
  const c10::InferenceMode guard;
  const auto model = make_model(arguments);
  const int64_t size = model->input_size_px();
  const at::Tensor image = at::rand({1, 3, size, size}).to(model->device());
  EncodedFrame encoded = model->encode_image(image);
  Tracker tracker(model, {});
  const Selection selection = fill_bank(tracker, encoded);
  const auto options = encoded.pix_feat.options();
  const int64_t pointer_tokens = selection.pointers.size() *
                                 model->config().d_model /
                                 model->config().mem_dim;
  const at::Tensor memory =
      at::rand({1,
                static_cast<int64_t>(selection.memories.size()) *
                        model->memory_tokens() +
                    pointer_tokens,
                model->config().mem_dim},
               options);
  Stopwatch watch(model->device());
  at::Tensor features;
  MaskOutput masks;
  for (int run = 0; run <= arguments.runs; ++run) {
    Stopwatch warm_up(model->device());
    Stopwatch &w = run == 0 ? warm_up : watch;
    w.time("image encoder", [&] { encoded = model->encode_image(image); });
    w.time("memory attention", [&] {
      features = model->with_memory(encoded, memory, memory, pointer_tokens);
    });
    w.time("prompt encoder + mask decoder",
           [&] { masks = model->decode(encoded, features, {}, {}, true); });
    w.time("memory encoder", [&] {
      model->encode_memory(encoded, masks.low_res_masks, masks.object_score,
                           false);
    });
    w.time("frame, encode + track",
           [&] { tracker.track(17 + run, model->encode_image(image)); });
  }
  std::printf(
      "%s, %s, %s, %lld px, 1 object, %zu memories, %zu pointers, "
      "%d threads, median of %d\n",
      model->config().name.c_str(), model->device().str().c_str(),
      precision_name(model->type()).c_str(), (long long)size,
      selection.memories.size(), selection.pointers.size(),
      at::get_num_threads(), arguments.runs);
  for (const char *name :
       {"image encoder", "memory attention", "prompt encoder + mask decoder",
        "memory encoder", "frame, encode + track"})
    watch.print(name);
}

}  // namespace
}  // namespace sam2

int main(int argc, char **argv) {
  sam2::BenchArguments arguments;
  if (!sam2::parse(argc, argv, "- seconds by component", arguments)) return 2;
  try {
    sam2::measure(arguments);
  } catch (const std::exception &e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
  return 0;
}
