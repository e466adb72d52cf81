#include "track_options.h"

#include "tool_options.h"

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
  ModelOptions model;
  TrackerSettings tracker;
  gboolean is_non_overlap = FALSE;
  gdouble mask_threshold = 0;
  gint inference_interval = 1;
  gchar *skipped_frames = nullptr;
  gboolean has_camera_motion = FALSE;
  gchar *prompt = nullptr;
  gchar *mask = nullptr;
  gchar *output = nullptr;
  gchar *label_png = nullptr;
  gchar *load_state = nullptr;
  gchar *save_state = nullptr;
  gint64 max_frames = 0;
  gdouble fps = 0;
  LookaheadSettings ahead;
  gint64 memory_limit = 0;
  gchar *offload_state = nullptr;
  gboolean reports_memory = FALSE;
  gchar **inputs = nullptr;

  ~RawOptions() {
    for (gchar *text : {skipped_frames, offload_state, prompt, mask, output,
                        label_png, load_state, save_state}) {
      g_free(text);
    }
    g_strfreev(inputs);
  }
};

// The tracker refuses what is out of range.
void add_tracker_entries(GOptionContext *context, RawOptions *raw) {
  TrackerSettings &tracker = raw->tracker;
  const GOptionEntry entries[] = {
      {"num-maskmem", 0, 0, G_OPTION_ARG_INT, &tracker.num_maskmem,
       "Memories attended to (default: 7)", "N"},
      {"max-obj-ptrs", 0, 0, G_OPTION_ARG_INT, &tracker.max_obj_ptrs,
       "Object pointers attended to (default: 16)", "N"},
      {"max-cond-frames", 0, 0, G_OPTION_ARG_INT, &tracker.max_cond_frames,
       "Prompted frames remembered for each object, -1 = all (default: 4)",
       "N"},
      {"memory-stride", 0, 0, G_OPTION_ARG_INT, &tracker.memory_stride,
       "Frames from one memory to the next (default: 1)", "N"},
      {"mask-threshold", 0, 0, G_OPTION_ARG_DOUBLE, &raw->mask_threshold,
       "Logit above which a pixel is object (default: 0)", "LOGIT"},
      {"fill-hole-area", 0, 0, G_OPTION_ARG_INT, &tracker.fill_hole_area_px,
       "Holes and specks of so many pixels or fewer go, 0 = none (default: 8)",
       "N"},
      {"non-overlap-masks", 0, 0, G_OPTION_ARG_NONE, &raw->is_non_overlap,
       "A pixel belongs to one object at most", nullptr},
      {},
  };
  g_option_context_add_main_entries(context, entries, nullptr);
}

void add_ahead_entries(GOptionContext *context, RawOptions *raw) {
  LookaheadSettings &ahead = raw->ahead;
  const GOptionEntry entries[] = {
      {"batch-size", 0, 0, G_OPTION_ARG_INT, &ahead.batch_size,
       "Frames encoded together (default: 1)", "N"},
      {"lookahead", 0, 0, G_OPTION_ARG_INT, &ahead.frames_ahead,
       "Frames encoded ahead, beside the tracking (default: 0)", "N"},
      {},
  };
  g_option_context_add_main_entries(context, entries, nullptr);
}

void add_memory_entries(GOptionContext *context, RawOptions *raw) {
  const GOptionEntry entries[] = {
      {"memory-limit", 0, 0, G_OPTION_ARG_INT64, &raw->memory_limit,
       "Bytes that tensors may take (default: 90 % of the device's)", "N"},
      {"offload-state", 0, 0, G_OPTION_ARG_STRING, &raw->offload_state,
       "Memories of objects in host memory: always, or never and auto, which "
       "are the same here (default: auto)",
       "WHEN"},
      {"memory-report", 0, 0, G_OPTION_ARG_NONE, &raw->reports_memory,
       "Say at the end what memory was used for", nullptr},
      {},
  };
  g_option_context_add_main_entries(context, entries, nullptr);
}

void add_state_entries(GOptionContext *context, RawOptions *raw) {
  const GOptionEntry entries[] = {
      {"load-state", 0, 0, G_OPTION_ARG_FILENAME, &raw->load_state,
       "Go on from this saved state, of the same model and settings", "FILE"},
      {"save-state", 0, 0, G_OPTION_ARG_FILENAME, &raw->save_state,
       "Save the tracker's state here at the end (.safetensors)", "FILE"},
      {},
  };
  g_option_context_add_main_entries(context, entries, nullptr);
}

void add_skipping_entries(GOptionContext *context, RawOptions *raw) {
  const GOptionEntry entries[] = {
      {"inference-interval", 0, 0, G_OPTION_ARG_INT, &raw->inference_interval,
       "Infer every Nth frame, and those with prompts (default: 1)", "N"},
      {"skipped-frames", 0, 0, G_OPTION_ARG_STRING, &raw->skipped_frames,
       "Objects on the others: hold, motion or none (default: motion)", "WAY"},
      {"max-coast-frames", 0, 0, G_OPTION_ARG_INT,
       &raw->tracker.max_coast_frames,
       "Skipped frames in a row with objects, 0 = all (default: 30)", "N"},
      {"camera-motion", 0, 0, G_OPTION_ARG_NONE, &raw->has_camera_motion,
       "Find the camera's motion and take it out of predictions", nullptr},
      {},
  };
  g_option_context_add_main_entries(context, entries, nullptr);
}

void parse(int *argc, char ***argv, RawOptions *raw) {
  const GOptionEntry entries[] = {
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
      {"max-frames", 0, 0, G_OPTION_ARG_INT64, &raw->max_frames,
       "Stop after N frames", "N"},
      {"fps", 0, 0, G_OPTION_ARG_DOUBLE, &raw->fps,
       "Frame rate of a folder, for pts and @SECONDSs", "N"},
      {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &raw->inputs,
       nullptr, nullptr},
      {},
  };
  const OptionContextPtr context(g_option_context_new("VIDEO|FOLDER"));
  g_option_context_set_summary(context.get(), kSummary);
  g_option_context_set_description(context.get(), kDescription);
  raw->model.add_to(context.get());
  add_tracker_entries(context.get(), raw);
  add_ahead_entries(context.get(), raw);
  add_memory_entries(context.get(), raw);
  add_state_entries(context.get(), raw);
  add_skipping_entries(context.get(), raw);
  g_option_context_add_main_entries(context.get(), entries, nullptr);
  parse_options(context.get(), argc, argv);
}

void check(const char *option, int value, int least) {
  constexpr int kMost = LookaheadSettings::kMost;
  if (value >= least && value <= kMost) return;
  refuse_use(std::string(option) + " is " + std::to_string(value) +
             ". Give it from " + std::to_string(least) + " to " +
             std::to_string(kMost) + ".");
}

void check(const RawOptions &raw) {
  if (raw.inputs == nullptr || g_strv_length(raw.inputs) != 1) {
    refuse_use("Give one video file or one folder of pictures.");
  }
  if (raw.prompt == nullptr && raw.mask == nullptr &&
      raw.load_state == nullptr) {
    refuse_use("Give --prompt, --mask or --load-state to say what to track.");
  }
  if (raw.max_frames < 0) {
    refuse_use("The number of frames " + std::to_string(raw.max_frames) +
               " is negative. Give --max-frames above 0.");
  }
  if (raw.memory_limit < 0) {
    refuse_use("The memory limit " + std::to_string(raw.memory_limit) +
               " is negative. Give --memory-limit in bytes.");
  }
  check("--batch-size", raw.ahead.batch_size, 1);
  check("--lookahead", raw.ahead.frames_ahead, 0);
  if (raw.inference_interval < 1) {
    refuse_use("The inference interval is " +
               std::to_string(raw.inference_interval) +
               ". Give --inference-interval 1 or more frames.");
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
  options.model = raw.model.settings();
  EnvironmentMemory memory = memory_settings_from_environment();
  options.model.memory = memory.settings;
  options.model.memory.limit_bytes = static_cast<uint64_t>(raw.memory_limit);
  options.warnings = std::move(memory.warnings);
  options.reports_memory = raw.reports_memory != FALSE;
  options.tracker = raw.tracker;
  options.tracker.non_overlap_masks = raw.is_non_overlap;
  options.tracker.mask_threshold = static_cast<float>(raw.mask_threshold);
  options.tracker.memory_policy = raw.model.memory_policy();
  if (raw.skipped_frames != nullptr) {
    options.tracker.skipped_frames = find_skipped_frames(raw.skipped_frames);
  }
  if (raw.offload_state != nullptr) {
    options.tracker.offload_state = find_offload_state(raw.offload_state);
  }
  options.tracker.camera_motion = raw.has_camera_motion;
  options.inference_interval = raw.inference_interval;
  options.prompt_text = text_or(raw.prompt, "");
  options.mask_file = text_or(raw.mask, "");
  options.output_file = text_or(raw.output, "");
  options.label_folder = text_or(raw.label_png, "");
  options.load_state = text_or(raw.load_state, "");
  options.save_state = text_or(raw.save_state, "");
  options.max_frames = raw.max_frames;
  options.fps = raw.fps;
  options.ahead = raw.ahead;
  return options;
}

}  // namespace sam2
