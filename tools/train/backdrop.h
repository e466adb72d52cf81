// What lies behind the objects of a clip.
#pragma once

#include <opencv2/core/mat.hpp>

#include "cutout_library.h"
#include "motion_path.h"
#include "random.h"

namespace sam2::train {

// A picture a little larger than the frame. Its pixel 0, 0 is at `corner` in
// pixels of the frame while the camera rests.
struct Backdrop {
  cv::Mat picture;  // CV_8UC3, BGR
  cv::Mat labels;   // CV_8UC1, 0 or 1..instances; empty without instances
  int instances = 0;
  cv::Point2d corner;
  ElasticWarp warp;
};

// A piece of a picture of the library or a texture, for frames of `side`
// pixels.
Backdrop scenery_backdrop(Random &random, const PictureLibrary &library,
                          int side);

// A piece of a labelled photo around one of its instances. The library has
// photos.
Backdrop photo_backdrop(Random &random, const PictureLibrary &library,
                        int side);

}  // namespace sam2::train
