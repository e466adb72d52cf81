#include "train_options.h"

#include <glib.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <sstream>

namespace sam2::train {
namespace {

constexpr char kSummary[] =
    "Trains a promptable video segmenter on clips composed as it goes. Run the "
    "same\ncommand again to go on after an interruption.";

// As many pointers as a tracker holds, and the frame that reads them.
constexpr int kMostFrames = 16;

// GLib writes through pointers to plain C types.
struct Raw {
  char *variant = nullptr, *init = nullptr, *data = nullptr, *output = nullptr,
       *device = nullptr;
  gint64 iterations, stop_at = 0, warmup, seed;
  gboolean is_float32 = FALSE;
};

void take(char *text, std::string &target) {
  if (text) target = text;
  g_free(text);
}

bool check(bool is_fine, const char *text) {
  if (!is_fine) std::fprintf(stderr, "%s\n", text);
  return is_fine;
}

bool is_usable(const TrainOptions &o) {
  return check(!o.output.empty(), "Say where to write with --output FOLDER.") &&
         check(o.batch.composer.side >= 64 && o.batch.composer.side % 32 == 0,
               "--side must be a multiple of 32, at least 64.") &&
         check(o.batch.composer.frames >= 1 &&
                   o.batch.composer.frames <= kMostFrames,
               "--frames must be 1...16.") &&
         check(o.trainer.step.burn_in >= 0 &&
                   o.trainer.step.burn_in <=
                       std::max(0, o.batch.composer.frames - 2),
               "--burn-in must leave a frame after the first to learn on.") &&
         check(o.batch.clips >= 1 && o.batch.composer.max_objects >= 1,
               "--clips and --objects must be at least 1.") &&
         check(o.trainer.iterations >= 1 && o.trainer.warmup >= 0,
               "--iterations must be at least 1.") &&
         check(o.workers >= 1 && o.threads >= 1,
               "--workers and --threads must be at least 1.");
}

}  // namespace

std::string TrainOptions::run() const {
  std::ostringstream out;
  const TrainerSettings &t = trainer;
  out << variant << " side " << batch.composer.side << " frames "
      << batch.composer.frames << " clips " << batch.clips << " objects "
      << batch.composer.max_objects << " iterations " << t.iterations
      << " warmup " << t.warmup << " rate " << t.learning_rate << " decay "
      << t.weight_decay << " seed " << t.seed << " clicks "
      << t.step.prompts.click << " boxes " << t.step.prompts.box
      << (t.is_mixed ? " bf16" : " fp32");
  if (t.step.burn_in > 0) out << " burn-in " << t.step.burn_in;
  return out.str();
}

bool parse_options(int argc, char **argv, TrainOptions *options) {
  TrainOptions &o = *options;
  TrainerSettings &t = o.trainer;
  ComposerSettings &c = o.batch.composer;
  Raw raw;
  raw.iterations = t.iterations;
  raw.warmup = t.warmup;
  raw.seed = static_cast<gint64>(t.seed);
  const GOptionEntry entries[] = {
      {"output", 'o', 0, G_OPTION_ARG_FILENAME, &raw.output,
       "Folder of the run: checkpoint, model, log, curve", "FOLDER"},
      {"data", 'd', 0, G_OPTION_ARG_FILENAME, &raw.data,
       "Pictures made by collect.py; none: procedural only", "FOLDER"},
      {"variant", 0, 0, G_OPTION_ARG_STRING, &raw.variant,
       "Row of the model table (sam2.1-nano)", "NAME"},
      {"init", 0, 0, G_OPTION_ARG_FILENAME, &raw.init,
       "Model to start from instead of random weights", "FILE"},
      {"iterations", 'n', 0, G_OPTION_ARG_INT64, &raw.iterations,
       "Gradient steps (1000)", "N"},
      {"stop-at", 0, 0, G_OPTION_ARG_INT64, &raw.stop_at,
       "Stop after that step, before the rate has come down", "N"},
      {"side", 's', 0, G_OPTION_ARG_INT, &c.side, "Picture side (256)", "PX"},
      {"frames", 'f', 0, G_OPTION_ARG_INT, &c.frames,
       "Frames of a clip (1): begin with 1", "N"},
      {"burn-in", 0, 0, G_OPTION_ARG_INT, &t.step.burn_in,
       "Of these, after the first: only tracked, not learnt from (0)", "N"},
      {"clips", 'b', 0, G_OPTION_ARG_INT, &o.batch.clips, "Clips a step (8)",
       "N"},
      {"objects", 0, 0, G_OPTION_ARG_INT, &c.max_objects,
       "Objects learnt from in a clip, at most (3)", "N"},
      {"learning-rate", 'r', 0, G_OPTION_ARG_DOUBLE, &t.learning_rate,
       "Peak rate (0.0004)", "X"},
      {"warmup", 0, 0, G_OPTION_ARG_INT64, &raw.warmup,
       "Steps until the peak (200)", "N"},
      {"weight-decay", 0, 0, G_OPTION_ARG_DOUBLE, &t.weight_decay,
       "AdamW's (0.05)", "X"},
      {"clicks", 0, 0, G_OPTION_ARG_DOUBLE, &t.step.prompts.click,
       "Share of click prompts (0.4)", "X"},
      {"boxes", 0, 0, G_OPTION_ARG_DOUBLE, &t.step.prompts.box,
       "Share of box prompts (0.35); the rest are masks", "X"},
      {"seed", 0, 0, G_OPTION_ARG_INT64, &raw.seed, "Of everything (1)", "N"},
      {"device", 0, 0, G_OPTION_ARG_STRING, &raw.device, "cpu or cuda", "NAME"},
      {"float32", 0, 0, G_OPTION_ARG_NONE, &raw.is_float32,
       "No bfloat16 products", nullptr},
      {"threads", 't', 0, G_OPTION_ARG_INT, &o.threads,
       "Threads of the network on the CPU (1)", "N"},
      {"workers", 'w', 0, G_OPTION_ARG_INT, &o.workers,
       "Threads that compose clips (1)", "N"},
      {"minutes", 'm', 0, G_OPTION_ARG_DOUBLE, &o.minutes,
       "Stop after that time, to go on later", "X"},
      {"checkpoint-minutes", 0, 0, G_OPTION_ARG_DOUBLE, &o.checkpoint_minutes,
       "Between checkpoints (3)", "X"},
      {"log-every", 0, 0, G_OPTION_ARG_INT, &o.log_every,
       "Steps between lines of the log (20)", "N"},
      {nullptr, 0, 0, G_OPTION_ARG_NONE, nullptr, nullptr, nullptr}};
  const std::unique_ptr<GOptionContext, decltype(&g_option_context_free)>
      context(g_option_context_new(nullptr), &g_option_context_free);
  g_option_context_set_summary(context.get(), kSummary);
  g_option_context_add_main_entries(context.get(), entries, nullptr);
  GError *error = nullptr;
  const bool is_parsed =
      g_option_context_parse(context.get(), &argc, &argv, &error);
  take(raw.variant, o.variant);
  take(raw.init, o.initial_weights);
  take(raw.data, o.data);
  take(raw.output, o.output);
  take(raw.device, o.device);
  if (!is_parsed) {
    std::fprintf(stderr, "%s. Run with --help to see the options.\n",
                 error->message);
    g_error_free(error);
    return false;
  }
  t.iterations = raw.iterations;
  o.last_iteration =
      raw.stop_at > 0 ? std::min(raw.stop_at, raw.iterations) : raw.iterations;
  t.warmup = raw.warmup;
  t.seed = static_cast<uint64_t>(raw.seed);
  t.is_mixed = !raw.is_float32;
  o.batch.seed = t.seed;
  return is_usable(o);
}

}  // namespace sam2::train
