// Prompts from files.
#pragma once

#include <string>
#include <vector>

#include "io/prompt_text.h"

namespace sam2 {

// Likelihood from which on a point of a DeepLabCut file is believed.
inline constexpr double kDefaultDlcLikelihood = 0.6;

// Reads a file of one of these kinds, told by its content:
//
//   - NDJSON as sam2jsonenc writes it. Every object of every line is a prompt
//     at the line's `pts`, or else at its frame number: its mask, or its box if
//     it has none, with its label. Later lines correct objects of earlier ones;
//     give the first line alone to track from there. Lost objects, and those
//     without a pixel, give none. Boxes are relative to the line's frame size.
//   - PNG label map, DAVIS style. Every index of the palette, or shade of grey,
//     but 0 and 255 (void) is an object of frame 0 with that id; a picture
//     with colours has an object for each but black, see read_colour_map().
//   - CSV of DeepLabCut, see read_dlc_prompts(); `dlc_likelihood` in [0, 1].
//
// Throws sam2::Error naming file, line and column: kNotFound if there is no
// such file; kUnreadable for other kinds, a mistake in any line, an object
// that nobody tracks (id -1), more than 64 MiB of lines or 100,000 prompts;
// kSetting if nothing in the file is an object. Reentrant.
std::vector<TimedPrompt> load_prompt_file(const std::string &path,
                                          double dlc_likelihood);

}  // namespace sam2
