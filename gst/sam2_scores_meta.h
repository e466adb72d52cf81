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

// A GstCustomMeta, which applications read without a header of ours. It is
// copied with the buffer, also by elements that scale or convert the picture
// (it has no tags, because a score does not depend on size, colour or
// orientation). Its structure has one field, `objects`, a GST_TYPE_ARRAY of
// structures:
//
//   object-id      gint64
//   object-score   gdouble
//   coasted        gboolean
//   kf-score       gdouble, if there is one
//   stable-frames  gint, if there is one
inline constexpr const char *kScoresMeta = "GstSam2ScoresMeta";

// Adds `scores` to those that a writable buffer has. Throws std::bad_alloc.
void add_scores_meta(GstBuffer *buffer, const std::vector<ObjectScore> &scores);

// The scores on `buffer`; what cannot be read is left out.
std::vector<ObjectScore> read_scores(GstBuffer *buffer);

}  // namespace sam2
