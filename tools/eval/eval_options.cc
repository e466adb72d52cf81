#include "eval/eval_options.h"

#include "tool_options.h"

namespace sam2 {
namespace {

constexpr int kMaxOverlays = 64;

constexpr const char *kSummary =
    "Scores a model on video sequences with true masks (DAVIS layout): region\n"
    "IoU (J), boundary measure (F) and their mean (J&F). All objects of the\n"
    "first frame's mask are prompted together.";

constexpr const char *kDescription =
    "DATA holds SEQUENCE/frames/NNNNN.jpg and SEQUENCE/masks/NNNNN.png, or\n"
    "JPEGImages/480p/SEQUENCE and Annotations/480p/SEQUENCE; without a\n"
    "SEQUENCE all are taken. Masks are indexed PNG: 0 background, 255 void.\n"
    "  sam2-eval --model sam2.1_hiera_tiny.pt --prompt box DAVIS blackswan\n\n"
    "Exit status: 0 = done, 1 = failed, 2 = wrong use.";

// Strings as GOption gives them; freed at the end.
struct RawOptions {
  ModelOptions model;
  gchar *prompt = nullptr;
  gchar *output = nullptr;
  gboolean all_frames = FALSE;
  gboolean save_masks = FALSE;
  gint overlays = 0;
  gchar **inputs = nullptr;

  ~RawOptions() {
    g_free(prompt);
    g_free(output);
    g_strfreev(inputs);
  }
};

void parse(int *argc, char ***argv, RawOptions *raw) {
  const GOptionEntry entries[] = {
      {"prompt", 'p', 0, G_OPTION_ARG_STRING, &raw->prompt,
       "Made from the first mask: mask, box, point or clicks3 (default: mask)",
       "KIND"},
      {"all-frames", 0, 0, G_OPTION_ARG_NONE, &raw->all_frames,
       "Score the last frame too", nullptr},
      {"output", 'o', 0, G_OPTION_ARG_FILENAME, &raw->output,
       "Write scores.json, frames.csv and a plot a sequence into this folder",
       "FOLDER"},
      {"save-masks", 0, 0, G_OPTION_ARG_NONE, &raw->save_masks,
       "Also write the found masks, as indexed PNG", nullptr},
      {"save-overlays", 0, 0, G_OPTION_ARG_INT, &raw->overlays,
       "Also write a sheet of N frames a sequence, with outlines", "N"},
      {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &raw->inputs,
       nullptr, nullptr},
      {},
  };
  const OptionContextPtr context(g_option_context_new("DATA [SEQUENCE...]"));
  g_option_context_set_summary(context.get(), kSummary);
  g_option_context_set_description(context.get(), kDescription);
  raw->model.add_to(context.get());
  g_option_context_add_main_entries(context.get(), entries, nullptr);
  parse_options(context.get(), argc, argv);
}

void check(const RawOptions &raw) {
  if (raw.inputs == nullptr) {
    refuse_use("Give a folder with sequences of pictures and masks.");
  }
  if (raw.overlays < 0 || raw.overlays > kMaxOverlays) {
    refuse_use("The number of overlays " + std::to_string(raw.overlays) +
               " is not between 0 and " + std::to_string(kMaxOverlays) +
               ". Give --save-overlays how many frames to draw.");
  }
  if (raw.output == nullptr && (raw.save_masks || raw.overlays > 0)) {
    refuse_use("Pictures need a folder. Give --output.");
  }
}

PromptKind prompt_kind(const std::string &name) {
  const auto kind = prompt_kind_named(name);
  if (kind) return *kind;
  refuse_use("There is no kind of prompt \"" + name +
             "\". Give --prompt mask, box, point or clicks3.");
}

// Shells complete a sequence's name with a slash.
std::string sequence_name(std::string text) {
  while (!text.empty() && text.back() == '/') text.pop_back();
  if (!text.empty() && text.find('/') == std::string::npos) return text;
  refuse_use("The sequence \"" + text +
             "\" is not a name. Give names of sequences inside DATA.");
}

}  // namespace

EvalOptions parse_eval_options(int *argc, char ***argv) {
  RawOptions raw;
  parse(argc, argv, &raw);
  check(raw);
  EvalOptions options;
  options.data_folder = raw.inputs[0];
  for (gchar **input = raw.inputs + 1; *input != nullptr; ++input) {
    options.sequences.push_back(sequence_name(*input));
  }
  options.model = raw.model.settings();
  options.tracker.memory_policy = raw.model.memory_policy();
  // Label maps have one object a pixel: the likeliest is to get it.
  options.tracker.non_overlap_masks = true;
  options.prompt_name = text_or(raw.prompt, "mask");
  options.prompt = prompt_kind(options.prompt_name);
  options.all_frames = raw.all_frames != FALSE;
  options.output_folder = text_or(raw.output, "");
  options.save_masks = raw.save_masks != FALSE;
  options.overlay_count = raw.overlays;
  return options;
}

}  // namespace sam2
