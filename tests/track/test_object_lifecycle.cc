// Objects from detections, as stories: frame by frame what is detected, what
// the tracker sees and what is to be done (lifecycle_text.h).
#include "track/lifecycle_text.h"
#include "track/object_lifecycle.h"
// Last: Check's macros get in the way of C++ headers.
#include "run_tests.h"
#include "track/check_story.h"

using namespace sam2;
using namespace sam2::test;

namespace {

// Confirmed on frame 0.
const std::vector<ScenarioFrame> kCarAt10 = {
    {"car@10/0.95", "", "start1@10 confirm1"}};
const std::vector<ScenarioFrame> kCarsAt10And110 = {
    {"car@10/0.96 car@110/0.95", "", "start1@10 confirm1 start2@110 confirm2"}};

// 1 goes from 0 to 200, 2 the other way; they pass each other at 100.
std::vector<ScenarioFrame> crossing(bool is_tracked) {
  std::vector<ScenarioFrame> frames = {
      {"car@0/0.96 car@200/0.95", "", "start1@0 confirm1 start2@200 confirm2"}};
  for (int i = 10; i <= 200; i += 10) {
    const std::string one = std::to_string(i);
    const std::string two = std::to_string(200 - i);
    frames.push_back({"car@" + two + " car@" + one,
                      is_tracked ? "1@" + one + " 2@" + two : "", ""});
  }
  return frames;
}

const std::vector<Scenario> &probation() {
  static const std::vector<Scenario> all = {
      {"seen three times of three",
       {},
       {{{"car@10", "", "start1@10"},
         {"car@10", "1@10", ""},
         {"car@10", "1@10", "confirm1"},
         {"car@10", "1@10", ""}}}},
      {"seen three times of four",
       {},
       {{{"car@10", "", "start1@10"},
         {"", "1@10", ""},
         {"car@10", "1@10", ""},
         {"car@10", "1@10", "confirm1"}}}},
      {"missed twice of four",
       {},
       {{{"car@10", "", "start1@10"},
         {"", "1@10", ""},
         {"car@10", "1@10", ""},
         {"", "1@10", "remove1:probation"}}}},
      {"a frame without detector counts for nothing",
       {},
       {{{"car@10", "", "start1@10"}},
        repeated(9, {"-", "1@10", ""}),
        {{"car@10", "1@10", ""}, {"car@10", "1@10", "confirm1"}}}},
      {"confirmed at once above the confidence",
       {},
       {{{"car@10/0.901", "", "start1@10 confirm1"}}}},
      {"not at it",
       {},
       {{{"car@10/0.9", "", "start1@10"}, {"car@10/0.9", "1@10", ""}}}},
      {"confirmed by a second look that is sure",
       {},
       {{{"car@10/0.6", "", "start1@10"},
         {"car@10/0.95", "1@10", "confirm1"}}}},
      {"once is enough",
       with([](auto &s) { s.probation_hits = 1; }),
       {{{"car@10", "", "start1@10 confirm1"}}}},
      {"every look must see it",
       with([](auto &s) { s.probation_hits = s.probation_age = 3; }),
       {{{"car@10 car@110", "", "start1@10 start2@110"},
         {"car@10", "1@10 2@110", "remove2:probation"},
         {"car@10", "1@10", "confirm1"}}}},
      {"what is not shown is not hidden",
       {},
       {{{"car@10", "", "start1@10"},
         {"car@10", "1!", ""},
         {"car@10", "1@10", "confirm1"}}}},
      {"a probation that failed may start again",
       {},
       {{{"car@10", "", "start1@10"},
         {"", "1@10", ""},
         {"", "1@10", "remove1:probation"},
         {"car@10", "", "start2@10"}}}},
  };
  return all;
}

const std::vector<Scenario> &meetings() {
  static const std::vector<Scenario> all = {
      {"crossing, with masks", {}, {crossing(true)}},
      // Who is where at the end is told by who is resumed there.
      {"crossing, by motion alone",
       {},
       {crossing(false),
        {{"-", "1! 2!", "hide1 hide2"}, {"car@210", "1! 2!", "resume1@210"}}}},
      {"merge: one box around two",
       {},
       {kCarsAt10And110,
        {{"car@50/0.9 car@70/0.8", "1@50 2@70", ""},
         {"car@50w60", "1@50 2@70", ""},
         {"car@50w60", "1@50 2@70", ""},
         {"car@50/0.9 car@70/0.8", "1@50 2@70", ""}}}},
      {"merge: one is hidden behind the other",
       {},
       {kCarsAt10And110,
        {{"car@60", "1@60 2!", "hide2"},
         {"car@60", "1@60 2!", ""},
         {"car@60 car@20", "1@60 2!", "start3@20"},
         {"car@60", "1@60 2@110 3@20", "resume2"}}}},
      {"split: what was one becomes two",
       {},
       {{{"car@100w80/0.95", "", "start1@100w80 confirm1"},
         {"car@100w80", "1@100w80", ""},
         {"car@100/0.95 car@150/0.94", "1@100", "start2@150 confirm2"},
         {"car@100 car@150", "1@100 2@150", ""}}}},
      {"split: half of it is not yet another",
       {},
       {{{"car@100w80/0.95", "", "start1@100w80 confirm1"},
         {"car@100w80 car@100w60", "1@100w80", ""}}}},
      {"detector flickers",
       {},
       {kCarAt10,
        {{"", "1@11", ""},
         {"car@12", "1@12", ""},
         {"", "1@13", ""},
         {"", "1@14", ""},
         {"-", "1@15", ""},
         {"car@16", "1@16", ""}}}},
      {"two detections of one thing",
       {},
       {{{"car@10/0.95 car@12/0.94", "", "start1@10 confirm1"},
         {"car@10/0.94 car@12/0.95", "1@10", ""}}}},
      {"two classes of one thing",
       {},
       {{{"car@10/0.95 bus@12/0.94", "", "start1@10 confirm1"},
         {"bus@10/0.95 car@12/0.94", "1@10", ""}}}},
      {"class changes when confirmed",
       {},
       {kCarAt10, repeated(99, {"bus@10/0.99", "1@10", ""})}},
      {"class changes on probation",
       {},
       {{{"car@10", "", "start1@10"},
         {"bus@10", "1@10", ""},
         {"bus@10", "1@10", "remove1:probation start2@10"}}}},
      {"a user's object is not started again",
       {},
       {{{"car@10/0.95 car@110/0.95", "77@12", "start1@110 confirm1"},
         {"car@10/0.95", "77! 1@110", "start2@10 confirm2"}}}},
  };
  return all;
}

const std::vector<Scenario> &full_house() {
  static const LifecycleSettings two = with([](auto &s) { s.max_objects = 2; });
  static const std::vector<Scenario> all = {
      {"shown objects never go",
       two,
       {kCarsAt10And110, repeated(9, {"car@300/0.99", "1@10 2@110", ""})}},
      {"the one that is lost goes",
       two,
       {kCarsAt10And110,
        {{"car@300/0.5", "1@10 2!", "hide2 remove2:room start3@300"}}}},
      {"of two the one lost for longer",
       two,
       {kCarsAt10And110,
        {{"", "1@10 2!", "hide2"},
         {"", "1! 2!", "hide1"},
         {"car@300", "1! 2!", "remove2:room start3@300"}}}},
      {"of equally long the first",
       two,
       {kCarsAt10And110,
        {{"", "2! 1!", "hide2 hide1"},
         {"car@300", "1! 2!", "remove1:room start3@300"}}}},
      {"lost before on probation",
       two,
       {{{"car@10/0.95 car@110/0.4", "", "start1@10 confirm1 start2@110"},
         {"car@110/0.4 car@300/0.99", "1! 2@110",
          "hide1 remove1:room start3@300 confirm3"}}}},
      {"on probation the least confident",
       two,
       {{{"car@10/0.5 car@110/0.6", "", "start1@110 start2@10"},
         {"car@10/0.8 car@110/0.6 car@300/0.7", "1@110 2@10",
          "remove1:room start3@300"}}}},
      {"of equally confident the first",
       two,
       {{{"car@10/0.5 car@110/0.5", "", "start1@10 start2@110"},
         {"car@10/0.5 car@110/0.5 car@300/0.7", "1@10 2@110",
          "remove1:room start3@300"}}}},
      {"not for one that is as confident",
       two,
       {{{"car@10/0.6 car@110/0.7", "", "start1@110 start2@10"},
         {"car@10/0.6 car@110/0.7 car@300/0.6", "1@110 2@10", ""}}}},
      {"more at once than there is room for",
       two,
       {{{"car@10/0.5 car@110/0.7 car@210/0.6", "", "start1@110 start2@210"}}}},
      {"the room of who leaves is free",
       with([](auto &s) {
         s.max_objects = 1;
         s.max_lost_age = 0;
       }),
       {kCarAt10,
        {{"", "1!", "hide1"}, {"car@300", "1!", "remove1:lost start2@300"}}}},
      {"who comes back by a detection is not lost any more",
       two,
       {kCarsAt10And110,
        {{"car@10/0.9 car@300/0.8", "1! 2@110", "hide1 resume1@10"}}}},
      {"a user's objects take room",
       two,
       {{{"car@10/0.96 car@110/0.95", "77@500", "start1@10 confirm1"},
         {"car@110/0.95", "77! 1@10", ""},
         {"car@110/0.95", "1@10", "start2@110 confirm2"}}}},
  };
  return all;
}

const std::vector<Scenario> &modes() {
  static const std::vector<Scenario> all = {
      {"first frame with something on it",
       with([](auto &s) { s.prompt_mode = PromptMode::kFirstFrame; }),
       {{{"", "", ""},
         {"car@110/0.1", "", ""},
         {"car@10/0.4 car@110/0.1", "", "start1@10 confirm1"},
         {"car@10 car@110/0.99", "1@10", ""},
         {"", "1!", "hide1"},
         {"car@10 car@110", "1!", ""},
         {"", "1@10", "resume1"}}}},
      {"every third frame",
       with([](auto &s) {
         s.prompt_mode = PromptMode::kEveryNFrames;
         s.prompt_interval = 3;
       }),
       {{{"car@10", "", "start1@10"},
         {"car@10 car@110", "1@10", ""},
         {"car@10 car@110", "1@10", ""},
         {"car@10 car@110", "1@10", "start2@110"},
         {"car@10", "1@10 2@110", ""},
         {"car@10", "1@10 2@110", ""},
         {"-", "1@10 2@110", ""},
         {"car@10", "1@10 2@110", "confirm1"},
         {"", "1@10 2@110", ""},
         {"", "1@10 2@110", ""},
         {"", "1@10 2@110", "remove2:probation"}}}},
      {"every frame",
       {},
       {{{"", "", ""},
         {"car@10", "", "start1@10"},
         {"car@110", "1@10", "start2@110"}}}},
      {"on demand",
       with([](auto &s) { s.prompt_mode = PromptMode::kOnDemand; }),
       {{{"car@10/0.99", "", ""},
         {"? car@10/0.4", "", "start1@10 confirm1"},
         {"car@110/0.99", "1@10", ""},
         {"?", "1@10", ""},
         {"? car@110/0.4", "1@10", "start2@110 confirm2"}}}},
      {"classes, sizes and confidences not wanted",
       with([](auto &s) { s.object_classes = {"car"}; }),
       {{{"bus@10/0.99 car@110/0.34 car@210w3/0.99 car@310/0.99", "",
          "start1@310 confirm1"}}}},
  };
  return all;
}

START_TEST(test_new_object_is_confirmed_or_goes) {
  check_story(probation()[_i]);
}
END_TEST

START_TEST(test_objects_that_meet_stay_themselves) {
  check_story(meetings()[_i]);
}
END_TEST

START_TEST(test_full_house_makes_room_in_the_stated_order) {
  check_story(full_house()[_i]);
}
END_TEST

START_TEST(test_detections_count_on_the_frames_of_the_mode) {
  check_story(modes()[_i]);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("object_lifecycle");
  const auto count = [](const auto &all) {
    return static_cast<int>(all.size());
  };
  tcase_add_loop_test(tests, test_new_object_is_confirmed_or_goes, 0,
                      count(probation()));
  tcase_add_loop_test(tests, test_objects_that_meet_stay_themselves, 0,
                      count(meetings()));
  tcase_add_loop_test(tests, test_full_house_makes_room_in_the_stated_order, 0,
                      count(full_house()));
  tcase_add_loop_test(tests, test_detections_count_on_the_frames_of_the_mode, 0,
                      count(modes()));
  return run_case("track", tests);
}
