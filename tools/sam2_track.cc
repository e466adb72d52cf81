// sam2-track: tracks objects through a video file or a folder of pictures.
#include <glib.h>

#include <chrono>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <opencv2/core/utils/logger.hpp>
#include <optional>
#include <set>
#include <utility>

#include "base/error.h"
#include "engine/engine.h"
#include "engine/lookahead.h"
#include "frame_source.h"
#include "io/result_json.h"
#include "label_map.h"
#include "open_engine.h"
#include "prompt_schedule.h"
#include "track_options.h"
#include "track_report.h"

namespace sam2 {
namespace {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kWrongUse = 2;

volatile std::sig_atomic_t is_stop_requested = 0;

void request_stop(int) { is_stop_requested = 1; }

// The first Ctrl-C ends the loop after the current frame, a second one the
// process. Hang-up is among them because a library below LibTorch ignores it.
void install_stop_signals() {
  struct sigaction action = {};
  action.sa_handler = request_stop;
  action.sa_flags = SA_RESETHAND;
  for (const int signal_number : {SIGINT, SIGTERM, SIGHUP}) {
    sigaction(signal_number, &action, nullptr);
  }
}

// Lines of text into a file or to standard output.
class LineWriter {
 public:
  explicit LineWriter(const std::string &path)
      : name_(path.empty() ? "standard output" : path),
        file_(path.empty() ? stdout : std::fopen(path.c_str(), "w")) {
    if (file_ == nullptr) fail();
  }
  ~LineWriter() {
    if (file_ != nullptr && file_ != stdout) std::fclose(file_);
  }
  LineWriter(const LineWriter &) = delete;
  LineWriter &operator=(const LineWriter &) = delete;

  // Each line is handed over at once, for readers at the end of a pipe.
  void write(const std::string &line) {
    if (std::fputs((line + "\n").c_str(), file_) < 0 ||
        std::fflush(file_) != 0) {
      fail();
    }
  }

 private:
  [[noreturn]] void fail() const {
    throw Error(ErrorCode::kSetting,
                "Could not write to " + name_ +
                    ". Give --output a file that may be written to, with "
                    "room on its disk.");
  }

  std::string name_;
  std::FILE *file_;
};

void create_label_folder(const std::string &folder) {
  if (folder.empty() || g_mkdir_with_parents(folder.c_str(), 0777) == 0) return;
  throw Error(ErrorCode::kSetting,
              "Could not create the folder \"" + folder +
                  "\". Give --label-png a folder that may be written to.");
}

// Everything a run needs, opened before the first frame so that a mistake in
// the command line shows at once.
struct Run {
  const TrackOptions &options;
  std::unique_ptr<FrameSource> frames;
  std::optional<VideoFrame> first_frame;
  PromptSchedule schedule;
  std::vector<Prompt> mask_prompts;
  std::shared_ptr<const Engine> engine;
  LookaheadSettings ahead;
  std::unique_ptr<StreamTracker> tracker;
  LineWriter output;
  int frames_to_skip = 0;  // before the next one that is inferred
};

PromptSchedule checked_schedule(const TrackOptions &options,
                                const FrameSource &frames) {
  PromptSchedule schedule(parse_prompt_text(options.prompt_text));
  if (!schedule.needs_time() || frames.has_time()) return schedule;
  throw Error(ErrorCode::kSetting,
              "A prompt names a time, but the pictures in \"" + options.input +
                  "\" have none. Give their rate by --fps.");
}

int count_objects(const PromptSchedule &schedule,
                  const std::vector<Prompt> &mask_prompts) {
  std::set<int64_t> ids = schedule.object_ids();
  for (const Prompt &prompt : mask_prompts) ids.insert(prompt.object_id);
  return static_cast<int>(ids.size());
}

// Objects of a loaded state count with what they take already.
MemoryDemand demand_of(const TrackOptions &options, int objects,
                       const std::optional<VideoFrame> &first_frame) {
  MemoryDemand demand;
  demand.tracker = options.tracker;
  demand.objects = objects;
  demand.batch_size = options.ahead.batch_size;
  if (first_frame)
    demand.frame_size = {first_frame->rgb.cols, first_frame->rgb.rows};
  demand.frames_waiting = options.ahead.frames_ahead;
  demand.encodes_beside = options.ahead.frames_ahead > 0;
  return demand;
}

// The plan for what the prompts ask for, with a warning if it is less; the
// tracker keeps to it.
MemoryPlan plan_memory(const MemoryDemand &demand, const Engine &engine,
                       StreamTracker *tracker) {
  const MemoryPlan plan = engine.prepare(demand);
  if (!plan.warning.empty()) std::fprintf(stderr, "%s\n", plan.warning.c_str());
  if (engine.memory().limit_bytes == 0) {
    std::fputs(
        "This build cannot count what is in the device's memory: no limit "
        "holds. Build it with the headers of LibTorch's CUDA toolkit "
        "(-Dcuda-prefix).\n",
        stderr);
  }
  TrackerEffort effort = tracker->effort();
  if (plan.objects_per_pass > 0)
    effort.objects_per_pass = plan.objects_per_pass;
  tracker->set_effort(effort);
  return plan;
}

Run prepare(const TrackOptions &options) {
  auto frames = open_frame_source(options.input, options.fps);
  PromptSchedule schedule = checked_schedule(options, *frames);
  std::vector<Prompt> mask_prompts;
  if (!options.mask_file.empty()) {
    mask_prompts = prompts_from_label_map(read_label_map(options.mask_file));
  }
  create_label_folder(options.label_folder);
  auto engine = open_engine(options.model);
  auto tracker = engine->create_tracker(options.tracker);
  if (options.tracker.offload_state == OffloadState::kAlways &&
      !tracker->can_spill_bank()) {
    std::fputs(
        "--offload-state=always changes nothing here: the objects' memories "
        "are in host memory already.\n",
        stderr);
  }
  if (!options.load_state.empty()) tracker->load(options.load_state);
  auto first_frame = frames->next();
  const int objects = count_objects(schedule, mask_prompts);
  const MemoryPlan plan = plan_memory(demand_of(options, objects, first_frame),
                                      *engine, tracker.get());
  return {options,
          std::move(frames),
          std::move(first_frame),
          std::move(schedule),
          std::move(mask_prompts),
          std::move(engine),
          {plan.batch_size, options.ahead.frames_ahead},
          std::move(tracker),
          LineWriter(options.output_file)};
}

using Ahead = Lookahead<VideoFrame>;

// Those asked for: none is read in vain.
Ahead::Source frames_of(Run *run) {
  return [run, count = int64_t{0}]() mutable -> std::optional<VideoFrame> {
    const int64_t limit = run->options.max_frames;
    if (limit > 0 && count == limit) return std::nullopt;
    return count++ == 0 ? std::exchange(run->first_frame, std::nullopt)
                        : run->frames->next();
  };
}

// Whether there are any.
bool add_due_prompts(const VideoFrame &frame, Run *run) {
  std::vector<Prompt> prompts = std::exchange(run->mask_prompts, {});
  const SizePx size{frame.rgb.cols, frame.rgb.rows};
  for (Prompt &prompt : run->schedule.take_due(frame.pts_ns, size)) {
    prompts.push_back(std::move(prompt));
  }
  for (const Prompt &prompt : prompts) run->tracker->add_prompt(prompt);
  return !prompts.empty();
}

// Every Nth frame and every one with prompts is inferred.
FrameResult track_or_skip(const Ahead::Item &item, bool is_prompted, Run *run) {
  const ImageView picture = item.frame.view();
  if (run->frames_to_skip > 0 && !is_prompted) {
    --run->frames_to_skip;
    return run->tracker->skip(picture);
  }
  run->frames_to_skip = run->options.inference_interval - 1;
  if (!item.image) return run->tracker->track(picture);
  run->tracker->look_at(picture);
  return run->tracker->track(item.image);
}

void process(const Ahead::Item &item, Run *run) {
  const VideoFrame &frame = item.frame;
  const bool is_prompted = add_due_prompts(frame, run);
  const FrameResult result = track_or_skip(item, is_prompted, run);
  run->output.write(json_from_result(result, frame.pts_ns));
  if (!run->options.label_folder.empty()) {
    write_label_map(run->options.label_folder + "/" + frame.name + ".png",
                    label_map_from_result(result));
  }
}

int64_t expected_frames(const Run &run) {
  const int64_t count = run.frames->frame_count();
  const int64_t limit = run.options.max_frames;
  return limit > 0 && (count == 0 || limit < count) ? limit : count;
}

// Number of frames. What is encoded ahead is given up at the signal.
int64_t process_all(Run *run, Progress *progress) {
  Ahead ahead(run->engine, frames_of(run), run->ahead);
  int64_t count = 0;
  while (!is_stop_requested) {
    const std::optional<Ahead::Item> item = ahead.next();
    if (!item) break;
    process(*item, run);
    progress->show(++count);
  }
  return count;
}

void track(const TrackOptions &options) {
  Run run = prepare(options);
  Progress progress(expected_frames(run));
  const auto start = std::chrono::steady_clock::now();
  const int64_t count = process_all(&run, &progress);
  if (!options.save_state.empty()) run.tracker->save(options.save_state);
  const std::chrono::duration<double> elapsed =
      std::chrono::steady_clock::now() - start;
  progress.clear();
  if (is_stop_requested) std::fputs("Stopped by a signal. ", stderr);
  std::fprintf(
      stderr, "%s\n",
      closing_line(count, elapsed.count(), peak_memory_bytes()).c_str());
  if (options.reports_memory)
    std::fputs(memory_lines(run.engine->memory()).c_str(), stderr);
  if (!run.schedule.is_done() && !is_stop_requested) {
    std::fputs("The video ended before the time of a prompt.\n", stderr);
  }
}

int run_main(int argc, char **argv) {
  std::setlocale(LC_ALL, "");
  // What OpenCV cannot read is reported here, in one sentence.
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  g_setenv("OPENCV_FFMPEG_LOGLEVEL", "-8", FALSE);  // AV_LOG_QUIET
  TrackOptions options;
  try {
    options = parse_track_options(&argc, &argv);
  } catch (const Error &error) {
    std::fprintf(stderr, "%s See sam2-track --help.\n", error.what());
    return kWrongUse;
  }
  for (const std::string &warning : options.warnings)
    std::fprintf(stderr, "%s\n", warning.c_str());
  install_stop_signals();
  try {
    track(options);
  } catch (const Error &error) {
    std::fprintf(stderr, "%s\n", error.what());
    return kFailed;
  }
  return kDone;
}

}  // namespace
}  // namespace sam2

int main(int argc, char **argv) {
  try {
    return sam2::run_main(argc, argv);
  } catch (const std::exception &error) {
    std::fprintf(stderr, "sam2-track failed: %s.\n", error.what());
  }
  return sam2::kFailed;
}
