// Sequences of pictures with true masks, in one of two layouts:
//   DATA/SEQUENCE/frames/NNNNN.jpg and DATA/SEQUENCE/masks/NNNNN.png, or
//   DATA/JPEGImages/480p/SEQUENCE/NNNNN.jpg and
//   DATA/Annotations/480p/SEQUENCE/NNNNN.png, as DAVIS is distributed.
#pragma once

#include <string>
#include <vector>

namespace sam2 {

struct DavisSequence {
  std::string name;
  std::string frames_folder;
  std::string masks_folder;
  // Of each frame, in order; files that exist.
  std::vector<std::string> mask_files;
};

// Names of all sequences in `data_folder`, sorted. Throws Error: kNotFound if
// there is no such folder, kUnreadable if it holds no sequence.
std::vector<std::string> sequence_names(const std::string &data_folder);

// Finds the files of one sequence; does not read them. Throws Error: kNotFound
// if a folder is missing, kUnreadable if there are no pictures, or if a frame
// has no mask or a mask no frame.
DavisSequence open_sequence(const std::string &data_folder,
                            const std::string &name);

}  // namespace sam2
