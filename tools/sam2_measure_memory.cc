// sam2-measure-memory: what model variants compute with, as bytes of tensors
// for each pixel of the model's input. src/model/memory_figures.cc keeps the
// numbers. Weights are generated; masks and memories are as large with any.
#include <glib.h>

#include <cstdio>
#include <functional>
#include <memory>
#include <vector>

#include "base/error.h"
#include "engine/stream_tracker.h"
#include "generated_weights.h"
#include "gpu/cpu_allocator.h"
#include "gpu/device.h"
#include "model/memory_figures.h"
#include "model/model_loader.h"
#include "tool_options.h"

namespace sam2 {
namespace {

// Until all memories are there that are attended to.
constexpr int kFramesToFill = 17;
constexpr int kPictureSide = 64;

struct Options {
  std::vector<std::string> variants;
  bool is_half = false;
  bool is_encoder_only = false;
  int input_size_px = 0;
};

Options parse(int argc, char **argv) {
  gboolean is_half = FALSE, is_encoder_only = FALSE;
  gint size = 0;
  gchar **rest = nullptr;
  const GOptionEntry entries[] = {
      {"half", 0, 0, G_OPTION_ARG_NONE, &is_half,
       "In bfloat16 (default: float32)", nullptr},
      {"encoder-only", 0, 0, G_OPTION_ARG_NONE, &is_encoder_only,
       "Leave tracking out", nullptr},
      {"input-size", 0, 0, G_OPTION_ARG_INT, &size,
       "Side of the model's input (default: the model's own)", "N"},
      {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &rest, nullptr,
       nullptr},
      {}};
  const OptionContextPtr context(g_option_context_new("VARIANT..."));
  g_option_context_set_summary(
      context.get(),
      "Prints how many bytes of tensors a model takes for a pixel of its\n"
      "input: to encode a frame, to decode a prompt, and to attend to memory.");
  g_option_context_add_main_entries(context.get(), entries, nullptr);
  parse_options(context.get(), &argc, &argv);
  const std::unique_ptr<gchar *, decltype(&g_strfreev)> owner(rest, g_strfreev);
  Options options{{}, is_half != FALSE, is_encoder_only != FALSE, size};
  for (gchar **name = rest; name && *name; ++name)
    options.variants.emplace_back(*name);
  if (options.variants.empty()) refuse_use("Name a variant.");
  return options;
}

std::shared_ptr<const Sam2Model> generated(const ModelConfig &config,
                                           const Options &options) {
  Checkpoint weights;
  for (const TensorSpec &spec : expected_tensors(config))
    weights.tensors[spec.name] = generated_weight(spec.name, spec.shape, {});
  return std::make_shared<const Sam2Model>(
      load_network(config, weights, c10::kCPU,
                   options.is_half ? at::kBFloat16 : at::kFloat),
      options.input_size_px);
}

// Above what is in use before.
uint64_t peak_of(const std::function<void()> &work) {
  const size_t before = cpu_memory().used_bytes;
  reset_cpu_memory_peak();
  work();
  return cpu_memory().peak_bytes - before;
}

void print(const char *what, uint64_t bytes, const Sam2Model &model) {
  const auto side = static_cast<double>(model.input_size_px());
  std::printf(" %s %.1f", what, static_cast<double>(bytes) / (side * side));
  std::fflush(stdout);
}

void measure_tracking(const std::shared_ptr<const FrameEncoder> &encoder,
                      const ImageView &picture) {
  const Sam2Model &model = *encoder->model();
  const auto image = encoder->encode({picture}).front();
  StreamTrackerImpl tracker(encoder, {});
  Prompt prompt;
  prompt.object_id = 1;
  prompt.points = {{kPictureSide / 2, kPictureSide / 2, true}};
  tracker.add_prompt(prompt);
  const uint64_t decode = peak_of([&] { tracker.track(image); });
  print("decode", decode, model);
  for (int i = 0; i < kFramesToFill; ++i) tracker.track(image);
  const uint64_t track = peak_of([&] { tracker.track(image); });
  if (track < decode + decode / 20) {
    std::printf(" attend less than decode");
    return;
  }
  const uint64_t scores = attention_score_bytes(model.config(), model.type(),
                                                model.input_size_px(), 1, {});
  print("attend", track - scores, model);
}

void measure(const std::string &variant, const Options &options) {
  const ModelConfig *config = find_config(variant);
  if (!config) refuse_use("There is no variant \"" + variant + "\".");
  const auto model = generated(*config, options);
  const auto encoder = std::make_shared<const FrameEncoder>(model);
  const std::vector<uint8_t> pixels(3 * kPictureSide * kPictureSide, 100);
  const ImageView picture{pixels.data(), kPictureSide, kPictureSide,
                          3 * kPictureSide};
  std::printf("%s %s %d px:", variant.c_str(),
              precision_name(model->type()).c_str(),
              static_cast<int>(model->input_size_px()));
  print("encode", peak_of([&] { encoder->encode({picture}); }), *model);
  if (!options.is_encoder_only) measure_tracking(encoder, picture);
  std::printf("\n");
}

}  // namespace
}  // namespace sam2

int main(int argc, char **argv) {
  try {
    sam2::install_cpu_allocator();
    const sam2::Options options = sam2::parse(argc, argv);
    for (const std::string &variant : options.variants)
      sam2::measure(variant, options);
  } catch (const std::exception &error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
