// A plot of J over the frames of a sequence.
#pragma once

#include <opencv2/core/mat.hpp>

#include "eval/scores.h"

namespace sam2 {

// BGR: a line an object in its label's colour, with labelled axes; frames that
// are not scored are shaded.
cv::Mat score_plot(const SequenceScores &scores, FrameRange scored);

}  // namespace sam2
