// Scores that the standard analytics metadata has no field for.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace sam2 {

struct ObjectScore {
  // The tracking id of the object's GstAnalyticsTrackingMtd on this buffer.
  int64_t object_id = 0;
  // Logit; > 0 means that the model believes the object is in the picture.
  float object_score = 0;
  // The frame was not inferred: box and mask are guessed from earlier frames,
  // and scores are those of the latest one that was.
  bool is_coasted = false;
  // With memory-policy=samurai. IoU of the mask's box with the predicted one,
  // [0, 1]; none until the motion has a say and on prompted frames.
  std::optional<float> kf_score;
  // Good frames in a row, up to stable-frames-threshold.
  std::optional<int> stable_frames;
};

// GstMeta "GstSam2ScoresMeta". It belongs to the buffer and is copied with it,
// also by elements that scale or convert the picture (it has no tags, because
// a score does not depend on size, colour or orientation).
struct ScoresMeta {
  GstMeta meta;
  std::vector<ObjectScore> *scores;
};

// Adds `scores` to those that a writable buffer has. Throws std::bad_alloc.
void add_scores_meta(GstBuffer *buffer, const std::vector<ObjectScore> &scores);

// The scores on `buffer`, or null. They live as long as the buffer's metadata.
const std::vector<ObjectScore> *find_scores(GstBuffer *buffer);

// Reentrant; registers the type at the first call.
const GstMetaInfo *scores_meta_info();

}  // namespace sam2
