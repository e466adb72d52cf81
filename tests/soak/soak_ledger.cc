#include "soak_ledger.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>

#include "base/error.h"

namespace sam2 {
namespace {

constexpr struct {
  const char *name;
  int64_t SoakSample::*value;
} kColumns[] = {
    {"frame", &SoakSample::frame},
    {"milliseconds", &SoakSample::milliseconds},
    {"at-rest", &SoakSample::at_rest},
    {"resident", &SoakSample::resident},
    {"heap", &SoakSample::heap},
    {"in-use", &SoakSample::in_use},
    {"banks", &SoakSample::banks},
    {"cached", &SoakSample::cached},
    {"objects", &SoakSample::objects},
    {"descriptors", &SoakSample::descriptors},
    {"threads", &SoakSample::threads},
};

// At rest all samples should be equal, else the objects of the moment count.
constexpr struct Rule {
  const char *name;
  int64_t SoakSample::*value;
  bool at_rest;
  double growth;  // allowed, share
  bool is_of_malloc;
} kRules[] = {
    {"resident bytes", &SoakSample::resident, false, 0.01, true},
    {"heap bytes at rest", &SoakSample::heap, true, 0.01, true},
    {"tensor bytes at rest", &SoakSample::in_use, true, 0, false},
    {"bank bytes at rest", &SoakSample::banks, true, 0, false},
    {"file descriptors", &SoakSample::descriptors, true, 0, false},
    {"threads", &SoakSample::threads, true, 0, false},
};
// In a tenth.
constexpr size_t kFewestSamples = 3;

int64_t median(std::vector<int64_t> values) {
  const auto middle =
      values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

int64_t end_of_warm_up(const std::vector<SoakSample> &samples) {
  int rests = 0;
  for (const SoakSample &sample : samples)
    if (sample.at_rest && ++rests == kWarmUpRests) return sample.frame;
  return std::numeric_limits<int64_t>::max();
}

std::vector<int64_t> values_of(const std::vector<SoakSample> &samples,
                               int64_t warm_up, const Rule &rule) {
  std::vector<int64_t> values;
  for (const SoakSample &sample : samples)
    if (sample.frame >= warm_up && (!rule.at_rest || sample.at_rest))
      values.push_back(sample.*rule.value);
  return values;
}

std::string row_text(const Rule &rule, int64_t before, int64_t after) {
  char text[120];
  std::snprintf(text, sizeof text, "%-22s %14lld %14lld %+9.3f %%\n", rule.name,
                static_cast<long long>(before), static_cast<long long>(after),
                before == 0 ? 0.
                            : 100. * static_cast<double>(after - before) /
                                  static_cast<double>(before));
  return text;
}

void apply(const Rule &rule, const std::vector<int64_t> &values,
           SoakVerdict &verdict) {
  const size_t tenth = std::max(values.size() / 10, kFewestSamples);
  if (values.size() < 2 * tenth) {
    verdict.faults.push_back(
        "There are too few samples of " + std::string(rule.name) + ": " +
        std::to_string(values.size()) + ". Let it run for more frames.");
    return;
  }
  const auto length = static_cast<std::ptrdiff_t>(tenth);
  const int64_t before = median({values.begin(), values.begin() + length});
  const int64_t after = median({values.end() - length, values.end()});
  verdict.table += row_text(rule, before, after);
  const double limit = static_cast<double>(before) * (1 + rule.growth) +
                       (rule.is_of_malloc ? kCacheSteps_bytes : 0);
  if (static_cast<double>(after) > limit)
    verdict.faults.push_back(
        "There are more " + std::string(rule.name) +
        " at the end than after the warm-up: " + std::to_string(after) +
        ", not " + std::to_string(before) + ".");
}

}  // namespace

std::string csv_header() {
  std::string text;
  for (const auto &column : kColumns)
    text += (text.empty() ? "" : ",") + std::string(column.name);
  return text;
}

std::string csv_row(const SoakSample &sample) {
  std::string text;
  for (const auto &column : kColumns)
    text += (text.empty() ? "" : ",") + std::to_string(sample.*column.value);
  return text;
}

std::vector<SoakSample> read_soak_csv(const std::string &path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line) || line != csv_header())
    throw Error(ErrorCode::kUnreadable,
                "The file \"" + path +
                    "\" has no samples of a soak. Give the CSV that "
                    "tests/soak.sh has written.");
  std::vector<SoakSample> samples;
  while (std::getline(file, line)) {
    std::replace(line.begin(), line.end(), ',', ' ');
    std::istringstream numbers(line);
    SoakSample sample;
    for (const auto &column : kColumns) numbers >> sample.*column.value;
    if (numbers) samples.push_back(sample);  // else the last one, cut off
  }
  return samples;
}

SoakVerdict judge(const std::vector<SoakSample> &samples, bool counts_memory) {
  const int64_t warm_up = end_of_warm_up(samples);
  SoakVerdict verdict;
  for (const Rule &rule : kRules)
    if (counts_memory || !rule.is_of_malloc)
      apply(rule, values_of(samples, warm_up, rule), verdict);
  return verdict;
}

}  // namespace sam2
