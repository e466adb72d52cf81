// Frames of a stream that are not inferred, and where the camera went.
#include <utility>

#include "engine/stream_tracker.h"

namespace sam2 {
namespace {

// Whether anybody asks where the camera went.
bool uses_camera(const TrackerSettings &settings) {
  return settings.camera_motion &&
         (settings.skipped_frames == SkippedFrames::kMotion ||
          find_selection_policy(settings.memory_policy).has_motion_model);
}

// `map` in pixels of the model's input instead of those of the frame.
PlaneMap in_input(const PlaneMap &map, SizePx frame, int64_t input_size_px) {
  const double by_x = double(input_size_px) / frame.width;
  const double by_y = double(input_size_px) / frame.height;
  return scaling(by_x, by_y) * map * scaling(1 / by_x, 1 / by_y);
}

}  // namespace

// Two maps wait, because a frame that cannot be tracked may be skipped
// instead. While there is no object nobody looks.
void StreamTrackerImpl::look_at(const ImageView &picture) {
  if (!uses_camera(settings_)) return;
  if (!has_work()) {
    forget_camera();
    return;
  }
  if (picture.data == nullptr) return;
  const PlaneMap map = camera_.next(picture);
  camera_for_coaster_ = map * camera_for_coaster_;
  camera_for_tracker_ = in_input(map, {picture.width, picture.height},
                                 tracker_.model().input_size_px()) *
                        camera_for_tracker_;
}

void StreamTrackerImpl::forget_camera() {
  camera_.reset();
  camera_for_coaster_ = {};
  camera_for_tracker_ = {};
}

void StreamTrackerImpl::follow(const FrameResult &tracked) {
  coaster_.track(tracked, std::exchange(camera_for_coaster_, {}));
  if (uses_camera(settings_)) camera_.ignore(tracked);
}

FrameResult StreamTrackerImpl::skip(const ImageView &frame) {
  look_at(frame);
  FrameResult out = coaster_.coast({frame.width, frame.height},
                                   std::exchange(camera_for_coaster_, {}));
  if (uses_camera(settings_) && !out.objects.empty()) camera_.ignore(out);
  out.frame_index = next_frame_++;
  return out;
}

}  // namespace sam2
