// The command line of sam2-eval.
#pragma once

#include <string>
#include <vector>

#include "engine/engine.h"
#include "eval/first_frame_prompts.h"

namespace sam2 {

struct EvalOptions {
  std::string data_folder;
  std::vector<std::string> sequences;  // empty = all
  ModelSettings model;
  TrackerSettings tracker;
  std::string prompt_name;
  PromptKind prompt = PromptKind::kMask;
  bool all_frames = false;
  std::string output_folder;  // empty = none
  bool save_masks = false;
  int overlay_count = 0;
};

// Reads the command line. Prints help and exits with 0 if asked to. Throws
// Error (kSetting) with one sentence for a wrong use.
EvalOptions parse_eval_options(int *argc, char ***argv);

}  // namespace sam2
