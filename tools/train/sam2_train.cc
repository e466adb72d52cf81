// sam2-train: trains a model of the library's own code and writes it as a
// model file.
#include <ATen/Parallel.h>
#include <malloc.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <opencv2/core.hpp>

#include "base/error.h"
#include "gpu/device.h"
#include "initial_weights.h"
#include "io/safetensors.h"
#include "loss_log.h"
#include "run_folder.h"
#include "train_options.h"

namespace {

using namespace sam2;
using namespace sam2::train;

volatile std::sig_atomic_t wants_stop = 0;

Trainer make_trainer(const TrainOptions &options) {
  const ModelConfig *config = find_config(options.variant);
  if (!config)
    throw Error(
        ErrorCode::kSetting,
        "There is no variant \"" + options.variant + "\". Use sam2.1-nano.");
  Sam2Network network(*config);
  initialise(network, options.trainer.seed);
  return Trainer(std::move(network), options.trainer,
                 at::Device(options.device));
}

// Seconds since it was made.
class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() -
                                         start_)
        .count();
  }

 private:
  std::chrono::steady_clock::time_point start_ =
      std::chrono::steady_clock::now();
};

// A step frees gigabytes that the next one wants again: page faults would take
// a quarter of the time.
void keep_freed_memory() {
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, -1);
}

void save(const TrainOptions &options, const Trainer &trainer,
          const LossLog &log) {
  save_checkpoint(options.output, trainer, options.run());
  save_model(options.output, trainer);
  log.draw();
}

void start(const TrainOptions &options, Trainer &trainer) {
  if (resume(options.output, trainer, options.run()))
    std::printf("Going on at iteration %ld.\n",
                static_cast<long>(trainer.iteration()));
  else if (!options.initial_weights.empty())
    trainer.load_weights(read_safetensors(options.initial_weights).tensors);
}

void run(const TrainOptions &options) {
  std::filesystem::create_directories(options.output);
  Trainer trainer = make_trainer(options);
  start(options, trainer);
  const PictureLibrary library = PictureLibrary::load(options.data);
  BatchQueue batches(library, options.batch, trainer.iteration(),
                     options.workers);
  LossLog log(options.output, trainer.iteration());
  ReportMean mean;
  const Stopwatch watch;
  double saved_s = 0;
  while (trainer.iteration() < options.last_iteration && !wants_stop) {
    mean.add(trainer.step(batches.next()));
    const double now_s = watch.seconds();
    if (trainer.iteration() % options.log_every == 0)
      log.add(trainer.iteration(), mean.take(),
              learning_rate(options.trainer, trainer.iteration() - 1), now_s,
              batches.waited_s() / now_s);
    if (now_s - saved_s > 60 * options.checkpoint_minutes) {
      save(options, trainer, log);
      saved_s = now_s;
    }
    if (options.minutes > 0 && now_s > 60 * options.minutes) break;
  }
  save(options, trainer, log);
  std::printf("%ld of %ld iterations done.\n",
              static_cast<long>(trainer.iteration()),
              static_cast<long>(options.trainer.iterations));
}

}  // namespace

int main(int argc, char **argv) {
  TrainOptions options;
  if (!parse_options(argc, argv, &options)) return 2;
  std::signal(SIGINT, [](int) { wants_stop = 1; });
  std::signal(SIGTERM, [](int) { wants_stop = 1; });
  at::set_num_threads(options.threads);
  cv::setNumThreads(1);
  keep_freed_memory();
  try {
    run(options);
  } catch (const Error &error) {
    std::fprintf(stderr, "%s\n", error.user_text().c_str());
    return 1;
  } catch (const std::exception &error) {
    std::fprintf(stderr, "Training stopped: %s\n", error.what());
    return 1;
  }
  return 0;
}
