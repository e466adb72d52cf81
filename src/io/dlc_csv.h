// Body parts from DeepLabCut's CSV files, as prompts.
#pragma once

#include <vector>

#include "io/line_reader.h"
#include "io/prompt_text.h"

namespace sam2 {

// Reads a table as DeepLabCut writes it for a video: header rows "scorer",
// "individuals" (for several animals), "bodyparts" and "coords", then a row a
// frame with the frame's number and x, y (pixels) and likelihood of each body
// part. Fields may be in double quotes; numbers have a point.
//
// Each body part is an object with one click at the first frame where its
// likelihood is `likelihood` or more: each later row would make one more
// conditioning frame. Its id is its place in the header, from 1 on; its label
// the body part's name, after the individual's and a space where there are
// such. Rows without numbers for a body part, and points left of or above the
// picture, are passed over. Reading ends when all body parts are found, after a
// million rows at the latest; parts not found by then are left out.
//
// `reader` stands before the first line. Throws sam2::Error (kUnreadable)
// naming line and column (of the table, from 1 on), also above 1024 body parts,
// and (kSetting) if no body part is likely enough anywhere. Reentrant.
std::vector<TimedPrompt> read_dlc_prompts(LineReader *reader,
                                          double likelihood);

}  // namespace sam2
