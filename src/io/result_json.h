// One frame's results as one line of NDJSON, and back.
//
// {"frame":0,"pts":40000000,"width":640,"height":480,"objects":[
//   {"id":1,"label":"dog","box":[10,20,30,40],"iou":0.9,"object_score":7.5,
//    "lost":false,"mask":{"size":[480,640],"counts":"..."}}]}
//
// `pts` is in nanoseconds or null; `box` is x, y, width, height in pixels;
// `mask` is COCO run-length encoding (mask_rle.h) of the whole frame. `label`
// is left out if empty, `mask` if there is none. Numbers do not depend on the
// locale.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "track/track_result.h"

namespace sam2 {

struct TimedResult {
  FrameResult result;
  std::optional<int64_t> pts_ns;
};

// One compact line without line break; fields always in the order above.
// first_seen and last_seen are not written. A label that is not UTF-8 is
// repaired. Throws sam2::Error (kInternal) for a mask that leaves the frame.
// Reentrant.
std::string json_from_result(const FrameResult &result,
                             std::optional<int64_t> pts_ns);

// Reads a line of the form above, as written here or by other tools: fields
// may come in any order, unknown ones are ignored, `counts` may also be an
// array of runs. Only `frame`, `width`, `height`, `objects` and each object's
// `id` are required. Box and mask of an object come from its run lengths
// where it has them; first_seen and last_seen stay 0. Throws sam2::Error
// (kUnreadable) saying what is wrong with the line. Reentrant.
TimedResult result_from_json(std::string_view line);

}  // namespace sam2
