// Frames of a stream that are not inferred, and where the camera went.
#include <string>
#include <utility>

#include "base/error.h"
#include "engine/stream_tracker.h"

namespace sam2 {
namespace {

// Whether anybody asks where the camera went.
bool uses_camera(const TrackerSettings &settings) {
  return settings.camera_motion &&
         (settings.skipped_frames == SkippedFrames::kMotion ||
          find_selection_policy(settings.memory_policy).has_motion_model);
}

void check_size(const ImageView &frame) {
  if (frame.width > 0 && frame.height > 0) return;
  throw Error(ErrorCode::kFormat,
              "A frame of " + std::to_string(frame.width) + "x" +
                  std::to_string(frame.height) +
                  " pixels cannot be tracked. Give frames of 1x1 or more.");
}

// `map` in pixels of a grid over the frame instead of those of the frame.
PlaneMap on_grid(const PlaneMap &map, SizePx frame, SizePx grid) {
  const double by_x = double(grid.width) / frame.width;
  const double by_y = double(grid.height) / frame.height;
  return scaling(by_x, by_y) * map * scaling(1 / by_x, 1 / by_y);
}

}  // namespace

// Two maps wait, because a frame that cannot be tracked may be skipped
// instead. While there is no object nobody looks.
void StreamTrackerImpl::follow_camera(const ImageView &picture) {
  check_size(picture);
  if (!uses_camera(settings_)) return;
  if (!has_work()) {
    forget_camera();
    return;
  }
  if (picture.data == nullptr) return;
  const PlaneMap map = camera_.next(picture);
  camera_for_coaster_ = map * camera_for_coaster_;
  const auto side = static_cast<int>(tracker_.model().input_size_px());
  camera_for_tracker_ =
      on_grid(map, {picture.width, picture.height}, {side, side}) *
      camera_for_tracker_;
}

void StreamTrackerImpl::look_at(const ImageView &picture) {
  check_size(picture);
  if (!uses_camera(settings_)) return;
  all_or_nothing([&](StreamTrackerImpl &next) {
    next.follow_camera(picture);
    return true;
  });
}

void StreamTrackerImpl::forget_camera() {
  camera_.reset();
  camera_for_coaster_ = {};
  camera_for_tracker_ = {};
}

PlaneMap StreamTrackerImpl::take_camera(SizePx frame_size) {
  return on_grid(std::exchange(camera_for_coaster_, {}), frame_size,
                 grid_size(frame_size));
}

FrameResult StreamTrackerImpl::follow(FrameResult on_grid, SizePx frame_size) {
  coaster_.track(on_grid, take_camera(frame_size));
  FrameResult out = shown(std::move(on_grid), frame_size);
  if (uses_camera(settings_)) camera_.ignore(out);
  return out;
}

FrameResult StreamTrackerImpl::skip(const ImageView &frame) {
  return all_or_nothing(
      [&](StreamTrackerImpl &next) { return next.skip_picture(frame); });
}

FrameResult StreamTrackerImpl::skip_picture(const ImageView &frame) {
  follow_camera(frame);
  const SizePx size = {frame.width, frame.height};
  FrameResult out =
      shown(coaster_.coast(grid_size(size), take_camera(size)), size);
  if (uses_camera(settings_) && !out.objects.empty()) camera_.ignore(out);
  out.frame_index = next_frame_++;
  return out;
}

}  // namespace sam2
