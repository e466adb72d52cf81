#include "clip_composer.h"

#include <cmath>
#include <opencv2/imgproc.hpp>
#include <string>

#include "base/error.h"
#include "label_counts.h"
#include "photometric.h"
#include "random.h"
#include "scene_plan.h"

namespace sam2::train {
namespace {

constexpr int kAttempts = 12;
// Of a frame; a smaller rest of an object cannot be told from noise.
constexpr double kSmallestTrace = 0.0001;
// Of an object's own pixels in the first frame: a prompt on a few scraps that
// look out behind something tells nobody what is meant.
constexpr double kSmallestVisibleShare = 0.3;

void check_range(const char *name, int value, int low, int high) {
  if (value >= low && value <= high) return;
  throw Error(ErrorCode::kSetting,
              "The composer's " + std::string(name) + " is " +
                  std::to_string(value) + ". Set it to a number from " +
                  std::to_string(low) + " to " + std::to_string(high) + ".");
}

void check(const ComposerSettings &settings) {
  check_range("side", settings.side, 32, 4096);
  check_range("number of frames", settings.frames, 1, 100000);
  check_range("number of objects", settings.max_objects, 1, 255);
}

// The scene's labels that become labels of the clip, in their new order.
std::vector<int> chosen_labels(Random &random, const Scene &scene,
                               const SceneFrame &first, int max_objects) {
  const LabelCounts counts = label_counts(first.labels);
  const int count =
      scene.backdrop.instances + static_cast<int>(scene.objects.size());
  std::vector<int> chosen;
  for (int label = 1; label <= count; ++label)
    if (scene.may_be_labelled(label) &&
        counts[label] >= min_pixels(scene.side) &&
        counts[label] >= kSmallestVisibleShare * first.drawn[label])
      chosen.push_back(label);
  random.shuffle(chosen);
  if (static_cast<int>(chosen.size()) > max_objects) chosen.resize(max_objects);
  return chosen;
}

// The labels of a frame, renumbered; traces too small to see become 0.
cv::Mat renumbered(const cv::Mat &labels, const std::vector<int> &chosen) {
  const LabelCounts counts = label_counts(labels);
  cv::Mat table = cv::Mat::zeros(1, 256, CV_8UC1), out;
  for (size_t i = 0; i < chosen.size(); ++i)
    if (counts[chosen[i]] > kSmallestTrace * labels.total())
      table.at<uint8_t>(chosen[i]) = static_cast<uint8_t>(i + 1);
  cv::LUT(labels, table, out);
  return out;
}

struct Start {
  Scene scene;
  SceneFrame first;
  std::vector<int> chosen;
};

Start first_scene(Random &random, const PictureLibrary &library,
                  const ComposerSettings &settings, const Playing &playing) {
  Start start;
  for (int i = 0; i < kAttempts && start.chosen.empty(); ++i) {
    start.scene = i + 1 < kAttempts
                      ? plan_scene(random, library, settings, playing)
                      : plain_scene(random, library, settings, playing);
    start.first = draw_scene(start.scene, playing.time_of(0));
    start.chosen =
        chosen_labels(random, start.scene, start.first, settings.max_objects);
  }
  return start;
}

}  // namespace

int min_pixels(int side) {
  return static_cast<int>(std::ceil(0.002 * side * side));
}

Clip compose_clip(const PictureLibrary &library,
                  const ComposerSettings &settings, uint64_t seed) {
  check(settings);
  Random random(seed);
  const Playing playing{settings.frames, random.chance(0.5)};
  const Start start = first_scene(random, library, settings, playing);
  const Photometric photometric(random, settings.side);
  Clip clip;
  clip.objects = static_cast<int>(start.chosen.size());
  for (int i = 0; i < settings.frames; ++i) {
    SceneFrame frame =
        i == 0 ? start.first : draw_scene(start.scene, playing.time_of(i));
    photometric.apply(random, frame.bgr);
    cv::cvtColor(frame.bgr, frame.bgr, cv::COLOR_BGR2RGB);
    clip.frames.push_back(frame.bgr);
    clip.labels.push_back(renumbered(frame.labels, start.chosen));
  }
  return clip;
}

}  // namespace sam2::train
