// One frame's results as one line of NDJSON, and back.
//
// {"frame":0,"pts":40000000,"width":640,"height":480,"objects":[
//   {"id":1,"label":"dog","box":[10,20,30,40],"iou":0.9,"object_score":7.5,
//    "lost":false,"mask":{"size":[480,640],"counts":"..."}}]}
//
// `pts` is in nanoseconds or null; `box` is x, y, width, height in pixels;
// `mask` is COCO run-length encoding (mask_rle.h) of the whole frame; its
// `size` is the frame's height and width, or another one if it has a resolution
// of its own. `label` is left out if empty, `mask` if there is none. An `id` of
// -1 means that nobody tracks the object. `coasted`, `kf_score` and
// `stable_frames` (ObjectResult) follow `lost` where they are true or known.
// Numbers do not depend on the locale.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/mask_rle.h"
#include "track/track_result.h"

namespace sam2 {

struct TimedResult {
  FrameResult result;
  std::optional<int64_t> pts_ns;
};

// The id of a detection that nobody tracks.
inline constexpr int64_t kUntrackedId = -1;

// What a line may hold: a few bytes can ask for any number of full masks, and
// analytics metadata takes memory by the square of the number of objects.
inline constexpr int kMaxLineObjects = 1024;
inline constexpr int64_t kMaxLineMaskPixels = int64_t{1} << 29;

// One compact line without line break; fields always in the order above.
// first_seen and last_seen are not written. A label that is not UTF-8 is
// repaired. Throws sam2::Error (kInternal) for a mask that leaves the frame.
// Reentrant.
std::string json_from_result(const FrameResult &result,
                             std::optional<int64_t> pts_ns);

// A line whose masks are still run lengths: a fraction of the memory.
struct ResultLine {
  // The masks are empty; the box of an object that has one is that of the mask.
  FrameResult result;
  std::optional<int64_t> pts_ns;
  std::vector<EncodedMask> masks;  // one per object, empty without a mask
};

// Reads a line of the form above, as written here or by other tools: fields
// may come in any order, unknown ones are ignored, `counts` may also be an
// array of runs. Only `frame`, `width`, `height`, `objects` and each object's
// `id` are required. Box and mask of an object come from its run lengths
// where it has them; first_seen and last_seen stay 0. Throws sam2::Error
// (kUnreadable) saying what is wrong, and behind which character of the line,
// counted from 1, that was seen; `name` is what the line is called there. A
// line with more than kMaxLineObjects objects or kMaxLineMaskPixels pixels in
// the boxes of its masks, or in masks of another size than the frame's, is
// refused. Reentrant.
ResultLine parse_result_line(std::string_view line,
                             const std::string &name = "a line of results");

// Fills the masks of a parsed line. Throws std::bad_alloc alone. Reentrant.
TimedResult decode_masks(ResultLine line);

// Both in one.
TimedResult result_from_json(std::string_view line);

}  // namespace sam2
