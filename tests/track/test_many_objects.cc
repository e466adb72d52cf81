// Many objects in one pass have the masks that each would have alone.
#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <map>
#include <string>

#include "tensor_compare.h"
#include "track/micro_clip.h"
#include "track/tracker.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

constexpr int kCounts[] = {1, 2, 7, 16, 40};
constexpr int kMostObjects = 40;
constexpr int64_t kFrames = 7;
constexpr int64_t kCorrectedFrame = 4;

const char *const kPolicies[] = {"recent", "samurai", "distractor"};

// float32 throughout: stored in bfloat16, a memory next to a rounding boundary
// would turn a last digit into a visible one.
TrackerOptions options_of(const std::string &policy, int objects_per_pass) {
  TrackerOptions options;
  options.memory_policy = policy;
  options.memory_type = at::kFloat;
  options.objects_per_pass = objects_per_pass;
  options.motion = {2, 0.3, 0.25};  // motion has a say within the clip
  return options;
}

int64_t start_of(int id) { return id % 4; }
bool is_corrected(int id) { return id % 3 == 1; }
bool is_lost(int id) { return id % 7 == 5; }

PromptTensors click(float x_px, float y_px, PointLabel label) {
  PromptTensors prompt;
  prompt.points.coords = at::tensor({x_px, y_px}).view({1, 1, 2});
  prompt.points.labels = at::tensor({int{label}}, at::kInt).view({1, 1});
  return prompt;
}

// A place of its own for each object; an empty mask for those not there.
PromptTensors first_prompt(int id) {
  if (is_lost(id)) {
    PromptTensors prompt;
    const int64_t side = micro_model()->input_size_px();
    prompt.mask = at::zeros({1, 1, side, side});
    return prompt;
  }
  return click(static_cast<float>(20 + 31 * id % 220),
               static_cast<float>(30 + 53 * id % 200), kPositive);
}

using Outputs = std::map<int64_t, std::vector<ObjectOutput>>;

// Objects `first` to `last` tracked side by side.
Outputs tracked(const TrackerOptions &options, int first, int last) {
  Tracker tracker(micro_model(), options);
  Outputs outputs;
  for (int64_t frame = 0; frame < kFrames; ++frame) {
    const EncodedFrame &encoded = encoded_frame(frame);
    for (int id = first; id <= last; ++id)
      if (start_of(id) == frame)
        tracker.prompt(frame, encoded, id, first_prompt(id));
    for (const ObjectOutput &output : tracker.track(frame, encoded))
      outputs[output.object_id].push_back(output);
    for (int id = first; id <= last; ++id)
      if (frame == kCorrectedFrame && is_corrected(id))
        tracker.prompt(frame, encoded, id, click(90, 160, kNegative));
  }
  return outputs;
}

void compare(const std::string &name, const Outputs &found,
             const Outputs &wanted, Comparison &comparison) {
  for (const auto &[id, outputs] : found) {
    const auto &alone = wanted.at(id);
    const std::string object = name + " object " + std::to_string(id);
    comparison.equal(object + " frames", {static_cast<int64_t>(outputs.size())},
                     {static_cast<int64_t>(alone.size())});
    for (size_t i = 0; i < std::min(outputs.size(), alone.size()); ++i) {
      const MaskOutput &a = outputs[i].masks;
      const MaskOutput &b = alone[i].masks;
      const std::string what = object + " frame " + std::to_string(i);
      comparison.close(what + " masks", a.low_res_masks, b.low_res_masks,
                       kExact);
      comparison.close(what + " pointer", a.obj_ptr, b.obj_ptr, kExact);
      comparison.close(what + " score", a.object_score, b.object_score,
                       kExact);
    }
  }
}

// Each object alone, by policy; made once.
const Outputs &each_alone(const std::string &policy) {
  static std::map<std::string, Outputs> made;
  Outputs &outputs = made[policy];
  if (outputs.empty())
    for (int id = 1; id <= kMostObjects; ++id)
      outputs.merge(tracked(options_of(policy, 1), id, id));
  return outputs;
}

START_TEST(test_object_beside_others_has_the_masks_it_has_alone) {
  const std::string policy = kPolicies[_i];
  Comparison comparison;
  for (const int count : kCounts) {
    const Outputs together = tracked(options_of(policy, 8), 1, count);
    ck_assert_uint_eq(together.size(), count);
    compare(policy + " of " + std::to_string(count), together,
            each_alone(policy), comparison);
  }
  assert_clean(comparison);
}
END_TEST

START_TEST(test_results_do_not_depend_on_the_number_in_one_pass) {
  const Outputs wanted = tracked(options_of("samurai", 1), 1, 11);
  Comparison comparison;
  for (const int objects : {2, 3, 5, 256})
    compare("passes of " + std::to_string(objects),
            tracked(options_of("samurai", objects), 1, 11), wanted, comparison);
  assert_clean(comparison);
}
END_TEST

START_TEST(test_objects_are_there_lost_and_of_different_age) {
  // Else the others would prove little.
  static const std::string kRecent = "recent";
  const Outputs &alone = each_alone(kRecent);
  int present = 0, lost = 0;
  for (const auto &[id, outputs] : alone)
    for (const ObjectOutput &output : outputs)
      (output.masks.object_score.item<float>() > 0 ? present : lost) += 1;
  ck_assert_int_gt(present, 50);
  ck_assert_int_gt(lost, 10);
  ck_assert_uint_eq(alone.at(4).size(), kFrames);
  ck_assert_uint_eq(alone.at(3).size(), kFrames - 3);
}
END_TEST

START_TEST(test_passes_of_more_than_256_objects_are_refused) {
  assert_refused(Tracker(micro_model(), options_of("recent", 257)),
                 ErrorCode::kSetting,
                 "objects-per-pass is 257. Set it to 0...256.");
}
END_TEST

std::vector<int64_t> ids_of(const std::vector<ObjectOutput> &outputs) {
  std::vector<int64_t> ids;
  for (const ObjectOutput &output : outputs) ids.push_back(output.object_id);
  return ids;
}

START_TEST(test_objects_removed_in_between_leave_the_others_as_they_are) {
  const Outputs wanted = tracked(options_of("recent", 4), 1, 8);
  Tracker tracker(micro_model(), options_of("recent", 4));
  Outputs outputs;
  for (int64_t frame = 0; frame < kFrames; ++frame) {
    for (int id = 1; id <= 8; ++id)
      if (start_of(id) == frame)
        tracker.prompt(frame, encoded_frame(frame), id, first_prompt(id));
    if (frame == 3) ck_assert(tracker.remove_object(2));
    if (frame == 4) ck_assert(tracker.remove_object(7));
    for (const auto &output : tracker.track(frame, encoded_frame(frame)))
      if (frame <= kCorrectedFrame) outputs[output.object_id].push_back(output);
  }
  Outputs same_length;
  for (const auto &[id, of] : outputs)
    same_length[id] = {wanted.at(id).begin(),
                       wanted.at(id).begin() + static_cast<int64_t>(of.size())};
  Comparison comparison;
  compare("removed", outputs, same_length, comparison);
  assert_clean(comparison);
  const std::vector<int64_t> left =
      ids_of(tracker.track(kFrames, encoded_frame(kFrames)));
  ck_assert(left == std::vector<int64_t>({4, 8, 1, 5, 6, 3}));
}
END_TEST

START_TEST(test_reset_on_any_frame_forgets_all_and_ids_may_come_back) {
  const Outputs wanted = tracked(options_of("recent", 4), 4, 4);
  for (int64_t frame = 0; frame < 4; ++frame) {
    Tracker tracker(micro_model(), options_of("recent", 4));
    for (int64_t before = 0; before <= frame; ++before) {
      for (const int id : {9, 4})
        if (before == 0)
          tracker.prompt(0, encoded_frame(0), id, first_prompt(id + 1));
      tracker.track(before, encoded_frame(before));
    }
    tracker.reset();
    ck_assert(!tracker.has_object(4));
    tracker.prompt(0, encoded_frame(0), 4, first_prompt(4));
    Outputs outputs;
    for (int64_t after = 0; after <= kCorrectedFrame; ++after)
      for (const auto &output : tracker.track(after, encoded_frame(after)))
        outputs[output.object_id].push_back(output);
    ck_assert_uint_eq(outputs.size(), 1);
    Outputs start;
    start[4] = {wanted.at(4).begin(),
                wanted.at(4).begin() + kCorrectedFrame + 1};
    Comparison comparison;
    compare("reset", outputs, start, comparison);
    assert_clean(comparison);
  }
}
END_TEST

START_TEST(test_objects_tracked_one_by_one_are_as_if_together) {
  const TrackerOptions options = options_of(kPolicies[_i], 1);
  Tracker together(micro_model(), options);
  Tracker apart(micro_model(), options);
  Outputs wanted, found;
  for (int64_t frame = 0; frame < kFrames; ++frame) {
    const EncodedFrame &encoded = encoded_frame(frame);
    for (int id = 1; frame == 0 && id <= 3; ++id)
      for (Tracker *tracker : {&together, &apart})
        tracker->prompt(frame, encoded, id, first_prompt(id));
    for (const ObjectOutput &output : together.track(frame, encoded))
      wanted[output.object_id].push_back(output);
    for (int id : {2, 3, 1})
      found[id].push_back(apart.track_object(frame, encoded, id));
  }
  Comparison comparison;
  compare("one by one", found, wanted, comparison);
  assert_clean(comparison);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("many_objects");
  tcase_add_loop_test(tests,
                      test_object_beside_others_has_the_masks_it_has_alone, 0,
                      sizeof kPolicies / sizeof *kPolicies);
  tcase_add_test(tests, test_results_do_not_depend_on_the_number_in_one_pass);
  tcase_add_test(tests, test_passes_of_more_than_256_objects_are_refused);
  tcase_add_test(tests, test_objects_are_there_lost_and_of_different_age);
  tcase_add_test(tests,
                 test_objects_removed_in_between_leave_the_others_as_they_are);
  tcase_add_test(tests,
                 test_reset_on_any_frame_forgets_all_and_ids_may_come_back);
  tcase_add_loop_test(tests, test_objects_tracked_one_by_one_are_as_if_together,
                      0, sizeof kPolicies / sizeof *kPolicies);
  return run_case("track", tests);
}
