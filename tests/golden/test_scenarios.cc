// Tracking sessions: every step of each against the reference.
#include <cstdio>
#include <map>
#include <stdexcept>
#include <string>

#include "generated_model.h"
#include "gpu/frame_tensor.h"
#include "replay.h"
// Last: Check's macros get in the way of C++ headers.
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

const std::vector<Scenario> &scenarios() {
  static const std::vector<Scenario> loaded = load_scenarios();
  return loaded;
}

struct ModelOfScenario {
  const char *model;  // Scenario::model
  const char *config;
  const char *adjustments;
};
constexpr ModelOfScenario kModels[] = {
    {"small21", "sam2.1-micro", "small_adjust.json"},
    {"small20", "sam2.0-micro", "small_adjust.json"},
    {"samurai", "sam2.1-micro", "small_adjust.json"},
    {"edgetam_small", "edgetam-micro", "edgetam_small_adjust.json"},
    {"efficienttam_small", "efficienttam-micro",
     "efficienttam_small_adjust.json"},
    {"efficienttam_small_1", "efficienttam-micro-1",
     "efficienttam_small_adjust.json"},
    {"efficienttam_small_2", "efficienttam-micro-2",
     "efficienttam_small_adjust.json"},
};

const ModelOfScenario &model_named(const std::string &name) {
  for (const ModelOfScenario &model : kModels)
    if (model.model == name) return model;
  throw std::out_of_range("no model " + name);
}

std::shared_ptr<const Sam2Model> model_of(const Scenario &scenario,
                                          at::ScalarType type) {
  const ModelOfScenario &model = model_named(scenario.model);
  ModelConfig config = config_named(model.config);
  config.dynamic_multimask_via_stability = scenario.has_post_processing;
  config.binarize_prompted_mask = scenario.has_post_processing;
  return generated_model(config, model.adjustments, type);
}

// The clip's frames, encoded once for each model and type.
const std::vector<EncodedFrame> &encoded_clip(const Sam2Model &model) {
  static const GoldenFile clip("clip");
  static std::map<std::pair<std::string, at::ScalarType>,
                  std::vector<EncodedFrame>>
      cache;
  std::vector<EncodedFrame> &encoded =
      cache[{model.config().name, model.type()}];
  const at::Tensor &frames = clip.tensor("frames");
  while (static_cast<int64_t>(encoded.size()) < frames.size(0))
    encoded.push_back(model.encode_image(frame_tensor(
        image_view(frames[encoded.size()]), model.input_size_px())));
  return encoded;
}

START_TEST(test_session_equals_the_reference_step_by_step) {
  const Scenario &scenario = scenarios()[_i];
  const auto model = model_of(scenario, at::kFloat);
  Comparison comparison;
  Replay replay(scenario, model, encoded_clip(*model));
  replay.run(comparison);
  ck_assert_msg(comparison.count() > 0, "Nothing was compared");
  ck_assert_msg(comparison.is_clean(), "%s: %s", scenario.name.c_str(),
                comparison.report().c_str());
}
END_TEST

// Over all sessions together; prints what it found.
void check_agreement(at::ScalarType type, double least_mean_iou) {
  double sum = 0;
  int64_t masks = 0;
  for (const Scenario &scenario : scenarios()) {
    const auto model = model_of(scenario, type);
    Comparison ignored;
    Replay replay(scenario, model, encoded_clip(*model));
    replay.run(ignored);
    const MaskAgreement &agreement = replay.agreement();
    std::printf("%-24s %3lld masks, mean IoU %.5f, least %.5f\n",
                scenario.name.c_str(), (long long)agreement.masks(),
                agreement.mean_iou(), agreement.least_iou());
    sum += agreement.mean_iou() * agreement.masks();
    masks += agreement.masks();
  }
  std::printf("all: %lld masks, mean IoU %.5f\n", (long long)masks,
              sum / masks);
  ck_assert_double_ge(sum / masks, least_mean_iou);
}

START_TEST(test_float32_masks_agree_with_the_reference) {
  check_agreement(at::kFloat, 0.999);
}
END_TEST

START_TEST(test_bfloat16_masks_agree_with_the_reference) {
  check_agreement(at::kBFloat16, 0.98);
}
END_TEST

START_TEST(test_all_scenarios_are_replayed) {
  ck_assert_uint_eq(scenarios().size(), 37);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("scenarios");
  tcase_add_test(tests, test_all_scenarios_are_replayed);
  tcase_add_test(tests, test_float32_masks_agree_with_the_reference);
  tcase_add_test(tests, test_bfloat16_masks_agree_with_the_reference);
  tcase_add_loop_test(tests, test_session_equals_the_reference_step_by_step, 0,
                      static_cast<int>(scenarios().size()));
  return run_case("golden", tests);
}
