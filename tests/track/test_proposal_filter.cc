#include <string>

#include "track/proposal_filter.h"

// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using sam2::test::run_case;

namespace {

constexpr int kSide = 10;

// Columns [begin, end) of a picture of 10 x 10.
MaskImage columns(int begin, int end) {
  MaskImage mask = {kSide, kSide, std::vector<uint8_t>(kSide * kSide, 0)};
  for (int y = 0; y < kSide; ++y)
    for (int x = begin; x < end; ++x) mask.pixels[y * kSide + x] = 255;
  return mask;
}

MaskCandidate candidate(float predicted_iou, int begin, int end,
                        float stability = 1) {
  return {predicted_iou, stability, columns(begin, end)};
}

void assert_chosen(const std::vector<MaskCandidate> &candidates,
                   const std::vector<size_t> &wanted,
                   const ProposalSettings &settings = {}) {
  ck_assert(choose_proposals(candidates, settings) == wanted);
}

START_TEST(test_iou_is_common_pixels_by_those_of_either) {
  ck_assert_double_eq(mask_iou(columns(0, 4), columns(2, 6)), 2.0 / 6);
  ck_assert_double_eq(mask_iou(columns(0, 4), columns(4, 6)), 0);
  ck_assert_double_eq(mask_iou(columns(0, 0), columns(0, 0)), 0);
}
END_TEST

START_TEST(test_best_comes_first) {
  assert_chosen({candidate(0.8F, 0, 2), candidate(0.9F, 4, 6)}, {1, 0});
}
END_TEST

START_TEST(test_of_equals_the_first_comes_first) {
  assert_chosen({candidate(0.8F, 0, 2), candidate(0.8F, 4, 6)}, {0, 1});
}
END_TEST

START_TEST(test_worse_one_of_two_that_overlap_is_a_duplicate) {
  // IoU 0.75 and 0.6.
  assert_chosen({candidate(0.8F, 0, 4), candidate(0.9F, 0, 3)}, {1});
  assert_chosen({candidate(0.8F, 0, 5), candidate(0.9F, 0, 3)}, {1, 0});
}
END_TEST

START_TEST(test_what_overlaps_a_duplicate_only_is_kept) {
  ProposalSettings settings;
  settings.max_overlap = 0.4;
  assert_chosen(
      {candidate(0.9F, 0, 4), candidate(0.85F, 1, 6), candidate(0.8F, 4, 8)},
      {0, 2}, settings);
}
END_TEST

START_TEST(test_limits_are_accepted_themselves) {
  ProposalSettings settings;
  assert_chosen(
      {{settings.min_predicted_iou, settings.min_stability, columns(0, 8)}},
      {0});
}
END_TEST

START_TEST(test_what_is_beyond_a_limit_is_no_object) {
  assert_chosen({candidate(0.69F, 0, 2)}, {});
  assert_chosen({candidate(0.9F, 0, 2, 0.89F)}, {});
  assert_chosen({candidate(0.9F, 0, 9)}, {});  // nearly the whole picture
  assert_chosen({candidate(0.9F, 0, 0)}, {});
}
END_TEST

START_TEST(test_no_more_than_max_count_are_chosen) {
  ProposalSettings settings;
  settings.max_count = 2;
  assert_chosen(
      {candidate(0.8F, 0, 2), candidate(0.9F, 3, 5), candidate(0.85F, 6, 8)},
      {1, 2}, settings);
}
END_TEST

START_TEST(test_setting_out_of_range_is_refused_by_name) {
  const struct {
    void (*spoil)(ProposalSettings &);
    const char *text;
  } kCases[] = {
      {[](ProposalSettings &s) { s.points_per_side = 65; },
       "points_per_side for proposals is out of range. Set it to 1...64."},
      {[](ProposalSettings &s) { s.points_per_side = 0; },
       "points_per_side for proposals is out of range. Set it to 1...64."},
      {[](ProposalSettings &s) { s.min_predicted_iou = 1.5F; },
       "min_predicted_iou for proposals is out of range. Set it to 0...1."},
      {[](ProposalSettings &s) { s.min_stability = -1; },
       "min_stability for proposals is out of range. Set it to 0...1."},
      {[](ProposalSettings &s) { s.max_overlap = 2; },
       "max_overlap for proposals is out of range. Set it to 0...1."},
      {[](ProposalSettings &s) { s.max_area_share = 2; },
       "max_area_share for proposals is out of range. Set it to 0...1."},
      {[](ProposalSettings &s) { s.max_count = 0; },
       "max_count for proposals is out of range. Set it to 1 or more."},
  };
  for (const auto &each : kCases) {
    ProposalSettings settings;
    validate(settings);
    each.spoil(settings);
    assert_refused((validate(settings), 0), ErrorCode::kSetting, each.text);
  }
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("proposal_filter");
  tcase_add_test(tests, test_iou_is_common_pixels_by_those_of_either);
  tcase_add_test(tests, test_best_comes_first);
  tcase_add_test(tests, test_of_equals_the_first_comes_first);
  tcase_add_test(tests, test_worse_one_of_two_that_overlap_is_a_duplicate);
  tcase_add_test(tests, test_what_overlaps_a_duplicate_only_is_kept);
  tcase_add_test(tests, test_limits_are_accepted_themselves);
  tcase_add_test(tests, test_what_is_beyond_a_limit_is_no_object);
  tcase_add_test(tests, test_no_more_than_max_count_are_chosen);
  tcase_add_test(tests, test_setting_out_of_range_is_refused_by_name);
  return run_case("track", tests);
}
