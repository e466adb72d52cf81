// What the benchmarks share: a model of generated weights and a stopwatch.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "model/sam2_model.h"

namespace sam2 {

struct BenchArguments {
  std::string variant = "sam2.1-tiny";
  std::string precision = "auto";
  std::string device = "cpu";
  std::string objects = "1,2,4,8,16";  // objects benchmark only
  int input_size = 0;
  int group = 0;  // objects benchmark only; 0 = the tracker's default
  int runs = 5;
};

// False, with a line on stderr, if the command line is wrong.
bool parse(int argc, char **argv, const char *summary, BenchArguments &out);

// Error kSetting for an unknown variant.
std::shared_ptr<const Sam2Model> make_model(const BenchArguments &arguments);

// Seconds by name, of the clock and of the processor (all threads).
class Stopwatch {
 public:
  // Waits for `device` to be done with what was asked of it.
  explicit Stopwatch(c10::Device device) : device_(device) {}
  // Runs `work`, keeps its seconds under `name`.
  void time(const std::string &name, const std::function<void()> &work);
  double median_s(const std::string &name) const;
  double median_processor_s(const std::string &name) const;
  void print(const std::string &name) const;

 private:
  c10::Device device_;
  std::map<std::string, std::vector<double>> seconds_;
  std::map<std::string, std::vector<double>> processor_seconds_;
};

}  // namespace sam2
