// The command line of sam2-train.
#pragma once

#include <string>

#include "clip_batch.h"
#include "trainer.h"

namespace sam2::train {

struct TrainOptions {
  std::string variant = "sam2.1-nano";
  std::string initial_weights;  // file, may be empty
  std::string data;             // picture folder, may be empty
  std::string output;
  std::string device = "cpu";
  BatchSettings batch;
  TrainerSettings trainer;
  int workers = 1;
  int threads = 1;
  int64_t last_iteration = 0;  // of the schedule's
  double minutes = 0;          // stop after, to go on later; 0 = never
  double checkpoint_minutes = 3;
  int log_every = 20;

  // What a run that goes on from a checkpoint must have in common with it.
  std::string run() const;
};

// False after a message on the error stream (or --help).
bool parse_options(int argc, char **argv, TrainOptions *options);

}  // namespace sam2::train
