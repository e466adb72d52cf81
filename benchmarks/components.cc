// Seconds per frame by component, one object, full memory, generated weights.
// Speed does not depend on the weights' values. Prints one table; medians of
// the time that passed and of the processor time of all threads, which other
// programs on the machine disturb less.
#include <ATen/Parallel.h>
#include <ATen/ops/rand.h>
#include <c10/core/InferenceMode.h>
#include <glib.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "generated_weights.h"
#include "gpu/device.h"
#include "model/model_loader.h"
#include "track/tracker.h"

namespace sam2 {
namespace {

struct Arguments {
  std::string variant = "sam2.1-tiny";
  std::string precision = "auto";
  std::string device = "cpu";
  int input_size = 0;
  int runs = 5;
};

at::ScalarType type_named(const std::string &name, c10::Device device) {
  if (name == "fp32") return at::kFloat;
  if (name == "bf16") return at::kBFloat16;
  if (name == "fp16") return at::kHalf;
  return fastest_type(device);
}

std::shared_ptr<const Sam2Model> make_model(const Arguments &arguments) {
  const ModelConfig *config = find_config(arguments.variant);
  if (!config)
    throw Error(ErrorCode::kSetting,
                "There is no variant \"" + arguments.variant + "\".");
  const c10::Device device = find_device(arguments.device);
  Checkpoint weights;
  for (const TensorSpec &spec : expected_tensors(*config))
    weights.tensors[spec.name] = generated_weight(spec.name, spec.shape, {});
  return std::make_shared<Sam2Model>(
      load_network(*config, weights, device,
                   type_named(arguments.precision, device)),
      arguments.input_size);
}

class Stopwatch {
 public:
  // Runs `work`, keeps its seconds under `name`.
  void time(const std::string &name, const std::function<void()> &work) {
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t processor_start = std::clock();
    work();
    const std::clock_t processor = std::clock() - processor_start;
    const std::chrono::duration<double> passed =
        std::chrono::steady_clock::now() - start;
    seconds_[name].push_back(passed.count());
    processor_seconds_[name].push_back(static_cast<double>(processor) /
                                       CLOCKS_PER_SEC);
  }
  void print(const std::string &name) const {
    std::printf("%-32s %8.3f s %8.3f s processor\n", name.c_str(),
                median(seconds_.at(name)), median(processor_seconds_.at(name)));
  }

 private:
  static double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
  }
  std::map<std::string, std::vector<double>> seconds_;
  std::map<std::string, std::vector<double>> processor_seconds_;
};

// Fills the bank: one prompted frame and 16 tracked ones.
Selection fill_bank(Tracker &tracker, const EncodedFrame &encoded) {
  PromptTensors prompt;
  prompt.points.coords = at::rand({1, 1, 2}).mul(100).to(encoded.s0.device());
  prompt.points.labels =
      at::rand({1, 1}).round().to(encoded.s0.device(), at::kInt);
  tracker.prompt(0, encoded, 1, prompt);
  Selection selection;
  for (int frame = 1; frame <= 16; ++frame)
    selection = tracker.track(frame, encoded)[0].selection;
  return selection;
}

void measure(const Arguments &arguments) {
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
  Stopwatch watch;
  at::Tensor features;
  MaskOutput masks;
  for (int run = 0; run <= arguments.runs; ++run) {
    Stopwatch warm_up;
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

bool parse(int argc, char **argv, Arguments &out) {
  gchar *variant = nullptr, *precision = nullptr, *device = nullptr;
  const GOptionEntry entries[] = {
      {"variant", 'v', 0, G_OPTION_ARG_STRING, &variant, "Model variant",
       "NAME"},
      {"precision", 'p', 0, G_OPTION_ARG_STRING, &precision,
       "auto, fp32, bf16 or fp16", "TYPE"},
      {"device", 'd', 0, G_OPTION_ARG_STRING, &device, "cpu, cuda, cuda:N",
       "DEVICE"},
      {"input-size", 's', 0, G_OPTION_ARG_INT, &out.input_size,
       "Side of the model input, pixels (0: the model's own)", "N"},
      {"runs", 'n', 0, G_OPTION_ARG_INT, &out.runs, "Runs that count", "N"},
      {}};
  GOptionContext *context = g_option_context_new("- seconds by component");
  g_option_context_add_main_entries(context, entries, nullptr);
  GError *error = nullptr;
  const bool is_ok = g_option_context_parse(context, &argc, &argv, &error);
  if (!is_ok) std::fprintf(stderr, "%s\n", error->message);
  g_clear_error(&error);
  g_option_context_free(context);
  if (variant) out.variant = variant;
  if (precision) out.precision = precision;
  if (device) out.device = device;
  g_free(variant);
  g_free(precision);
  g_free(device);
  return is_ok;
}

}  // namespace
}  // namespace sam2

int main(int argc, char **argv) {
  sam2::Arguments arguments;
  if (!sam2::parse(argc, argv, arguments)) return 2;
  try {
    sam2::measure(arguments);
  } catch (const std::exception &e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
  return 0;
}
