#include "track/skipped_frames.h"

#include "base/error.h"

namespace sam2 {

const std::vector<SkippedFramesRow> &skipped_frames_rows() {
  static const std::vector<SkippedFramesRow> rows = {
      {SkippedFrames::kHold, "hold", "The masks of the last tracked frame"},
      {SkippedFrames::kMotion, "motion",
       "The same, moved and scaled as the objects have been moving"},
      {SkippedFrames::kNone, "none", "No objects"},
  };
  return rows;
}

SkippedFrames find_skipped_frames(const std::string &name) {
  std::string known;
  for (const SkippedFramesRow &row : skipped_frames_rows()) {
    if (row.name == name) return row.value;
    known += (known.empty() ? "" : ", ") + std::string(row.name);
  }
  throw Error(ErrorCode::kSetting,
              "Skipped frames cannot be treated by \"" + name +
                  "\". Set skipped-frames to one of: " + known + ".");
}

}  // namespace sam2
