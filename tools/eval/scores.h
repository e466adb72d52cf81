// Scores by frame, and what is reported of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sam2 {

// `value` with so many digits after the point, in every locale.
std::string decimal_text(double value, int digits);

struct FrameScore {
  double region = 0;    // J
  double boundary = 0;  // F
};

struct ObjectScores {
  int label = 0;
  std::vector<FrameScore> frames;  // all of the sequence, the first included
};

struct SequenceScores {
  std::string name;
  std::vector<std::string> frame_names;
  std::vector<ObjectScores> objects;
  double seconds = 0;             // in the tracker alone
  int64_t peak_memory_bytes = 0;  // of the process, up to here

  double fps() const {
    return seconds > 0 ? static_cast<double>(frame_names.size()) / seconds : 0;
  }
};

// Frames first <= i < end.
struct FrameRange {
  size_t first = 0;
  size_t end = 0;
  size_t size() const { return end - first; }
  bool contains(size_t i) const { return i >= first && i < end; }
};

// The frames that are scored: all but the first, which is given, and by DAVIS's
// convention for semi-supervised evaluation not the last. With `all_frames` the
// last too. Throws Error (kUnreadable) if that leaves none of `frames`.
FrameRange scored_frames(const std::string &sequence, size_t frames,
                         bool all_frames);

// Statistics of one measure over frames. Source: Perazzi et al., CVPR 2016,
// section 4.
struct Summary {
  double mean = 0;
  double recall = 0;  // share of frames above 0.5
  double decay = 0;   // mean of the first quarter minus that of the last
};

// `values` is not empty. The quarters share the frames at their ends, as in
// the public DAVIS evaluation.
Summary summary_of(const std::vector<double> &values);

struct ScoreSummary {
  Summary region;    // J
  Summary boundary;  // F
  // J&F.
  double mean() const { return (region.mean + boundary.mean) / 2; }
};

ScoreSummary summary_of(const ObjectScores &object, FrameRange scored);

// Mean of each number; `parts` is not empty.
ScoreSummary mean_of(const std::vector<ScoreSummary> &parts);

// One summary an object, in the order of `scores.objects`.
std::vector<ScoreSummary> object_summaries(const SequenceScores &scores,
                                           FrameRange scored);

}  // namespace sam2
