// Thresholds of the life of objects exactly at their edges, and what is done
// to objects from outside.
#include <utility>

#include "track/lifecycle_text.h"
#include "track/object_lifecycle.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"
#include "track/check_story.h"

using namespace sam2;
using namespace sam2::test;

namespace {

// Confirmed on frame 0.
const std::vector<ScenarioFrame> kCarAt0 = {
    {"car@0/0.95", "", "start1@0 confirm1"}};

// A box of half the width inside another has an IoU of exactly 0.5.
const std::vector<Scenario> &edges() {
  static const LifecycleSettings half = with([](auto &s) {
    s.mask_weight = 0;
    s.min_match_score = s.min_iou_new_object = 0.5;
    s.min_reacquire_iou = s.correct_iou = 0.5;
  });
  static const std::vector<Scenario> all = {
      {"a score at the least is a match",
       half,
       {{{"car@0", "", "start1@0"},
         {"car@0w20", "", ""},
         {"car@0w20/0.95", "", "confirm1"}}}},
      {"a score below is none",
       half,
       {{{"car@0", "", "start1@0"}, {"car@0w19", "", "start2@0w19"}}}},
      {"an IoU at the least is taken by a mask",
       half,
       {kCarAt0, {{"bus@60w20", "1@60", ""}}}},
      {"below it is not",
       half,
       {kCarAt0, {{"bus@60w19", "1@60", "start2@60w19"}}}},
      {"taken by what is predicted", half, {kCarAt0, {{"bus@0w20", "", ""}}}},
      {"not by what is predicted",
       half,
       {kCarAt0, {{"bus@0w19", "", "start2@0w19"}}}},
      {"taken by a user's object", half, {{{"bus@0w20", "7@0", ""}}}},
      {"not by a user's object", half, {{{"bus@0w19", "7@0", "start1@0w19"}}}},
      {"an IoU at the least brings back",
       half,
       {kCarAt0, {{"", "1!", "hide1"}, {"car@0w20", "1!", "resume1@0w20"}}}},
      {"below it does not",
       half,
       {kCarAt0, {{"", "1!", "hide1"}, {"car@0w19", "1!", "start2@0w19"}}}},
      {"an IoU at the least agrees",
       half,
       {kCarAt0, repeated(9, {"car@0", "1@0w20", ""})}},
  };
  return all;
}

// A mask of half the width, less a pixel, disagrees.
const std::vector<Scenario> &corrections() {
  static const ScenarioFrame disagreement = {"car@0", "1@0w19", ""};
  static const ScenarioFrame correction = {"car@0", "1@0w19", "correct1@0"};
  static const std::vector<Scenario> all = {
      {"at the third in a row, then again",
       {},
       {kCarAt0,
        repeated(2, disagreement),
        {correction},
        repeated(2, disagreement),
        {correction}}},
      {"one that agrees starts the count again",
       {},
       {kCarAt0,
        repeated(2, disagreement),
        {{"car@0", "1@0", ""}},
        repeated(2, disagreement),
        {correction}}},
      {"so does a loss",
       {},
       {kCarAt0,
        repeated(2, disagreement),
        {{"-", "1!", "hide1"}, {"-", "1@0w19", "resume1"}},
        repeated(2, disagreement),
        {correction}}},
      {"nothing said or nothing seen counts for nothing",
       {},
       {kCarAt0,
        repeated(2, disagreement),
        {{"", "1@0w19", ""}, {"-", "1@0w19", ""}, {"car@0", "", ""}},
        {correction}}},
      {"never",
       with([](auto &s) { s.correct_after = 0; }),
       {kCarAt0, repeated(50, disagreement)}},
      {"at once",
       with([](auto &s) { s.correct_after = 1; }),
       {kCarAt0, repeated(2, correction)}},
      {"no mask at all disagrees",
       with([](auto &s) { s.probation_hits = 4; }),
       {{{"car@0", "", "start1@0"},
         {"car@0", "1!", ""},
         {"car@0", "1!", ""},
         {"car@0", "1!", "confirm1 correct1@0"}}}},
      {"the place of a mask that is wrong is free",
       with([](auto &s) {
         s.correct_after = 1;
         s.mask_weight = 0.3;
       }),
       {kCarAt0, {{"car@0/0.8 car@30/0.7", "1@30", "correct1@0 start2@30"}}}},
      // The mask has wandered off; the detection is where the object is now.
      {"motion starts again from the detection",
       with([](auto &s) {
         s.correct_after = 2;
         s.min_match_score = 0.01;
       }),
       {kCarAt0,
        {{"car@0", "1@30", ""},
         {"car@0", "1@30", "correct1@0"},
         {"-", "1!", "hide1"},
         {"car@28/0.95", "1!", "start2@28 confirm2"}}}},
  };
  return all;
}

const std::vector<Scenario> &unsupported() {
  static const LifecycleSettings three =
      with([](auto &s) { s.max_unmatched = 3; });
  static const std::vector<Scenario> all = {
      {"never, unless asked for",
       {},
       {kCarAt0, repeated(300, {"", "1@0", ""})}},
      {"after more than three in a row",
       three,
       {kCarAt0,
        repeated(3, {"", "1@0", ""}),
        {{"", "1@0", "hide1"}},
        repeated(9, {"", "1@0", ""}),
        {{"car@0", "1@0", "resume1@0"}},
        repeated(3, {"", "1@0", ""}),
        {{"", "1@0", "hide1"}}}},
      {"a match starts the count again",
       three,
       {kCarAt0,
        repeated(3, {"", "1@0", ""}),
        {{"car@0", "1@0", ""}},
        repeated(3, {"", "1@0", ""}),
        {{"", "1@0", "hide1"}}}},
      {"no detector, no count",
       three,
       {kCarAt0, repeated(99, {"-", "1@0", ""})}},
      {"once",
       with([](auto &s) { s.max_unmatched = 1; }),
       {kCarAt0, {{"", "1@0", ""}, {"", "1@0", "hide1"}}}},
      {"its own mask brings back one that is lost after that",
       three,
       {kCarAt0,
        repeated(3, {"", "1@0", ""}),
        {{"", "1@0", "hide1"},
         {"car@0", "1@0", "resume1@0"},
         {"-", "1!", "hide1"},
         {"-", "1@0", "resume1"}},
        repeated(3, {"", "1@0", ""}),
        {{"", "1@0", "hide1"}}}},
      {"it is forgotten in time",
       with([](auto &s) {
         s.max_unmatched = 1;
         s.max_lost_age = 2;
       }),
       {kCarAt0,
        {{"", "1@0", ""},
         {"", "1@0", "hide1"},
         {"", "1@0", ""},
         {"", "1@0", ""},
         {"", "1@0", "remove1:lost"}}}},
  };
  return all;
}

START_TEST(test_thresholds_of_overlap_hold_at_their_edge) {
  check_story(edges()[_i]);
}
END_TEST

START_TEST(test_mask_that_disagrees_with_detections_is_corrected) {
  check_story(corrections()[_i]);
}
END_TEST

START_TEST(test_object_that_detections_pass_over_is_hidden) {
  check_story(unsupported()[_i]);
}
END_TEST

// One object, shown, and then a frame with these scores.
std::string fate(float object_score, float predicted_iou, double area_px) {
  LoneLifecycle lifecycle(with([](auto &s) {
    s.min_object_score = 0.5F;
    s.min_predicted_iou = 0.25F;
    s.min_mask_area_px = 9;
  }));
  lifecycle.update(0, detections_of("car@0/0.95"), {});
  TrackedObject tracked = tracked_of("1@0")[0];
  tracked.object_score = object_score;
  tracked.predicted_iou = predicted_iou;
  tracked.area_px = area_px;
  return actions_text(lifecycle.update(1, detections_of("-"), {tracked}));
}

START_TEST(test_object_is_lost_below_any_of_three_thresholds) {
  assert_texts_equal(fate(0.5F, 0.25F, 9), "");
  assert_texts_equal(fate(0.499F, 1, 99), "hide1");
  assert_texts_equal(fate(5, 0.249F, 99), "hide1");
  assert_texts_equal(fate(5, 1, 8.9), "hide1");
}
END_TEST

START_TEST(test_default_thresholds_are_score_0_and_one_pixel) {
  for (const bool is_seen : {true, false}) {
    LoneLifecycle lifecycle({});
    lifecycle.update(0, detections_of("car@0/0.95 car@100/0.95"), {});
    std::vector<TrackedObject> tracked = tracked_of("1@0 2@100");
    tracked[0].object_score = is_seen ? 0.0F : -0.001F;
    tracked[0].predicted_iou = 0;
    tracked[1].area_px = is_seen ? 1 : 0;
    assert_texts_equal(
        actions_text(lifecycle.update(1, detections_of("-"), tracked)),
        is_seen ? "" : "hide1 hide2");
  }
}
END_TEST

START_TEST(test_shape_of_the_mask_counts) {
  // The mask's box is right; but all of its pixels are left of the detection.
  MaskImage mask = {40, 40, std::vector<uint8_t>(1600)};
  for (int row = 0; row < 40; ++row)
    for (int column = 0; column < 10; ++column)
      mask.pixels[row * 40 + column] = 255;
  for (const bool has_mask : {false, true}) {
    LoneLifecycle lifecycle(with([](auto &s) { s.mask_weight = 1; }));
    lifecycle.update(0, detections_of("car@0/0.95"), {});
    std::vector<TrackedObject> tracked = tracked_of("1@0");
    if (has_mask) tracked[0].mask.mask = &mask;
    assert_texts_equal(
        actions_text(lifecycle.update(1, detections_of("car@10"), tracked)),
        has_mask ? "start2@10" : "");
  }
}
END_TEST

START_TEST(test_id_is_not_given_twice) {
  LoneLifecycle lifecycle(with([](auto &s) { s.max_lost_age = 0; }));
  for (int i = 0; i < 50; ++i) {
    const std::string id = std::to_string(i + 1);
    assert_texts_equal(
        actions_text(lifecycle.update(3 * i, detections_of("car@0/0.95"), {})),
        "start" + id + "@0 confirm" + id);
    lifecycle.update(3 * i + 1, {}, tracked_of(id + "!"));
    assert_texts_equal(actions_text(lifecycle.update(3 * i + 2, {}, {})),
                       "remove" + id + ":lost");
  }
}
END_TEST

START_TEST(test_lowest_free_id_is_given_if_asked_for) {
  LoneLifecycle lifecycle(with([](auto &s) { s.reuse_ids = true; }));
  lifecycle.update(0, detections_of("car@0/0.97 car@100/0.96 car@200/0.95"),
                   {});
  lifecycle.forget(2);
  assert_texts_equal(actions_text(lifecycle.update(
                         1, detections_of("car@300/0.8 car@400/0.7"), {})),
                     "start2@300 start4@400");
}
END_TEST

START_TEST(test_reserved_id_and_those_below_are_not_given) {
  for (const bool reuses : {false, true}) {
    LifecycleSettings settings;
    settings.reuse_ids = reuses;
    LoneLifecycle lifecycle(settings);
    lifecycle.ids().reserve(5);
    lifecycle.ids().reserve(3);
    assert_texts_equal(
        actions_text(lifecycle.update(0, detections_of("car@0"), {})),
        "start6@0");
  }
}
END_TEST

START_TEST(test_reset_forgets_objects_and_turns) {
  for (const bool restarts_ids : {false, true}) {
    LoneLifecycle lifecycle(
        with([](auto &s) { s.prompt_mode = PromptMode::kFirstFrame; }));
    lifecycle.update(0, detections_of("car@0"), {});
    lifecycle.reset(restarts_ids);
    ck_assert(!lifecycle.stage(1));
    assert_texts_equal(
        actions_text(lifecycle.update(0, detections_of("car@0"), {})),
        restarts_ids ? "start1@0 confirm1" : "start2@0 confirm2");
  }
}
END_TEST

START_TEST(test_object_forgotten_is_nowhere) {
  LoneLifecycle lifecycle({});
  lifecycle.update(0, detections_of("car@0/0.95 car@100/0.94"), {});
  lifecycle.forget(1);
  lifecycle.forget(99);
  ck_assert(!lifecycle.stage(1));
  ck_assert(lifecycle.stage(2) == ObjectStage::kActive);
}
END_TEST

START_TEST(test_stage_follows_the_actions) {
  LoneLifecycle lifecycle({});
  lifecycle.update(0, detections_of("car@0"), {});
  ck_assert(lifecycle.stage(1) == ObjectStage::kProbation);
  lifecycle.update(1, detections_of("car@0/0.95"), tracked_of("1@0"));
  ck_assert(lifecycle.stage(1) == ObjectStage::kActive);
  lifecycle.update(2, {}, tracked_of("1!"));
  ck_assert(lifecycle.stage(1) == ObjectStage::kLost);
  lifecycle.update(3, {}, tracked_of("1@0"));
  ck_assert(lifecycle.stage(1) == ObjectStage::kActive);
}
END_TEST

START_TEST(test_action_has_the_label_and_box_of_its_object) {
  LoneLifecycle lifecycle({});
  const auto actions = lifecycle.update(0, detections_of("car@10/0.95"), {});
  ck_assert_uint_eq(actions.size(), 2);
  for (const LifecycleAction &action : actions)
    assert_texts_equal(action.label, "car");
  ck_assert_float_eq(actions[0].box->y, kTop);
  ck_assert_float_eq(actions[0].box->height, kSide);
  ck_assert(!actions[1].box);
}
END_TEST

START_TEST(test_places_scale_with_the_frames) {
  LoneLifecycle lifecycle(with([](auto &s) { s.min_reacquire_iou = 0.99; }));
  lifecycle.update(0, detections_of("car@10/0.95"), {});
  lifecycle.update(1, {}, tracked_of("1!"));
  lifecycle.rescale(2, 0.5);
  Detection detection = detection_of("car@10");
  detection.box = {20, kTop / 2, 2 * kSide, kSide / 2};
  const auto actions = lifecycle.update(2, {{detection}}, tracked_of("1!"));
  assert_texts_equal(actions_text(actions), "resume1@20w80");
}
END_TEST

START_TEST(test_predicted_place_scales_with_the_frames) {
  LoneLifecycle lifecycle(with([](auto &s) { s.min_match_score = 0.99; }));
  lifecycle.update(0, detections_of("car@10"), {});
  lifecycle.rescale(2, 0.5);
  Detection detection = detection_of("car@10/0.95");
  detection.box = {20, kTop / 2, 2 * kSide, kSide / 2};
  assert_texts_equal(actions_text(lifecycle.update(1, {{detection}}, {})),
                     "confirm1");
}
END_TEST

START_TEST(test_bad_settings_are_refused) {
  assert_refused(LoneLifecycle(with([](auto &s) { s.max_objects = 0; })),
                 ErrorCode::kSetting, "max-objects is 0. Set it to 1...10000.");
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("object_lifecycle_edges");
  const auto count = [](const auto &all) {
    return static_cast<int>(all.size());
  };
  tcase_add_loop_test(tests, test_thresholds_of_overlap_hold_at_their_edge, 0,
                      count(edges()));
  tcase_add_loop_test(tests,
                      test_mask_that_disagrees_with_detections_is_corrected, 0,
                      count(corrections()));
  tcase_add_loop_test(tests, test_object_that_detections_pass_over_is_hidden, 0,
                      count(unsupported()));
  tcase_add_test(tests, test_object_is_lost_below_any_of_three_thresholds);
  tcase_add_test(tests, test_default_thresholds_are_score_0_and_one_pixel);
  tcase_add_test(tests, test_shape_of_the_mask_counts);
  tcase_add_test(tests, test_id_is_not_given_twice);
  tcase_add_test(tests, test_lowest_free_id_is_given_if_asked_for);
  tcase_add_test(tests, test_reserved_id_and_those_below_are_not_given);
  tcase_add_test(tests, test_reset_forgets_objects_and_turns);
  tcase_add_test(tests, test_object_forgotten_is_nowhere);
  tcase_add_test(tests, test_stage_follows_the_actions);
  tcase_add_test(tests, test_action_has_the_label_and_box_of_its_object);
  tcase_add_test(tests, test_places_scale_with_the_frames);
  tcase_add_test(tests, test_predicted_place_scales_with_the_frames);
  tcase_add_test(tests, test_bad_settings_are_refused);
  return run_case("track", tests);
}
