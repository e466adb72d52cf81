// Objects as sprites: CV_8UC4, BGRA, colours multiplied by alpha.
#pragma once

#include <opencv2/core/mat.hpp>

#include "cutout_library.h"
#include "random.h"

namespace sam2::train {

// A cut-out of the library, or a drawn shape where it has none and sometimes
// otherwise, flipped and coloured by chance. The longest side is `longest`
// pixels, less where a cut-out is too small to be enlarged so far.
cv::Mat any_sprite(Random &random, const PictureLibrary &library, int longest);

// The sprite with its channels multiplied by slightly different factors.
cv::Mat tinted(Random &random, const cv::Mat &sprite);

}  // namespace sam2::train
