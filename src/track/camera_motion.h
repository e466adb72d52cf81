// How the camera has moved from one frame to the next.
#pragma once

#include <cstdint>
#include <vector>

#include "base/geometry.h"
#include "track/plane_map.h"
#include "track/track_result.h"

namespace sam2 {

class StateScope;

// Follows corners of the picture by sparse optical flow on small grey copies,
// and fits a similarity (shift, turn, zoom) to them that most of them agree
// with. What moves by itself is outvoted, and the objects that are tracked are
// left out. The same pictures give the same maps. Holds one small picture.
// Thread-bound.
class CameraMotion {
 public:
  // Takes pixels of the picture given before to pixels of `frame`. The
  // identity for the first picture, after a change of size, below 32 px, and
  // where too little is to be followed or too few corners agree: blank
  // pictures, cuts. Costs about 7 ms of one core at 854x480 px.
  PlaneMap next(const ImageView &frame);

  // Where the objects are on the latest picture; no corners are taken there.
  // Holds until the next call.
  void ignore(const FrameResult &objects);

  void reset() { *this = {}; }

  // Saves or restores.
  void visit(const StateScope &scope);

 private:
  struct GreyPicture {
    SizePx size;
    std::vector<uint8_t> pixels;
  };
  GreyPicture former_;
  std::vector<uint8_t> is_usable_;  // of former_'s size, 0 or 255; none = all
  SizePx frame_size_;               // of the picture that former_ was made from
};

}  // namespace sam2
