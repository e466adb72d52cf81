// Saving and restoring the picture that the camera's next motion starts from.
#include "track/camera_motion.h"
#include "track/state_scope.h"

namespace sam2 {
namespace {

constexpr int kMostSidePx = 1 << 16;

}  // namespace

void CameraMotion::visit(const StateScope &scope) {
  scope.integer("frame_width", frame_size_.width, 0, kMostSidePx);
  scope.integer("frame_height", frame_size_.height, 0, kMostSidePx);
  scope.integer("width", former_.size.width, 0, frame_size_.width);
  scope.integer("height", former_.size.height, 0, frame_size_.height);
  scope.bytes("picture", former_.pixels);
  scope.bytes("usable", is_usable_);
  const size_t pixels = size_t{1} * former_.size.width * former_.size.height;
  if (former_.pixels.size() != pixels)
    scope.refuse("picture", "has not one byte per pixel");
  if (!is_usable_.empty() && is_usable_.size() != pixels)
    scope.refuse("usable", "has not one byte per pixel");
}

}  // namespace sam2
