#include "scene_plan.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "procedural_shapes.h"
#include "sprites.h"

namespace sam2::train {
namespace {

constexpr double kPhotoShare = 0.3;
constexpr double kVanishShare = 0.35;
constexpr double kLookalikeShare = 0.25;
constexpr double kCrossingShare = 0.25;
constexpr double kShadowShare = 0.15;
constexpr int kFewestFramesToVanish = 4;
// Of the side; what hides something larger would fill the picture.
constexpr double kMostHidden = 0.4;
constexpr double kForever = 1e6;

class Planner {
 public:
  Planner(Random &random, const PictureLibrary &library,
          const ComposerSettings &settings, const Playing &playing)
      : random_(random),
        library_(library),
        settings_(settings),
        playing_(playing),
        start_(playing.time_of(0)) {
    scene_.side = settings.side;
    scene_.camera = camera_path(random, start_, settings.side);
    if (random.chance(0.5)) scene_.shutter = random.uniform(0.3, 1);
  }

  Scene plan();
  Scene plain();

 private:
  int random_longest();
  cv::Point2d random_place();
  SceneObject moving_object(const cv::Mat &sprite);
  void add_objects();
  void add_lookalike();
  void add_crossing();
  void let_one_vanish();
  Excursion random_absence();
  void let_leave(SceneObject &object, Excursion absence);
  void hide(const MotionPath &path, double longest, size_t place,
            Excursion absence);
  void hide_instance();

  Random &random_;
  const PictureLibrary &library_;
  const ComposerSettings &settings_;
  const Playing &playing_;
  double start_;
  Scene scene_;
};

// Half of them by ratio, which favours small ones, half by length.
int Planner::random_longest() {
  const double part = random_.chance(0.5) ? random_.log_uniform(0.08, 0.75)
                                          : random_.uniform(0.15, 0.8);
  return static_cast<int>(settings_.side * part);
}

cv::Point2d Planner::random_place() {
  return {random_.uniform(0.08, 0.92) * settings_.side,
          random_.uniform(0.08, 0.92) * settings_.side};
}

SceneObject Planner::moving_object(const cv::Mat &sprite) {
  SceneObject object;
  object.sprite = sprite;
  object.path = object_path(random_, random_pace(random_), random_place(),
                            start_, settings_.side);
  object.path.angle.base =
      random_.uniform(-0.5, 0.5) * (random_.chance(0.2) ? 6 : 1);
  if (random_.chance(0.7)) object.warp = ElasticWarp(random_, 0.12);
  object.gain.base = 1;
  object.gain.swing = random_.chance(0.4) ? random_.uniform(0, 0.1) : 0;
  object.gain.rate = random_.uniform(0.1, 0.5);
  if (!random_.chance(kShadowShare)) return object;
  object.shadow_depth = random_.uniform(0.2, 0.6);
  const int reach = std::max(2, std::max(sprite.cols, sprite.rows) / 8);
  object.shadow_offset = {random_.integer(-reach, reach),
                          random_.integer(0, reach)};
  return object;
}

void Planner::add_objects() {
  const double draw = random_.unit();
  const int count = draw < 0.3 ? 1 : draw < 0.65 ? 2 : draw < 0.85 ? 3 : 4;
  for (int i = 0; i < count; ++i) {
    scene_.objects.push_back(
        moving_object(any_sprite(random_, library_, random_longest())));
    scene_.objects.back().is_distractor = i > 0 && random_.chance(0.12);
  }
  // Else large objects would often hide small ones for good.
  if (random_.chance(0.6))
    std::stable_sort(scene_.objects.begin(), scene_.objects.end(),
                     [this](const SceneObject &a, const SceneObject &b) {
                       return a.longest(start_) > b.longest(start_);
                     });
}

void Planner::add_lookalike() {
  const SceneObject &model =
      scene_.objects[random_.index(scene_.objects.size())];
  SceneObject copy = moving_object(tinted(random_, model.sprite));
  copy.path.log_scale.base = random_.uniform(-0.2, 0.2);
  copy.is_distractor = random_.chance(0.5);
  const size_t place = random_.index(scene_.objects.size() + 1);
  scene_.objects.insert(scene_.objects.begin() + place, copy);
}

// Something in front that passes through the picture during the clip.
void Planner::add_crossing() {
  SceneObject object =
      moving_object(any_sprite(random_, library_, random_longest()));
  const double half = playing_.frames / 2.0;
  const double reach = random_.uniform(0.4, 1) * settings_.side;
  const double angle = random_.angle();
  object.path.x.anchor = object.path.y.anchor = random_.uniform(0, 2 * half);
  object.path.x.drift = reach * std::cos(angle) / half;
  object.path.y.drift = reach * std::sin(angle) / half;
  object.is_distractor = random_.chance(0.5);
  scene_.objects.push_back(object);
}

// Times without the object; it is whole in the clip's first frame.
Excursion Planner::random_absence() {
  const int last_frame = playing_.frames - 1;
  const int from = random_.integer(1, last_frame - 1);
  const int to = random_.integer(from, last_frame - 1);
  const bool returns = random_.chance(0.7);
  Excursion absence;
  absence.first = playing_.time_of(from);
  absence.last = playing_.time_of(to);
  if (playing_.backwards) std::swap(absence.first, absence.last);
  if (!returns)
    (playing_.backwards ? absence.first : absence.last) +=
        playing_.backwards ? -kForever : kForever;
  absence.ramp = std::min<double>(from, random_.uniform(1, 3));
  return absence;
}

void Planner::let_leave(SceneObject &object, Excursion absence) {
  const double middle = std::clamp((absence.first + absence.last) / 2, 0.0,
                                   playing_.frames - 1.0);
  const cv::Point2d at = object.path.at(middle).centre;
  // The camera and the object's own motion bring it back a little.
  const double beyond = 0.75 * object.longest(middle) + 0.15 * settings_.side;
  const double left = at.x + beyond, right = settings_.side - at.x + beyond;
  const double down = settings_.side - at.y + beyond;
  if (random_.chance(0.25))
    absence.offset = {0, down};
  else
    absence.offset = {left < right ? -left : right, 0};
  object.path.excursions.push_back(absence);
}

// Puts a plate in front, as object number `place`, that moves along with
// something on `path` while it hides it.
void Planner::hide(const MotionPath &path, double longest, size_t place,
                   Excursion absence) {
  SceneObject plate;
  plate.sprite =
      plate_sprite(random_, library_, static_cast<int>(1.8 * longest) + 4);
  plate.path.x = path.x;
  plate.path.y = path.y;
  plate.gain.base = 1;
  const double angle = random_.angle(), away = 1.9 * longest;
  absence.offset = {away * std::cos(angle), away * std::sin(angle)};
  plate.path.x.base -= absence.offset.x;
  plate.path.y.base -= absence.offset.y;
  plate.path.excursions.push_back(absence);
  plate.is_distractor = random_.chance(0.5);
  scene_.objects.insert(scene_.objects.begin() + place, plate);
}

void Planner::hide_instance() {
  const Backdrop &backdrop = scene_.backdrop;
  const cv::Rect box = cv::boundingRect(backdrop.labels ==
                                        random_.integer(1, backdrop.instances));
  const int longest = std::max(box.width, box.height);
  if (longest == 0 || longest > kMostHidden * settings_.side) return;
  const cv::Point2d middle = (box.tl() + box.br()) / 2.0;
  MotionPath path;
  path.x.base = backdrop.corner.x + middle.x;
  path.y.base = backdrop.corner.y + middle.y;
  hide(path, longest, scene_.objects.size(), random_absence());
}

void Planner::let_one_vanish() {
  if (scene_.objects.empty()) return hide_instance();
  const size_t index = random_.index(scene_.objects.size());
  const Excursion absence = random_absence();
  const double longest = scene_.objects[index].longest(start_);
  if (random_.chance(0.5) && longest < kMostHidden * settings_.side)
    hide(scene_.objects[index].path, longest, index + 1, absence);
  else
    let_leave(scene_.objects[index], absence);
}

Scene Planner::plan() {
  if (library_.has_photos() && random_.chance(kPhotoShare)) {
    scene_.backdrop = photo_backdrop(random_, library_, settings_.side);
  } else {
    scene_.backdrop = scenery_backdrop(random_, library_, settings_.side);
  }
  if (scene_.backdrop.instances == 0) {
    add_objects();
    if (random_.chance(kLookalikeShare)) add_lookalike();
  }
  if (settings_.may_vanish && playing_.frames >= kFewestFramesToVanish &&
      random_.chance(kVanishShare))
    let_one_vanish();
  if (random_.chance(kCrossingShare)) add_crossing();
  return std::move(scene_);
}

Scene Planner::plain() {
  scene_.backdrop = scenery_backdrop(random_, library_, settings_.side);
  SceneObject object =
      moving_object(plate_sprite(random_, library_, settings_.side / 3));
  object.path.x.base = object.path.y.base = settings_.side / 2.0;
  scene_.objects.push_back(object);
  return std::move(scene_);
}

}  // namespace

Scene plan_scene(Random &random, const PictureLibrary &library,
                 const ComposerSettings &settings, const Playing &playing) {
  return Planner(random, library, settings, playing).plan();
}

Scene plain_scene(Random &random, const PictureLibrary &library,
                  const ComposerSettings &settings, const Playing &playing) {
  return Planner(random, library, settings, playing).plain();
}

}  // namespace sam2::train
