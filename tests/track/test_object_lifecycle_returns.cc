// Lost objects that come back, as stories (lifecycle_text.h).
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

// Object 1 at 0, 10, ... 90 on frames 0 to 9.
std::vector<ScenarioFrame> moving_car() {
  std::vector<ScenarioFrame> frames = {{"car@0/0.95", "", "start1@0 confirm1"}};
  for (int i = 1; i < 10; ++i)
    frames.push_back({"-", "1@" + std::to_string(10 * i), ""});
  return frames;
}

const std::vector<Scenario> &returns() {
  static const std::vector<Scenario> all = {
      {"leaves and is seen again",
       {},
       {kCarAt10,
        {{"", "1!", "hide1"}},
        repeated(84, {"", "1!", ""}),
        {{"", "1@300", "resume1"}}}},
      {"leaves and is seen just in time",
       with([](auto &s) { s.max_lost_age = 3; }),
       {kCarAt10,
        {{"", "1!", "hide1"}},
        repeated(3, {"", "1!", ""}),
        {{"", "1@300", "resume1"}}}},
      {"leaves for too long",
       with([](auto &s) { s.max_lost_age = 3; }),
       {kCarAt10,
        {{"", "1!", "hide1"}},
        repeated(3, {"", "1!", ""}),
        {{"", "1!", "remove1:lost"}, {"", "1@300", ""}}}},
      {"leaves and is forgotten next",
       with([](auto &s) { s.max_lost_age = 0; }),
       {kCarAt10, {{"", "1!", "hide1"}, {"", "1!", "remove1:lost"}}}},
      {"what the tracker does not look at ages too",
       with([](auto &s) { s.max_lost_age = 3; }),
       {kCarAt10,
        {{"", "1!", "hide1"}},
        repeated(3, {"-", "", ""}),
        {{"-", "", "remove1:lost"}}}},
      {"what is shown and not looked at stays",
       {},
       {kCarAt10, repeated(200, {"-", "", ""}), {{"", "1!", "hide1"}}}},
      {"ages count from the last time",
       with([](auto &s) { s.max_lost_age = 2; }),
       {kCarAt10,
        {{"", "1!", "hide1"},
         {"", "1!", ""},
         {"", "1@10", "resume1"},
         {"", "1!", "hide1"},
         {"", "1!", ""},
         {"", "1!", ""},
         {"", "1!", "remove1:lost"}}}},
      {"a detection where it was",
       {},
       {kCarAt10,
        {{"", "1!", "hide1"},
         {"", "1!", ""},
         {"car@20", "1!", "resume1@20"},
         {"car@20", "1@20", ""}}}},
      {"a detection on the frame it is lost",
       {},
       {kCarAt10, {{"car@10", "1!", "hide1 resume1@10"}}}},
      {"a detection where it was going",
       {},
       {moving_car(),
        {{"-", "1!", "hide1"},
         {"-", "1!", ""},
         {"-", "1!", ""},
         {"car@130", "1!", "resume1@130"}}}},
      {"a detection where it was seen last",
       {},
       {moving_car(),
        {{"-", "1!", "hide1"}},
        repeated(9, {"-", "1!", ""}),
        {{"car@90", "1!", "resume1@90"}}}},
      {"a detection elsewhere",
       {},
       {kCarAt10,
        {{"", "1!", "hide1"}, {"car@110/0.95", "1!", "start2@110 confirm2"}}}},
      {"a detection of another class",
       {},
       {kCarAt10,
        {{"", "1!", "hide1"}, {"bus@10/0.95", "1!", "start2@10 confirm2"}}}},
      {"a detection at the end of the window",
       with([](auto &s) { s.reacquire_window = 2; }),
       {kCarAt10,
        {{"", "1!", "hide1"}, {"", "1!", ""}, {"", "1!", ""}},
        {{"", "1@10", "resume1"},
         {"", "1!", "hide1"},
         {"", "1!", ""},
         {"car@10", "1!", "resume1@10"}}}},
      {"a detection after the window",
       with([](auto &s) { s.reacquire_window = 2; }),
       {kCarAt10,
        {{"", "1!", "hide1"},
         {"", "1!", ""},
         {"", "1!", ""},
         {"car@10", "1!", "start2@10"}}}},
      {"two come back, each as itself",
       {},
       {kCarsAt10And110,
        {{"", "1! 2!", "hide1 hide2"},
         {"car@105/0.8 car@15/0.7", "1! 2!", "resume2@105 resume1@15"}}}},
      {"what is in sight has the first choice",
       {},
       {kCarsAt10And110,
        {{"", "1@10 2!", "hide2"}, {"car@100/0.95", "1@95 2!", ""}}}},
  };
  return all;
}

const std::vector<Scenario> &upstream() {
  static const std::vector<Scenario> all = {
      {"comes back elsewhere by its number",
       {},
       {{{"car@10/0.95#7", "", "start1@10 confirm1"},
         {"", "1!", "hide1"},
         {"car@500#8 car@300#7", "1!", "resume1@300 start2@500"}}}},
      {"not as another class",
       {},
       {{{"car@10/0.95#7", "", "start1@10 confirm1"},
         {"", "1!", "hide1"},
         {"bus@300#7", "1!", "start2@300"}}}},
      {"not after the window",
       with([](auto &s) { s.reacquire_window = 1; }),
       {{{"car@10/0.95#7", "", "start1@10 confirm1"},
         {"", "1!", "hide1"},
         {"", "1!", ""},
         {"car@300#7", "1!", "start2@300"}}}},
      {"no number is nobody's",
       {},
       {kCarAt10, {{"", "1!", "hide1"}, {"car@300", "1!", "start2@300"}}}},
      {"in sight the place decides",
       {},
       {{{"car@10/0.95#7", "", "start1@10 confirm1"},
         {"car@10#8 car@300#7", "1@10", "start2@300"}}}},
      {"a number counts for more than two places",
       {},
       {{{"car@10/0.96#7 car@110/0.95#8", "",
          "start1@10 confirm1 start2@110 confirm2"},
         {"", "1! 2!", "hide1 hide2"},
         {"car@110#7 car@10", "1! 2!", "resume1@110 start3@10"}}}},
      {"a number belongs to who had it last",
       {},
       {{{"car@10/0.96#7 car@110/0.95#8", "",
          "start1@10 confirm1 start2@110 confirm2"},
         {"car@110#7", "1! 2@110", "hide1"},
         {"", "1! 2!", "hide2"},
         {"car@500#7", "1! 2!", "resume2@500"}}}},
  };
  return all;
}

START_TEST(test_object_that_returns_in_time_keeps_its_id) {
  check_story(returns()[_i]);
}
END_TEST

START_TEST(test_number_from_upstream_brings_a_lost_object_back) {
  check_story(upstream()[_i]);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("object_lifecycle_returns");
  const auto count = [](const auto &all) {
    return static_cast<int>(all.size());
  };
  tcase_add_loop_test(tests, test_object_that_returns_in_time_keeps_its_id, 0,
                      count(returns()));
  tcase_add_loop_test(tests,
                      test_number_from_upstream_brings_a_lost_object_back, 0,
                      count(upstream()));
  return run_case("track", tests);
}
