#include "track_options.h"

#include <glib.h>

#include <memory>

#include "base/error.h"
#include "io/json_ptr.h"

namespace sam2 {
namespace {

constexpr const char *kSummary =
    "Tracks objects through a video file or a folder of .jpg or .png files\n"
    "and writes one JSON object a frame (NDJSON; masks in COCO run-length\n"
    "encoding). Ctrl-C stops and keeps what was written.";

constexpr const char *kDescription =
    "Prompts: ID:box=X,Y,WIDTH,HEIGHT or ID:points=X,Y,+ X,Y,- or "
    "ID:mask=FILE.png,\nseparated by \";\", in pixels or percent (50%), with "
    "@SECONDSs in front for a later frame:\n"
    "  sam2-track clip.mp4 --model sam2.1_hiera_tiny.pt \\\n"
    "    --prompt \"1:box=320,120,200,160; @2.5s 2:points=50%,50%,+\"\n\n"
    "Exit status: 0 = done, 1 = failed, 2 = wrong use.";

// Strings as GOption gives them; freed at the end.
struct RawOptions {
  gchar *model = nullptr;
  gchar *device = nullptr;
  gchar *precision = nullptr;
  gchar *prompt = nullptr;
  gchar *mask = nullptr;
  gchar *policy = nullptr;
  gchar *output = nullptr;
  gchar *label_png = nullptr;
  gint input_size = 0;
  gint64 max_frames = 0;
  gdouble fps = 0;
  gchar **inputs = nullptr;

  ~RawOptions() {
    for (gchar *text :
         {model, device, precision, prompt, mask, policy, output, label_png}) {
      g_free(text);
    }
    g_strfreev(inputs);
  }
};

struct ContextDeleter {
  void operator()(GOptionContext *context) const {
    g_option_context_free(context);
  }
};

[[noreturn]] void refuse_use(const std::string &sentence) {
  throw Error(ErrorCode::kSetting, sentence);
}

void parse(int *argc, char ***argv, RawOptions *raw) {
  const GOptionEntry entries[] = {
      {"model", 'm', 0, G_OPTION_ARG_FILENAME, &raw->model,
       "SAM 2 checkpoint, .pt or .safetensors (required)", "FILE"},
      {"prompt", 'p', 0, G_OPTION_ARG_STRING, &raw->prompt,
       "What to track, see below", "TEXT"},
      {"mask", 0, 0, G_OPTION_ARG_FILENAME, &raw->mask,
       "Indexed or grey PNG for frame 0: each value but 0 is an object",
       "FILE"},
      {"output", 'o', 0, G_OPTION_ARG_FILENAME, &raw->output,
       "Write results here (default: standard output)", "FILE"},
      {"label-png", 0, 0, G_OPTION_ARG_FILENAME, &raw->label_png,
       "Also write an 8-bit PNG a frame, pixel = object id, into this folder",
       "FOLDER"},
      {"device", 0, 0, G_OPTION_ARG_STRING, &raw->device,
       "auto, cpu, cuda or cuda:N (default: auto)", "NAME"},
      {"precision", 0, 0, G_OPTION_ARG_STRING, &raw->precision,
       "auto, fp32, bf16 or fp16 (default: auto)", "NAME"},
      {"input-size", 0, 0, G_OPTION_ARG_INT, &raw->input_size,
       "Side of the model's input in pixels (default: the model's own)", "N"},
      {"memory-policy", 0, 0, G_OPTION_ARG_STRING, &raw->policy,
       "Which frames are remembered: recent, samurai or distractor (default: "
       "recent)",
       "NAME"},
      {"max-frames", 0, 0, G_OPTION_ARG_INT64, &raw->max_frames,
       "Stop after N frames", "N"},
      {"fps", 0, 0, G_OPTION_ARG_DOUBLE, &raw->fps,
       "Frame rate of a folder, for pts and @SECONDSs", "N"},
      {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &raw->inputs,
       nullptr, nullptr},
      {},
  };
  const std::unique_ptr<GOptionContext, ContextDeleter> context(
      g_option_context_new("VIDEO|FOLDER"));
  g_option_context_set_summary(context.get(), kSummary);
  g_option_context_set_description(context.get(), kDescription);
  g_option_context_add_main_entries(context.get(), entries, nullptr);
  GError *raw_error = nullptr;
  if (!g_option_context_parse(context.get(), argc, argv, &raw_error)) {
    const GErrorPtr error(raw_error);
    refuse_use(std::string(error->message) + ".");
  }
}

std::string text_or(const gchar *text, const char *fallback) {
  return text != nullptr ? text : fallback;
}

Precision precision_named(const std::string &name) {
  const struct {
    const char *name;
    Precision precision;
  } kPrecisions[] = {
      {"auto", Precision::kAuto},
      {"fp32", Precision::kFp32},
      {"bf16", Precision::kBf16},
      {"fp16", Precision::kFp16},
  };
  for (const auto &row : kPrecisions) {
    if (name == row.name) return row.precision;
  }
  refuse_use("There is no precision \"" + name +
             "\". Give --precision auto, fp32, bf16 or fp16.");
}

void check(const RawOptions &raw) {
  if (raw.inputs == nullptr || g_strv_length(raw.inputs) != 1) {
    refuse_use("Give one video file or one folder of pictures.");
  }
  if (raw.model == nullptr) {
    refuse_use("Give --model with a SAM 2 .pt or .safetensors file.");
  }
  if (raw.prompt == nullptr && raw.mask == nullptr) {
    refuse_use("Give --prompt or --mask to say what to track.");
  }
  if (raw.input_size < 0) {
    refuse_use("The input size " + std::to_string(raw.input_size) +
               " is negative. Give --input-size in pixels.");
  }
  if (raw.max_frames < 0) {
    refuse_use("The number of frames " + std::to_string(raw.max_frames) +
               " is negative. Give --max-frames above 0.");
  }
  // Also refuses what is not a number.
  if (!(raw.fps >= 0 && raw.fps <= 1e6)) {
    refuse_use(
        "The frame rate is not between 0 and 1000000. Give --fps in "
        "frames a second.");
  }
}

}  // namespace

TrackOptions parse_track_options(int *argc, char ***argv) {
  RawOptions raw;
  parse(argc, argv, &raw);
  check(raw);
  TrackOptions options;
  options.input = raw.inputs[0];
  options.model.model_file = raw.model;
  options.model.device = text_or(raw.device, "auto");
  options.model.precision = precision_named(text_or(raw.precision, "auto"));
  options.model.input_size_px = raw.input_size;
  options.tracker.memory_policy = text_or(raw.policy, "recent");
  options.prompt_text = text_or(raw.prompt, "");
  options.mask_file = text_or(raw.mask, "");
  options.output_file = text_or(raw.output, "");
  options.label_folder = text_or(raw.label_png, "");
  options.max_frames = raw.max_frames;
  options.fps = raw.fps;
  return options;
}

}  // namespace sam2
