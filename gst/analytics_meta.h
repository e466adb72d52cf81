// Results to GstAnalytics metadata and back.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/geometry.h"
#include "io/mask_rle.h"
#include "track/track_result.h"

namespace sam2 {

// Running times of one object, GST_CLOCK_TIME_NONE if the frames had none.
struct SeenTimes {
  GstClockTime first_ns = GST_CLOCK_TIME_NONE;
  GstClockTime last_ns = GST_CLOCK_TIME_NONE;
};

// What attach_result() adds.
struct AttachedParts {
  bool detections = true;
  bool tracks = true;
  bool segmentations = true;
  bool scores = true;
};

// Adds the `parts` of `result` to the writable `buffer` as one
// GstAnalyticsRelationMeta (the one that is already there, if any), per object:
//
//   - GstAnalyticsTrackingMtd: object id, first seen, last seen, lost
//   - GstAnalyticsODMtd: label ("object" if the prompt has none, and for new
//     labels after 4096 in the process), box, confidence = predicted IoU
//   - GstAnalyticsSegmentationMtd, instance: the mask; its location is the box,
//     or the frame if the mask covers it; a pixel is the object's index (1 for
//     the first one) or 0;
//     GRAY8, or GRAY16_LE when there are more than 255 objects; region ids are
//     {0, index}
//
// related by RELATE_TO, as far as they are there: detection to tracking,
// detection to segmentation and back. A lost object has the tracking entry
// only, one with the id kUntrackedId all but that and its score. The other
// scores go into kScoresMeta (sam2_scores_meta.h). `times` has one entry per
// object of `result`. Throws std::bad_alloc.
void attach_result(GstBuffer *buffer, const FrameResult &result,
                   const std::vector<SeenTimes> &times,
                   const AttachedParts &parts = {});

// One object of a buffer's metadata, whoever produced it.
struct AnalyticsObject {
  std::optional<int64_t> object_id;  // tracking id; none if not tracked
  std::string label;                 // of the detection, may be empty
  float confidence = 0;              // of the detection
  std::optional<float> object_score;
  bool is_lost = false;
  bool is_coasted = false;  // as in ObjectScore, like what follows
  std::optional<float> kf_score;
  std::optional<int> stable_frames;
  SeenTimes seen;
  BoxPx box;  // whole pixels of the frame; empty without a detection
  // Where `mask` lies, whole pixels of the frame; empty without a mask.
  BoxPx mask_box;
  // 0 or 255, brought to the size of `mask_box`, or as it is if it covers a
  // frame in a resolution of its own.
  MaskImage mask;
  bool mask_covers_frame = false;
};

// The objects on `buffer`: tracked ones in the order of their tracking
// entries, then detections that nobody tracks, then regions of segmentations
// that belong to no detection (their box is that of the mask, their label is
// empty, an id they have not). Every pixel but 0 of a detection's mask is the
// object. Masks are read through their location, so they fit the frame after
// scaling. What cannot be read (a mask without GstVideoMeta, of an absurd
// size or of an unknown format) is left out. With `own_size_in`, the size of
// the frame, masks that cover it keep the size they have. Throws
// std::bad_alloc.
std::vector<AnalyticsObject> read_objects(GstBuffer *buffer,
                                          SizePx own_size_in = {});

// The pixels of the object's mask that are inside a frame of `frame_size`, at
// its resolution, in the smallest box that holds them (if the mask is not finer
// than the frame); empty if there is none. Throws std::bad_alloc.
PlacedMask clipped_mask(const AnalyticsObject &object, SizePx frame_size);

}  // namespace sam2
