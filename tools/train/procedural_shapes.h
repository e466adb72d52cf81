// Objects that no photo shows: shapes drawn by rule.
#pragma once

#include <opencv2/core/mat.hpp>

#include "cutout_library.h"
#include "random.h"

namespace sam2::train {

// A sprite is CV_8UC4, BGRA, its colours multiplied by its alpha, so that
// scaling it leaves no rim of another colour.

// A blob, polygon, ellipse or bar, or one object composed of two or three of
// them with a texture each. The longest side is `side` pixels or a little less.
cv::Mat shape_sprite(Random &random, const PictureLibrary &library, int side);

// A round or square plate that fills its sprite well enough to hide whatever
// fits into a circle of 0.9 * `side` pixels.
cv::Mat plate_sprite(Random &random, const PictureLibrary &library, int side);

// `texture` (CV_8UC3) in the shape of `alpha` (CV_8UC1, same size).
cv::Mat sprite_of(const cv::Mat &texture, const cv::Mat &alpha);

}  // namespace sam2::train
