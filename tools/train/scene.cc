#include "scene.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "layer.h"

namespace sam2::train {
namespace {

// Room in a layer for the smear of a moved object.
constexpr int kLayerMargin_px = 6;

// From pixels of the resting camera to pixels of the frame.
cv::Matx33d camera_matrix(const Scene &scene, double time) {
  Pose pose = scene.camera.at(time);
  pose.centre += cv::Point2d(scene.side - 1, scene.side - 1) / 2.0;
  return pose.matrix({scene.side, scene.side});
}

cv::Point2d centre_in_frame(const Scene &scene, const SceneObject &object,
                            double time) {
  const cv::Point2d centre = object.path.at(time).centre;
  const cv::Vec3d at =
      camera_matrix(scene, time) * cv::Vec3d(centre.x, centre.y, 1);
  return {at[0], at[1]};
}

void draw_object(const Scene &scene, const SceneObject &object, double time,
                 uint8_t label, SceneFrame &frame) {
  const Placement placement{
      camera_matrix(scene, time) *
          object.path.at(time).matrix(object.sprite.size()),
      object.warp, time};
  Layer layer = draw_sprite(object.sprite, placement, frame.bgr.size(),
                            scene.shutter > 0 ? kLayerMargin_px : 0);
  if (scene.shutter > 0)
    smear(layer, (centre_in_frame(scene, object, time + 0.5) -
                  centre_in_frame(scene, object, time - 0.5)) *
                     scene.shutter);
  if (object.shadow_depth > 0)
    cast_shadow(layer, object.shadow_offset, object.shadow_depth, frame.bgr);
  frame.drawn[label] =
      blend(layer, object.gain.at(time), label, frame.bgr, frame.labels);
}

}  // namespace

double SceneObject::longest(double time) const {
  return std::max(sprite.cols, sprite.rows) * path.at(time).scale;
}

bool Scene::may_be_labelled(int label) const {
  const int object = label - backdrop.instances - 1;
  return label > 0 && (object < 0 || !objects[object].is_distractor);
}

SceneFrame draw_scene(const Scene &scene, double time) {
  const cv::Size size(scene.side, scene.side);
  const Backdrop &backdrop = scene.backdrop;
  const cv::Matx33d to_rest(1, 0, backdrop.corner.x,  //
                            0, 1, backdrop.corner.y,  //
                            0, 0, 1);
  const Placement placement{camera_matrix(scene, time) * to_rest, backdrop.warp,
                            time};
  SceneFrame frame;
  frame.bgr = fill_frame(backdrop.picture, placement, size, cv::INTER_LINEAR);
  frame.labels = cv::Mat::zeros(size, CV_8UC1);
  if (!backdrop.labels.empty())
    frame.labels =
        fill_frame(backdrop.labels, placement, size, cv::INTER_NEAREST);
  frame.drawn = label_counts(frame.labels);
  int label = backdrop.instances;
  for (const SceneObject &object : scene.objects)
    draw_object(scene, object, time, ++label, frame);
  return frame;
}

}  // namespace sam2::train
