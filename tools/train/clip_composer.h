// Training clips: real and drawn objects that move over real and drawn
// backgrounds, with the mask of each.
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <vector>

#include "cutout_library.h"

namespace sam2::train {

// S is the side of the settings.
struct Clip {
  std::vector<cv::Mat> frames;  // CV_8UC3, RGB, S x S
  // CV_8UC1, S x S: 0 background, 1..objects the visible part of each object.
  std::vector<cv::Mat> labels;
  // Number of labels, at least 1. Each has at least min_pixels() pixels in the
  // first frame; later it may have none.
  int objects = 0;
};

struct ComposerSettings {
  int side = 256;       // pixels, 32 or more
  int frames = 1;       // 1 or more
  int max_objects = 3;  // labelled ones, 1..255; others may be in the picture
  bool may_vanish = true;  // objects may leave the picture or be hidden
};

// 0.2 % of a frame of `side` pixels.
int min_pixels(int side);

// Composes a clip that depends on the arguments alone. Any thread may call it.
// Throws Error: kSetting for settings outside their ranges, kUnreadable for a
// damaged picture of the library.
Clip compose_clip(const PictureLibrary &library,
                  const ComposerSettings &settings, uint64_t seed);

}  // namespace sam2::train
