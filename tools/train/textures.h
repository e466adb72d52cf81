// Pictures without content: what a surface may look like.
#pragma once

#include <opencv2/core/mat.hpp>

#include "cutout_library.h"
#include "random.h"

namespace sam2::train {

// CV_32FC1 in [0, 1]: noise of several octaves, the coarsest of `cells` across.
cv::Mat fractal_noise(Random &random, cv::Size size, int cells);

// Gradient, noise, stripes, checker or Voronoi cells in random colours;
// CV_8UC3.
cv::Mat procedural_texture(Random &random, cv::Size size);

// A piece of a picture of the library, or a procedural texture where it has
// none and sometimes otherwise; CV_8UC3, BGR.
cv::Mat any_texture(Random &random, const PictureLibrary &library,
                    cv::Size size);

}  // namespace sam2::train
