#include "eval/sequence_run.h"

#include <chrono>

#include "base/error.h"
#include "eval/boundary_measure.h"
#include "eval/region_measure.h"
#include "track_report.h"

namespace sam2 {
namespace {

constexpr int kMaxCorrections = 2;

std::string size_text(int width, int height) {
  return std::to_string(width) + "x" + std::to_string(height);
}

LabelMap read_truth(const std::string &path, const VideoFrame &frame) {
  LabelMap truth = read_label_map(path);
  if (truth.width == frame.rgb.cols && truth.height == frame.rgb.rows) {
    return truth;
  }
  throw Error(ErrorCode::kUnreadable,
              "The mask \"" + path + "\" has " +
                  size_text(truth.width, truth.height) +
                  " pixels, but its frame has " +
                  size_text(frame.rgb.cols, frame.rgb.rows) +
                  ". Give masks of the frames' size.");
}

std::vector<Prompt> checked_prompts(const LabelMap &truth,
                                    const std::string &mask_file,
                                    PromptKind kind) {
  std::vector<Prompt> prompts = first_frame_prompts(truth, kind);
  if (!prompts.empty()) return prompts;
  throw Error(ErrorCode::kUnreadable,
              "The first mask \"" + mask_file +
                  "\" has no object. Begin the sequence with a frame on which "
                  "every object is seen.");
}

void add_prompts(const std::vector<Prompt> &prompts, StreamTracker *tracker) {
  for (const Prompt &prompt : prompts) tracker->add_prompt(prompt);
}

// Clicks where the answer to `prompts` is worst. False if nothing is wrong.
bool add_corrections(const VideoFrame &frame, const LabelMap &truth,
                     StreamTracker *tracker, std::vector<Prompt> *prompts) {
  tracker->reset();
  add_prompts(*prompts, tracker);
  const LabelMap answer = label_map_from_result(tracker->track(frame.view()));
  bool is_changed = false;
  for (Prompt &prompt : *prompts) {
    const auto click =
        corrective_click(truth, answer, static_cast<int>(prompt.object_id));
    if (!click) continue;
    prompt.points.push_back(*click);
    is_changed = true;
  }
  return is_changed;
}

void prompt_first_frame(const VideoFrame &frame, const LabelMap &truth,
                        std::vector<Prompt> prompts, PromptKind kind,
                        StreamTracker *tracker) {
  if (kind == PromptKind::kClicks3) {
    for (int i = 0; i < kMaxCorrections; ++i) {
      if (!add_corrections(frame, truth, tracker, &prompts)) break;
    }
  }
  tracker->reset();
  add_prompts(prompts, tracker);
}

LabelMap track_frame(const VideoFrame &frame, StreamTracker *tracker,
                     SequenceScores *scores) {
  const auto start = std::chrono::steady_clock::now();
  const FrameResult result = tracker->track(frame.view());
  const std::chrono::duration<double> elapsed =
      std::chrono::steady_clock::now() - start;
  scores->seconds += elapsed.count();
  return label_map_from_result(result);
}

void score_frame(const LabelMap &truth, const LabelMap &predicted,
                 SequenceScores *scores) {
  const cv::Mat void_pixels = mask_of_label(truth, kVoidLabel);
  for (ObjectScores &object : scores->objects) {
    const cv::Mat expected = mask_of_label(truth, object.label);
    const cv::Mat found = mask_of_label(predicted, object.label);
    object.frames.push_back(
        {region_similarity(expected, found, void_pixels),
         boundary_similarity(expected, found, void_pixels)});
  }
}

}  // namespace

SequenceScores run_sequence(const DavisSequence &sequence, PromptKind kind,
                            StreamTracker *tracker, const FrameVisitor &visit) {
  SequenceScores scores;
  scores.name = sequence.name;
  const auto frames = open_frame_source(sequence.frames_folder, 0);
  for (size_t i = 0; i < sequence.mask_files.size(); ++i) {
    const std::optional<VideoFrame> frame = frames->next();
    if (!frame) break;
    const LabelMap truth = read_truth(sequence.mask_files[i], *frame);
    if (i == 0) {
      for (const int label : object_labels(truth)) {
        scores.objects.push_back({label, {}});
      }
      prompt_first_frame(*frame, truth,
                         checked_prompts(truth, sequence.mask_files[i], kind),
                         kind, tracker);
    }
    const LabelMap predicted = track_frame(*frame, tracker, &scores);
    score_frame(truth, predicted, &scores);
    scores.frame_names.push_back(frame->name);
    scores.peak_memory_bytes = peak_memory_bytes();
    visit({i, *frame, truth, predicted, scores});
  }
  return scores;
}

}  // namespace sam2
