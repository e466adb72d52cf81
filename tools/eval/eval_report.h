// Scores as a table for people, as JSON and as CSV.
#pragma once

#include <string>
#include <vector>

#include "engine/engine.h"
#include "eval/eval_options.h"
#include "eval/scores.h"

namespace sam2 {

// A row has the width of the header and no line end. `scored` are the frames
// that count.
std::string table_header();
std::string table_row(const SequenceScores &scores, FrameRange scored);

// The mean over sequences, and below it over all objects.
std::string table_means(const std::vector<SequenceScores> &sequences,
                        bool all_frames);

// How the run was set up, the means, each sequence and each object.
std::string json_report(const EvalOptions &options, const ModelInfo &model,
                        const std::vector<SequenceScores> &sequences);

// sequence,frame,object,scored,J,F: one line an object and frame, with those
// that do not count (scored is 0).
std::string csv_report(const std::vector<SequenceScores> &sequences,
                       bool all_frames);

}  // namespace sam2
