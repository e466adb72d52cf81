// The command line of sam2-track.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/lookahead.h"

namespace sam2 {

struct TrackOptions {
  std::string input;
  ModelSettings model;
  TrackerSettings tracker;
  std::string prompt_text;
  std::string mask_file;
  std::string output_file;     // empty = standard output
  std::string label_folder;    // empty = none
  std::string load_state;      // empty = none
  std::string save_state;      // empty = none
  int64_t max_frames = 0;      // 0 = all
  int inference_interval = 1;  // frames from one that is inferred to the next
  double fps = 0;              // of a folder; 0 = unknown
  LookaheadSettings ahead;
  bool reports_memory = false;
  std::vector<std::string> warnings;  // sentences about the environment
};

// Reads the command line. Prints help and exits with 0 if asked to. Throws
// Error (kSetting) with one sentence for a wrong use.
TrackOptions parse_track_options(int *argc, char ***argv);

}  // namespace sam2
