// What the bundled model promises, on composed clips with ground truth. The
// clips are procedural: no pictures are needed, and it was trained on others.
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>

#include <algorithm>
#include <cstdio>
#include <opencv2/core.hpp>

#include "clip_composer.h"
#include "gpu/frame_tensor.h"
#include "io/bundled_model.h"
#include "io/checkpoint.h"
#include "model/model_loader.h"
#include "random_seeds.h"
#include "track/tracker.h"
// Last: Check's macros get in the way of C++ headers.
#include "support/run_tests.h"

using namespace sam2;
using namespace sam2::train;

namespace {

constexpr int kClips = 48;
constexpr int kSide = 384;
constexpr uint64_t kSeed = 20261121;  // of no training run

// One object on one frame after the first.
struct Answer {
  double score;
  bool is_there;
  double iou;
};

std::shared_ptr<const Sam2Model> shipped_model(
    at::ScalarType type = at::kFloat) {
  const Checkpoint file = read_checkpoint(bundled_model());
  return std::make_shared<Sam2Model>(
      load_network(detect_config(file), file, at::kCPU, type), kSide);
}

ImageView view(const cv::Mat &frame) {
  return {frame.data, frame.cols, frame.rows,
          static_cast<int64_t>(frame.step[0])};
}

PromptTensors true_mask(const cv::Mat &labels, int label) {
  const at::Tensor mask = at::empty({1, 1, kSide, kSide}, at::kFloat);
  for (int y = 0; y < kSide; ++y)
    for (int x = 0; x < kSide; ++x)
      mask.data_ptr<float>()[y * kSide + x] =
          labels.at<uint8_t>(y, x) == label ? 1.f : 0.f;
  return {{}, mask};
}

double iou(const at::Tensor &logits, const cv::Mat &labels, int label) {
  const at::Tensor found =
      to_video_size(logits.squeeze(1), {kSide, kSide}).gt(0);
  const bool *in = found.data_ptr<bool>();
  int both = 0, any = 0;
  for (int i = 0; i < kSide * kSide; ++i) {
    const bool truth = labels.data[i] == label;
    both += in[i] && truth;
    any += in[i] || truth;
  }
  return any ? static_cast<double>(both) / any : 1;
}

std::vector<Answer> track(const std::shared_ptr<const Sam2Model> &model,
                          const Clip &clip) {
  Tracker tracker(model, {});
  std::vector<Answer> answers;
  for (size_t t = 0; t < clip.frames.size(); ++t) {
    const EncodedFrame encoded =
        model->encode_image(frame_tensor(view(clip.frames[t]), kSide));
    for (int label = 1; t == 0 && label <= clip.objects; ++label)
      tracker.prompt(0, encoded, label, true_mask(clip.labels[0], label));
    if (t == 0) continue;
    for (const ObjectOutput &out :
         tracker.track(static_cast<int64_t>(t), encoded)) {
      const int label = static_cast<int>(out.object_id);
      answers.push_back({out.masks.object_score.item<double>(),
                         cv::countNonZero(clip.labels[t] == label) > 0,
                         iou(out.masks.low_res_masks, clip.labels[t], label)});
    }
  }
  return answers;
}

const std::vector<Answer> &all_answers() {
  static const std::vector<Answer> answers = [] {
    const auto model = shipped_model();
    const PictureLibrary nothing = PictureLibrary::load("");
    ComposerSettings settings;
    settings.side = kSide;
    settings.frames = 8;
    std::vector<Answer> all;
    for (int i = 0; i < kClips; ++i)
      for (const Answer &answer :
           track(model, compose_clip(nothing, settings, mixed_seed(kSeed, i))))
        all.push_back(answer);
    return all;
  }();
  return answers;
}

// Share of the pairs (there, gone) whose scores are in that order.
START_TEST(test_object_score_tells_a_gone_object_with_auc_of_0_9) {
  double ordered = 0, pairs = 0;
  for (const Answer &there : all_answers())
    for (const Answer &gone : all_answers())
      if (there.is_there && !gone.is_there) {
        ++pairs;
        ordered += there.score > gone.score   ? 1
                   : there.score < gone.score ? 0
                                              : 0.5;
      }
  std::printf("AUC of the object score: %.3f\n", ordered / pairs);
  ck_assert_double_gt(pairs, 1000);
  ck_assert_double_ge(ordered / pairs, 0.9);
}
END_TEST

double share_below_zero(bool is_there) {
  double count = 0, below = 0;
  for (const Answer &answer : all_answers()) {
    count += answer.is_there == is_there;
    below += answer.is_there == is_there && answer.score < 0;
  }
  return below / count;
}

START_TEST(test_object_score_falls_below_zero_when_the_object_is_gone) {
  std::printf(
      "Below zero: %.3f of the frames without the object, %.3f of "
      "those with it\n",
      share_below_zero(false), share_below_zero(true));
  ck_assert_double_ge(share_below_zero(false), 0.4);
  ck_assert_double_le(share_below_zero(true), 0.1);
}
END_TEST

START_TEST(test_objects_that_are_there_are_followed) {
  double sum = 0, count = 0;
  for (const Answer &answer : all_answers())
    if (answer.is_there) {
      sum += answer.iou;
      ++count;
    }
  std::printf("Mean IoU of %.0f visible objects: %.3f\n", count, sum / count);
  ck_assert_double_ge(sum / count, 0.5);
}
END_TEST

// The masks of object `label` on the frames after the first, tracked with the
// objects up to `objects`, or alone if that is 0.
std::vector<at::Tensor> masks_of(int label, int objects,
                                 const std::shared_ptr<const Sam2Model> &model,
                                 const Clip &clip) {
  Tracker tracker(model, {});
  std::vector<at::Tensor> masks;
  for (size_t t = 0; t < clip.frames.size(); ++t) {
    const EncodedFrame encoded =
        model->encode_image(frame_tensor(view(clip.frames[t]), kSide));
    for (int other = 1; t == 0 && other <= std::max(objects, label); ++other)
      if (other == label || objects)
        tracker.prompt(0, encoded, other, true_mask(clip.labels[0], other));
    if (t == 0) continue;
    for (const ObjectOutput &out :
         tracker.track(static_cast<int64_t>(t), encoded))
      if (out.object_id == label) masks.push_back(out.masks.low_res_masks);
  }
  return masks;
}

START_TEST(test_an_object_beside_others_has_the_masks_it_has_alone) {
  const auto model = shipped_model(_i ? at::kBFloat16 : at::kFloat);
  ComposerSettings settings;
  settings.side = kSide;
  settings.frames = 4;
  uint64_t seed = kSeed;
  Clip clip;
  while (clip.objects < 3)
    clip = compose_clip(PictureLibrary::load(""), settings, ++seed);
  for (int label = 1; label <= clip.objects; ++label) {
    const auto alone = masks_of(label, 0, model, clip);
    const auto beside = masks_of(label, clip.objects, model, clip);
    for (size_t t = 0; t < alone.size(); ++t)
      ck_assert_msg(at::equal(beside.at(t), alone[t]),
                    "object %d differs on frame %zu", label, t + 1);
  }
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("shipped_model");
  tcase_add_test(tests, test_object_score_tells_a_gone_object_with_auc_of_0_9);
  tcase_add_test(tests,
                 test_object_score_falls_below_zero_when_the_object_is_gone);
  tcase_add_test(tests, test_objects_that_are_there_are_followed);
  tcase_add_loop_test(
      tests, test_an_object_beside_others_has_the_masks_it_has_alone, 0, 2);
  return test::run_case("shipped_model", tests);
}
