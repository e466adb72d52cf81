// Decides by chance what a clip shows.
#pragma once

#include "clip_composer.h"
#include "random.h"
#include "scene.h"

namespace sam2::train {

// The direction a clip is played in: a scene is planned on its own time, in
// which objects are where they were put at the time of the clip's first frame.
struct Playing {
  int frames = 1;
  bool backwards = false;

  double time_of(int frame) const {
    return backwards ? frames - 1 - frame : frame;
  }
};

Scene plan_scene(Random &random, const PictureLibrary &library,
                 const ComposerSettings &settings, const Playing &playing);

// A scene with one large object in the middle of the first frame, for the case
// that chance gives no scene with a visible object.
Scene plain_scene(Random &random, const PictureLibrary &library,
                  const ComposerSettings &settings, const Playing &playing);

}  // namespace sam2::train
