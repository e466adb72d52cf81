// What becomes of frames that are not inferred.
#pragma once

#include <string>
#include <vector>

namespace sam2 {

enum class SkippedFrames {
  kHold,    // the masks of the last tracked frame
  kMotion,  // the same, moved and scaled as the objects have been moving
  kNone,    // no object
};

// A named row; properties, options and their documentation are filled from the
// table.
struct SkippedFramesRow {
  SkippedFrames value;
  const char *name;
  const char *description;
};
const std::vector<SkippedFramesRow> &skipped_frames_rows();

// Error kSetting naming the known ones if there is none of that name.
SkippedFrames find_skipped_frames(const std::string &name);

}  // namespace sam2
