// Proposals of the smallest model, whose weights are drawn: its scores mean
// nothing, so the limits are wide.
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>

#include <algorithm>

#include "track/mask_proposals.h"
#include "track/micro_clip.h"
#include "track/proposal_filter.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

constexpr SizePx kFrame = {kClipWidth, kClipHeight};

ProposalSettings wide() {
  ProposalSettings settings;
  settings.points_per_side = 7;  // 49 points: a whole batch and a part
  settings.min_predicted_iou = 0;
  settings.min_stability = 0;
  settings.max_area_share = 1;
  settings.max_count = 100;
  return settings;
}

std::vector<Proposal> propose(const ProposalSettings &settings) {
  return propose_masks(*micro_model(), encoded_frame(0), kFrame, settings);
}

START_TEST(test_masks_are_of_the_frame_s_size_and_in_their_boxes) {
  const auto proposals = propose(wide());
  ck_assert_uint_gt(proposals.size(), 1);
  for (const Proposal &proposal : proposals) {
    const MaskImage &mask = proposal.mask;
    ck_assert_int_eq(mask.width, kClipWidth);
    ck_assert_int_eq(mask.height, kClipHeight);
    int left = mask.width, right = -1, top = mask.height, bottom = -1;
    for (int y = 0; y < mask.height; ++y)
      for (int x = 0; x < mask.width; ++x) {
        if (mask.pixels[size_t{1} * y * mask.width + x] == 0) continue;
        left = std::min(left, x);
        right = std::max(right, x);
        top = std::min(top, y);
        bottom = std::max(bottom, y);
      }
    ck_assert_float_eq(proposal.box.x, left);
    ck_assert_float_eq(proposal.box.y, top);
    ck_assert_float_eq(proposal.box.width, right - left + 1);
    ck_assert_float_eq(proposal.box.height, bottom - top + 1);
  }
}
END_TEST

START_TEST(test_best_predicted_iou_comes_first) {
  const auto proposals = propose(wide());
  ck_assert(std::is_sorted(proposals.begin(), proposals.end(),
                           [](const Proposal &a, const Proposal &b) {
                             return a.predicted_iou > b.predicted_iou;
                           }));
}
END_TEST

START_TEST(test_limits_hold) {
  ProposalSettings settings = wide();
  const auto all = propose(settings);
  const Proposal &middle = all[all.size() / 2];
  settings.min_predicted_iou = middle.predicted_iou;
  settings.min_stability = middle.stability;
  const auto fewer = propose(settings);
  ck_assert_uint_gt(fewer.size(), 0);
  for (const Proposal &proposal : fewer) {
    ck_assert_float_ge(proposal.predicted_iou, middle.predicted_iou);
    ck_assert_float_ge(proposal.stability, middle.stability);
  }
  settings.max_count = 1;
  ck_assert_uint_eq(propose(settings).size(), 1);
}
END_TEST

START_TEST(test_stability_is_a_share) {
  for (const Proposal &proposal : propose(wide()))
    ck_assert(proposal.stability >= 0 && proposal.stability <= 1);
}
END_TEST

// The largest predicted IoU of a mask that is there, of all points.
float best_iou(const std::vector<float> &coords) {
  const c10::InferenceMode guard;
  const Sam2Model &model = *micro_model();
  const EncodedFrame &frame = encoded_frame(0);
  const auto count = static_cast<int64_t>(coords.size()) / 2;
  const DecodedMasks decoded = model.decode_candidates(
      frame, model.without_memory(frame).expand({count, -1, -1}),
      {at::tensor(coords).view({count, 1, 2}),
       at::full({count, 1}, kPositive, at::kInt)},
      {});
  const at::Tensor is_there =
      decoded.masks.slice(1, 1).gt(0).flatten(2).any(2).logical_and(
          decoded.object_score.gt(0));
  return decoded.ious.slice(1, 1).mul(is_there).max().item<float>();
}

START_TEST(test_clicks_are_in_the_middle_of_the_grid_s_cells) {
  const float side = float(micro_model()->input_size_px());
  std::vector<float> coords;
  for (int y = 0; y < 7; ++y)
    for (int x = 0; x < 7; ++x) {
      coords.push_back((float(x) + 0.5F) / 7 * side);
      coords.push_back((float(y) + 0.5F) / 7 * side);
    }
  ck_assert_float_eq_tol(propose(wide()).at(0).predicted_iou, best_iou(coords),
                         1e-5);
}
END_TEST

START_TEST(test_setting_out_of_range_is_refused) {
  ProposalSettings settings;
  settings.points_per_side = 0;
  assert_refused(
      propose(settings), ErrorCode::kSetting,
      "points_per_side for proposals is out of range. Set it to 1...64.");
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("mask_proposals");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, test_masks_are_of_the_frame_s_size_and_in_their_boxes);
  tcase_add_test(tests, test_best_predicted_iou_comes_first);
  tcase_add_test(tests, test_limits_hold);
  tcase_add_test(tests, test_stability_is_a_share);
  tcase_add_test(tests, test_clicks_are_in_the_middle_of_the_grid_s_cells);
  tcase_add_test(tests, test_setting_out_of_range_is_refused);
  return run_case("track", tests);
}
