// sam2-eval: scores a model on video sequences with true masks.
#include <glib.h>

#include <clocale>
#include <cstdio>
#include <exception>
#include <memory>
#include <opencv2/core/utils/logger.hpp>

#include "base/error.h"
#include "eval/davis_folder.h"
#include "eval/eval_options.h"
#include "eval/eval_report.h"
#include "eval/label_pictures.h"
#include "eval/score_plot.h"
#include "eval/sequence_run.h"
#include "open_engine.h"
#include "track_report.h"

namespace sam2 {
namespace {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kWrongUse = 2;

void create_folder(const std::string &folder) {
  if (folder.empty() || g_mkdir_with_parents(folder.c_str(), 0777) == 0) return;
  throw Error(ErrorCode::kSetting,
              "Could not create the folder \"" + folder +
                  "\". Give --output a folder that may be written to.");
}

void write_text(const std::string &path, const std::string &text) {
  if (g_file_set_contents(path.c_str(), text.data(),
                          static_cast<gssize>(text.size()), nullptr)) {
    return;
  }
  throw Error(ErrorCode::kSetting,
              "Could not write \"" + path +
                  "\". Give --output a folder that may be written to and has "
                  "room.");
}

// All sequences are looked up, and refused, before the model is loaded.
std::vector<DavisSequence> open_sequences(const EvalOptions &options) {
  const std::vector<std::string> names =
      options.sequences.empty() ? sequence_names(options.data_folder)
                                : options.sequences;
  std::vector<DavisSequence> sequences;
  for (const std::string &name : names) {
    sequences.push_back(open_sequence(options.data_folder, name));
    scored_frames(name, sequences.back().mask_files.size(), options.all_frames);
  }
  return sequences;
}

std::string caption(const ScoredFrame &frame) {
  double sum = 0;
  for (const ObjectScores &object : frame.scores.objects) {
    sum += object.frames.back().region;
  }
  const double mean = sum / static_cast<double>(frame.scores.objects.size());
  return "frame " + std::to_string(frame.index) + "   J " +
         decimal_text(mean, 2) + "   green: truth, magenta: found";
}

SequenceScores score(const EvalOptions &options, const DavisSequence &sequence,
                     StreamTracker *tracker) {
  const std::string masks =
      options.output_folder + "/masks/" + sequence.name + "/";
  if (options.save_masks) create_folder(masks);
  ContactSheet sheet(options.overlay_count, sequence.mask_files.size());
  Progress progress(static_cast<int64_t>(sequence.mask_files.size()));
  const auto visit = [&](const ScoredFrame &frame) {
    progress.show(static_cast<int64_t>(frame.index) + 1);
    if (options.save_masks) {
      write_indexed_png(masks + frame.frame.name + ".png", frame.predicted);
    }
    if (sheet.wants(frame.index)) {
      sheet.add(frame.frame.rgb, frame.truth, frame.predicted, caption(frame));
    }
  };
  SequenceScores scores =
      run_sequence(sequence, options.prompt, tracker, visit);
  if (options.overlay_count > 0) {
    write_picture(options.output_folder + "/" + sequence.name + "-overlays.png",
                  sheet.picture());
  }
  return scores;
}

// After each sequence, so that a failure later on costs nothing of it.
void write_reports(const EvalOptions &options, const ModelInfo &model,
                   const std::vector<SequenceScores> &sequences) {
  if (options.output_folder.empty()) return;
  const SequenceScores &last = sequences.back();
  write_picture(
      options.output_folder + "/" + last.name + "-J.png",
      score_plot(last, scored_frames(last.name, last.frame_names.size(),
                                     options.all_frames)));
  write_text(options.output_folder + "/scores.json",
             json_report(options, model, sequences));
  write_text(options.output_folder + "/frames.csv",
             csv_report(sequences, options.all_frames));
}

void print(const std::string &line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

void evaluate(const EvalOptions &options) {
  const std::vector<DavisSequence> sequences = open_sequences(options);
  create_folder(options.output_folder);
  const auto engine = open_engine(options.model);
  const auto tracker = engine->create_tracker(options.tracker);
  std::vector<SequenceScores> scores;
  print(table_header());
  for (const DavisSequence &sequence : sequences) {
    scores.push_back(score(options, sequence, tracker.get()));
    print(table_row(scores.back(),
                    scored_frames(sequence.name, sequence.mask_files.size(),
                                  options.all_frames)));
    write_reports(options, engine->info(), scores);
  }
  print(table_means(scores, options.all_frames));
}

int run_main(int argc, char **argv) {
  std::setlocale(LC_ALL, "");
  // What OpenCV cannot read is reported here, in one sentence.
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  EvalOptions options;
  try {
    options = parse_eval_options(&argc, &argv);
  } catch (const Error &error) {
    std::fprintf(stderr, "%s See sam2-eval --help.\n", error.what());
    return kWrongUse;
  }
  try {
    evaluate(options);
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
    std::fprintf(stderr, "sam2-eval failed: %s.\n", error.what());
  }
  return sam2::kFailed;
}
