#include "eval/scores.h"

#include <glib.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

#include "base/error.h"

namespace sam2 {
namespace {

constexpr double kRecalledAbove = 0.5;
constexpr size_t kQuarters = 4;

double mean_between(const std::vector<double> &values, size_t first,
                    size_t last) {
  const auto begin = values.begin() + static_cast<std::ptrdiff_t>(first);
  const auto end = values.begin() + static_cast<std::ptrdiff_t>(last) + 1;
  return std::accumulate(begin, end, 0.0) /
         static_cast<double>(std::distance(begin, end));
}

// Index of the frame where quarter `number` begins, 4 being the last frame.
size_t quarter_edge(size_t frames, size_t number) {
  const double edge = static_cast<double>((frames - 1) * number) / kQuarters;
  return static_cast<size_t>(std::llround(edge));
}

void add(const Summary &part, double weight, Summary *sum) {
  sum->mean += weight * part.mean;
  sum->recall += weight * part.recall;
  sum->decay += weight * part.decay;
}

}  // namespace

std::string decimal_text(double value, int digits) {
  const std::string format = "%." + std::to_string(digits) + "f";
  char text[G_ASCII_DTOSTR_BUF_SIZE];
  return g_ascii_formatd(text, sizeof text, format.c_str(), value);
}

FrameRange scored_frames(const std::string &sequence, size_t frames,
                         bool all_frames) {
  const FrameRange scored{1, all_frames ? frames : frames - 1};
  if (frames > 1 && scored.first < scored.end) return scored;
  throw Error(ErrorCode::kUnreadable,
              "The sequence \"" + sequence + "\" has " +
                  std::to_string(frames) + " of the " +
                  (all_frames ? "2" : "3") +
                  " frames needed to score one. Give a longer sequence" +
                  (all_frames ? "." : ", or --all-frames for one of 2."));
}

Summary summary_of(const std::vector<double> &values) {
  const size_t last = values.size() - 1;
  const auto above = [](double value) { return value > kRecalledAbove; };
  Summary summary;
  summary.mean = mean_between(values, 0, last);
  summary.recall =
      static_cast<double>(std::count_if(values.begin(), values.end(), above)) /
      static_cast<double>(values.size());
  summary.decay = mean_between(values, 0, quarter_edge(values.size(), 1)) -
                  mean_between(values, quarter_edge(values.size(), 3), last);
  return summary;
}

ScoreSummary summary_of(const ObjectScores &object, FrameRange scored) {
  std::vector<double> region;
  std::vector<double> boundary;
  for (size_t i = scored.first; i < scored.end; ++i) {
    region.push_back(object.frames[i].region);
    boundary.push_back(object.frames[i].boundary);
  }
  return {summary_of(region), summary_of(boundary)};
}

ScoreSummary mean_of(const std::vector<ScoreSummary> &parts) {
  ScoreSummary mean;
  const double weight = 1.0 / static_cast<double>(parts.size());
  for (const ScoreSummary &part : parts) {
    add(part.region, weight, &mean.region);
    add(part.boundary, weight, &mean.boundary);
  }
  return mean;
}

std::vector<ScoreSummary> object_summaries(const SequenceScores &scores,
                                           FrameRange scored) {
  std::vector<ScoreSummary> summaries;
  for (const ObjectScores &object : scores.objects) {
    summaries.push_back(summary_of(object, scored));
  }
  return summaries;
}

}  // namespace sam2
