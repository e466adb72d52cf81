// Runs a pipeline at random for as long as one likes and says whether it grows.
// tests/soak.sh --help tells how to use it.
#include <malloc.h>

#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <limits>

#include "base/error.h"
#include "soak_driver.h"
#include "soak_ledger.h"
#include "support/process_counts.h"

namespace {

using Clock = std::chrono::steady_clock;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kIsMemoryOurs = false;  // sanitizers keep what is freed
#else
constexpr bool kIsMemoryOurs = true;
#endif

constexpr std::chrono::seconds kPatience(10);
constexpr int64_t kSampleEvery = 25;  // frames
constexpr int kFewestRests = 2 * sam2::kWarmUpRests;
static_assert(sam2::kWarmUpRests > 2 * sam2::SoakDriver::kRounds,
              "all properties come in the warm-up");

struct Options {
  gdouble minutes = 3;
  gint64 frames = 0;
  gint64 rest_every = 200;
  gint seed = 1;
  gchar *policy = nullptr;
  gchar *model = nullptr;
  gchar *output = nullptr;
};

void parse(Options &options, int *argc, char ***argv) {
  const GOptionEntry entries[] = {
      {"minutes", 0, 0, G_OPTION_ARG_DOUBLE, &options.minutes,
       "How long it runs, and no less than what can be judged (default: 3)",
       "N"},
      {"frames", 0, 0, G_OPTION_ARG_INT64, &options.frames,
       "How many frames it brings at least, however long that takes", "N"},
      {"rest-every", 0, 0, G_OPTION_ARG_INT64, &options.rest_every,
       "Frames after which everything is forgotten, and the element starts "
       "again with other properties (default: 200)",
       "N"},
      {"policy", 0, 0, G_OPTION_ARG_STRING, &options.policy,
       "memory-policy (default: samurai)", "NAME"},
      {"model", 0, 0, G_OPTION_ARG_FILENAME, &options.model,
       "model-file (default: the bundled model)", "FILE"},
      {"seed", 0, 0, G_OPTION_ARG_INT, &options.seed,
       "Of everything that happens at random (default: 1)", "N"},
      {"output", 0, 0, G_OPTION_ARG_FILENAME, &options.output,
       "Where the samples go as CSV (default: soak.csv)", "FILE"},
      {nullptr, 0, 0, G_OPTION_ARG_NONE, nullptr, nullptr, nullptr}};
  GOptionContext *context = g_option_context_new(nullptr);
  g_option_context_add_main_entries(context, entries, nullptr);
  GError *error = nullptr;
  const bool is_good = g_option_context_parse(context, argc, argv, &error);
  g_option_context_free(context);
  if (is_good) return;
  const std::string text = error->message;
  g_error_free(error);
  throw sam2::Error(sam2::ErrorCode::kSetting, text + ".");
}

class Soak {
 public:
  explicit Soak(const Options &options)
      : options_(options),
        csv_path_(options.output ? options.output : "soak.csv"),
        csv_(csv_path_),
        pipeline_(track_properties(options)),
        driver_(pipeline_, static_cast<uint32_t>(options.seed)) {}

  // Returns the program's status.
  int run() {
    csv_ << sam2::csv_header() << "\n";
    driver_.start();
    while (!is_over()) {
      driver_.step();
      if (pipeline_.frames_in() % kSampleEvery == 0) sample(false);
      if (pipeline_.frames_in() % options_.rest_every == 0) rest();
    }
    return report();
  }

 private:
  static std::string track_properties(const Options &options) {
    return std::string(
               "device=cpu input-size=64 max-objects=4 frame-buffer-size=4 "
               "memory-policy=") +
           (options.policy ? options.policy : "samurai") +
           (options.model ? " model-file=\"" + std::string(options.model) + "\""
                          : "");
  }
  bool is_over() const {
    const std::chrono::duration<double> passed = Clock::now() - start_;
    return passed.count() >= 60 * options_.minutes &&
           pipeline_.frames_in() >= options_.frames && rests_ >= kFewestRests;
  }

  void rest() {
    driver_.rest();
    sample(true);
    ++rests_;
    std::printf("%8" PRId64 " frames: %.1f MB resident, %.1f MB on the heap\n",
                pipeline_.frames_in(),
                static_cast<double>(samples_.back().resident) / 1e6,
                static_cast<double>(samples_.back().heap) / 1e6);
    std::fflush(stdout);
    driver_.start();
  }

  void sample(bool at_rest) {
    pipeline_.settle();
    const sam2::SoakStats stats = pipeline_.stats();
    if (!stats.overfull.empty())
      faults_.push_back("A memory bank holds " + stats.overfull + ".");
    sam2::SoakSample sample = process_now();
    sample.at_rest = at_rest;
    if (at_rest) sample.threads = threads_at_rest();
    sample.in_use = stats.in_use_bytes;
    sample.banks = stats.bank_bytes;
    sample.cached = stats.cached_bytes;
    sample.objects = stats.objects;
    csv_ << sam2::csv_row(sample) << std::endl;
    samples_.push_back(sample);
  }

  // What the system and malloc() know.
  sam2::SoakSample process_now() const {
    sam2::SoakSample sample;
    sample.frame = pipeline_.frames_in();
    sample.milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(
                              Clock::now() - start_)
                              .count();
    sample.resident = sam2::resident_bytes();
    const struct mallinfo2 heap = mallinfo2();
    sample.heap = static_cast<int64_t>(heap.uordblks + heap.hblkhd);
    sample.descriptors = sam2::descriptor_count();
    sample.threads = sam2::thread_count();
    return sample;
  }

  // Those of GLib's pool that are out of work may take their time to go.
  int64_t threads_at_rest() {
    const auto deadline = Clock::now() + kPatience;
    int64_t count = sam2::thread_count();
    while (count > fewest_threads_ && Clock::now() < deadline) {
      g_thread_pool_stop_unused_threads();
      std::this_thread::yield();
      count = sam2::thread_count();
    }
    fewest_threads_ = std::min(fewest_threads_, count);
    return count;
  }

  int report() {
    pipeline_.settle();
    const sam2::SoakVerdict verdict = sam2::judge(samples_, kIsMemoryOurs);
    std::printf("%" PRId64 " frames in, %" PRId64 " out, %" PRId64
                " dropped, %" PRId64 " flushed away; %s\n",
                pipeline_.frames_in(), pipeline_.frames_out(),
                pipeline_.frames_dropped(), pipeline_.frames_flushed(),
                driver_.counts().c_str());
    std::printf("samples: %s\n%-22s %14s %14s\n%s", csv_path_.c_str(),
                "median of a tenth", "after warm-up", "at the end",
                verdict.table.c_str());
    for (const auto &list : {verdict.faults, driver_.faults()})
      faults_.insert(faults_.end(), list.begin(), list.end());
    if (!pipeline_.errors().empty()) faults_.push_back(pipeline_.errors());
    for (const std::string &fault : faults_)
      std::printf("FAILED: %s\n", fault.c_str());
    if (faults_.empty()) std::printf("Nothing has grown.\n");
    return faults_.empty() ? 0 : 1;
  }

  const Options &options_;
  std::string csv_path_;
  std::ofstream csv_;
  Clock::time_point start_ = Clock::now();
  sam2::SoakPipeline pipeline_;
  sam2::SoakDriver driver_;
  std::vector<sam2::SoakSample> samples_;
  std::vector<std::string> faults_;
  int rests_ = 0;
  int64_t fewest_threads_ = std::numeric_limits<int64_t>::max();
};

}  // namespace

int main(int argc, char **argv) {
  gst_init(nullptr, nullptr);
  Options options;
  int status = 1;
  try {
    parse(options, &argc, &argv);
    status = Soak(options).run();
  } catch (const std::exception &error) {
    std::printf("FAILED: %s\n", error.what());
  }
  for (gchar *text : {options.policy, options.model, options.output})
    g_free(text);
  return status;
}
