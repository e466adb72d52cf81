// What a training run reports: a line per interval, and a picture.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "training_step.h"

namespace sam2::train {

// Appends to FOLDER/log.csv, and draws FOLDER/loss.png from all of it.
// Thread-bound. Error kSetting if the folder cannot be written to.
class LossLog {
 public:
  // Lines of an earlier run from `first_iteration` on are dropped: they will
  // be made again.
  LossLog(const std::string &folder, int64_t first_iteration);

  // `iteration` steps taken so far; rate of learning; seconds since the start
  // of this process and the share of them spent waiting for data.
  void add(int64_t iteration, const StepReport &mean, double rate,
           double seconds, double waiting_share);
  void draw() const;

 private:
  std::string csv_;
  std::string picture_;
};

// Running mean of reports.
class ReportMean {
 public:
  void add(const StepReport &report) { reports_.push_back(report); }
  StepReport take();  // the mean since the last call; at least one was added
 private:
  std::vector<StepReport> reports_;
};

}  // namespace sam2::train
