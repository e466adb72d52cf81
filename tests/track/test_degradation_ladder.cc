// The way down when memory runs out, and up again, as stories: what happens,
// and what is to be done.
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "track/degradation_ladder.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

// What happens is one of
//   encode 4 3  memory runs out with 4 frames in the encoder and 3 objects
//   track 3     memory runs out with 3 objects in the network
//   skip        it runs out and nothing but that is wanted
//   good 99     so many good frames at the pressure told last
//   normal, warning, critical: how things stand before a frame of 4 and 3
// and what is to be done "+step" or "-step" with its allowance: batch, objects
// in a pass, memories, "spilled", steps in force, and "again" if it is no news.
struct Event {
  std::string happens;
  std::string done;
};
struct Story {
  const char *name;
  MemoryAllowance full;
  bool can_spill;
  std::vector<Event> events;
};

std::string text(const Degradation &change) {
  const MemoryAllowance &now = change.allowance;
  std::ostringstream out;
  out << (change.is_undone ? "-" : "+") << degradation_row(change.step).name
      << " " << now.encoder_batch << " " << now.objects_per_pass << " "
      << now.num_maskmem << (now.spills_bank ? " spilled" : "") << " level "
      << change.level << (change.is_news ? "" : " again");
  return out.str();
}

std::string text(const std::optional<Degradation> &change) {
  return change ? text(*change) : "";
}

// The last of `count` good frames may have something to say, the others not.
std::string after_good_frames(DegradationLadder &ladder, int count) {
  for (int i = 1; i < count; ++i) {
    const std::string said = text(ladder.good_frame());
    if (!said.empty()) return "early: " + said;
  }
  return text(ladder.good_frame());
}

std::string play(DegradationLadder &ladder, const std::string &happens) {
  std::istringstream words(happens);
  std::string what;
  int first = 0, second = 0;
  words >> what >> first >> second;
  if (what == "encode") return text(ladder.run_out({first, 0, second}));
  if (what == "track") return text(ladder.run_out({0, first, first}));
  if (what == "skip") return text(ladder.skip());
  if (what == "good") return after_good_frames(ladder, first);
  const MemoryUse use = {4, 3, 3};
  if (what == "normal") return text(ladder.press(PressureLevel::kNormal, use));
  if (what == "warning")
    return text(ladder.press(PressureLevel::kWarning, use));
  if (what == "critical")
    return text(ladder.press(PressureLevel::kCritical, use));
  std::abort();
}

void check(const Story &story) {
  DegradationLadder ladder(story.full, story.can_spill);
  for (size_t i = 0; i < story.events.size(); ++i) {
    const auto &[happens, done] = story.events[i];
    const std::string found = play(ladder, happens);
    ck_assert_msg(found == done, "%s, event %zu (%s): \"%s\", not \"%s\"",
                  story.name, i, happens.c_str(), found.c_str(), done.c_str());
  }
}

std::vector<Event> operator+(std::vector<Event> a,
                             const std::vector<Event> &b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

const std::vector<Story> &stories() {
  static const std::vector<Story> all = {
      {"all steps in their order",
       {4, 8, 7, false},
       true,
       {{"encode 4 3", "+empty-caches 4 8 7 level 1"},
        {"encode 4 3", "+smaller-batch 2 8 7 level 2"},
        {"encode 2 3", "+smaller-batch 1 8 7 level 3 again"},
        {"track 6", "+smaller-groups 1 3 7 level 4"},
        {"track 6", "+smaller-groups 1 1 7 level 5 again"},
        {"track 6", "+spill-bank 1 1 7 spilled level 6"},
        {"track 6", "+smaller-bank 1 1 3 spilled level 7"},
        {"track 6", "+smaller-bank 1 1 1 spilled level 8 again"},
        {"track 6", "+skip-frame 1 1 1 spilled level 8"},
        {"track 6", "+skip-frame 1 1 1 spilled level 8 again"}}},
      {"a bank that is on the host already is not spilled",
       {1, 1, 2, false},
       false,
       {{"track 1", "+empty-caches 1 1 2 level 1"},
        {"track 1", "+smaller-bank 1 1 1 level 2"},
        {"track 1", "+skip-frame 1 1 1 level 2"}}},
      {"the bank of one object is spilled, once",
       {1, 1, 2, false},
       true,
       {{"track 1", "+empty-caches 1 1 2 level 1"},
        {"track 1", "+spill-bank 1 1 2 spilled level 2"},
        {"track 1", "+smaller-bank 1 1 1 spilled level 3"}}},
      {"one frame alone is no batch, and the encoder has no groups",
       {8, 8, 7, false},
       false,
       {{"encode 1 5", "+empty-caches 8 8 7 level 1"},
        {"encode 1 5", "+smaller-bank 8 8 3 level 2"}}},
      {"one object alone is no group",
       {1, 8, 7, false},
       false,
       {{"track 1", "+empty-caches 1 8 7 level 1"},
        {"track 1", "+smaller-bank 1 8 3 level 2"}}},
      {"without objects there is no bank",
       {1, 8, 7, false},
       true,
       {{"encode 1 0", "+empty-caches 1 8 7 level 1"},
        {"encode 1 0", "+skip-frame 1 8 7 level 1"}}},
      {"half of what was in use, not of what is allowed",
       {8, 8, 7, false},
       false,
       {{"encode 3 2", "+empty-caches 8 8 7 level 1"},
        {"encode 3 2", "+smaller-batch 1 8 7 level 2"},
        {"track 2", "+smaller-groups 1 1 7 level 3"}}},
      {"half of what is allowed, not of all objects",
       {1, 4, 7, false},
       false,
       {{"track 16", "+empty-caches 1 4 7 level 1"},
        {"track 16", "+smaller-groups 1 2 7 level 2"}}},
      {"up again in reverse",
       {2, 2, 3, false},
       true,
       {{"encode 2 2", "+empty-caches 2 2 3 level 1"},
        {"encode 2 2", "+smaller-batch 1 2 3 level 2"},
        {"track 2", "+smaller-groups 1 1 3 level 3"},
        {"track 2", "+spill-bank 1 1 3 spilled level 4"},
        {"track 2", "+smaller-bank 1 1 1 spilled level 5"},
        {"good 100", "-smaller-bank 1 1 3 spilled level 4"},
        {"good 100", "-spill-bank 1 1 3 level 3"},
        {"good 100", "-smaller-groups 1 2 3 level 2"},
        {"good 100", "-smaller-batch 2 2 3 level 1"},
        {"good 100", "-empty-caches 2 2 3 level 0"},
        {"good 1000", ""},
        {"encode 2 2", "+empty-caches 2 2 3 level 1"}}},
      {"good frames count in a row",
       {1, 2, 7, false},
       false,
       {{"track 2", "+empty-caches 1 2 7 level 1"},
        {"good 99", ""},
        {"track 2", "+smaller-groups 1 1 7 level 2"},
        {"good 99", ""},
        {"good 1", "-smaller-groups 1 2 7 level 1"}}},
      {"a skipped frame is none of them",
       {1, 1, 1, false},
       false,
       {{"track 2", "+empty-caches 1 1 1 level 1"},
        {"good 99", ""},
        {"track 2", "+skip-frame 1 1 1 level 1"},
        {"good 99", ""},
        {"good 1", "-empty-caches 1 1 1 level 0"}}},
      {"an undo that was too early makes the next one wait",
       {1, 4, 7, false},
       false,
       std::vector<Event>{{"track 4", "+empty-caches 1 4 7 level 1"},
                          {"track 4", "+smaller-groups 1 2 7 level 2"},
                          {"good 100", "-smaller-groups 1 4 7 level 1"},
                          {"good 99", ""},
                          {"track 4", "+smaller-groups 1 2 7 level 2 again"},
                          {"good 200", "-smaller-groups 1 4 7 level 1"},
                          {"good 199", ""},
                          {"track 4", "+smaller-groups 1 2 7 level 2 again"},
                          {"good 400", "-smaller-groups 1 4 7 level 1"}} +
           // One that holds ends that.
           std::vector<Event>{{"good 400", "-empty-caches 1 4 7 level 0"},
                              {"good 50", ""},
                              {"track 4", "+empty-caches 1 4 7 level 1 again"},
                              {"good 200", "-empty-caches 1 4 7 level 0"},
                              {"good 200", ""},
                              {"track 4", "+empty-caches 1 4 7 level 1"},
                              {"good 100", "-empty-caches 1 4 7 level 0"}}},
      {"a step is news again when memory has been enough for a while",
       {1, 1, 1, false},
       false,
       {{"skip", "+skip-frame 1 1 1 level 0"},
        {"good 99", ""},
        {"skip", "+skip-frame 1 1 1 level 0 again"},
        {"good 100", ""},
        {"skip", "+skip-frame 1 1 1 level 0"}}},
      {"the warning threshold ends caching, once",
       {4, 8, 7, false},
       false,
       {{"warning", "+empty-caches 4 8 7 level 1"},
        {"warning", ""},
        {"encode 4 3", "+smaller-batch 2 8 7 level 2"}}},
      {"under pressure there is no way up",
       {4, 8, 7, false},
       false,
       {{"warning", "+empty-caches 4 8 7 level 1"},
        {"good 500", ""},
        {"normal", ""},
        {"good 99", ""},
        {"warning", ""},
        {"normal", ""},
        {"good 99", ""},
        {"good 1", "-empty-caches 4 8 7 level 0"}}},
      {"one step on entering the critical range, the next 10 frames later",
       {4, 2, 3, false},
       false,
       {{"critical", "+empty-caches 4 2 3 level 1"},
        {"critical", ""},
        {"critical", ""},
        {"critical", ""},
        {"critical", ""},
        {"critical", ""},
        {"critical", ""},
        {"critical", ""},
        {"critical", ""},
        {"critical", ""},
        {"critical", "+smaller-batch 2 2 3 level 2"},
        {"critical", ""},
        {"warning", ""},
        {"critical", "+smaller-batch 1 2 3 level 3 again"},
        {"normal", ""},
        {"critical", "+smaller-groups 1 1 3 level 4"},
        {"normal", ""},
        {"critical", "+smaller-bank 1 1 1 level 5"},
        {"normal", ""},
        // The last one is not for it: the frame can be tracked.
        {"critical", ""}}},
      {"full memory leaves critical pressure its time",
       {4, 2, 3, false},
       false,
       {{"critical", "+empty-caches 4 2 3 level 1"},
        {"encode 4 3", "+smaller-batch 2 2 3 level 2"},
        {"critical", ""}}},
  };
  return all;
}

START_TEST(test_ladder_goes_as_the_story_says) { check(stories()[_i]); }
END_TEST

START_TEST(test_waiting_for_an_undo_has_an_end) {
  DegradationLadder ladder({1, 1, 1, false}, false);
  for (int i = 0; i < 20; ++i) {
    ladder.run_out({0, 1, 1});
    for (int frame = 1; frame < DegradationLadder::kMostGoodFrames; ++frame)
      if (ladder.good_frame()) break;
    ladder.good_frame();
    ck_assert_int_eq(ladder.level(), 0);
  }
}
END_TEST

START_TEST(test_steps_are_counted_whether_undone_or_not) {
  DegradationLadder ladder({4, 1, 1, false}, false);
  for (int i = 0; i < 5; ++i) ladder.run_out({4, 0, 1});
  after_good_frames(ladder, 1000);
  ladder.run_out({4, 0, 1});
  ck_assert_int_eq(ladder.count(DegradationStep::kEmptyCaches), 1);
  ck_assert_int_eq(ladder.count(DegradationStep::kSmallerBatch), 3);
  ck_assert_int_eq(ladder.count(DegradationStep::kSmallerGroups), 0);
  ck_assert_int_eq(ladder.count(DegradationStep::kSkipFrame), 2);
}
END_TEST

START_TEST(test_a_bank_that_finds_no_room_on_the_host_stays_on_the_device) {
  DegradationLadder ladder({1, 1, 7, false}, true);
  ladder.run_out({0, 1, 1});
  ladder.take_back(ladder.run_out({0, 1, 1}));
  ck_assert(!ladder.allowance().spills_bank);
  ck_assert_int_eq(ladder.level(), 1);
  ck_assert_int_eq(ladder.count(DegradationStep::kSpillBank), 0);
  assert_texts_equal(text(ladder.run_out({0, 1, 1})),
                     "+smaller-bank 1 1 3 level 2");
}
END_TEST

START_TEST(test_an_undo_that_finds_no_room_is_tried_again_later) {
  DegradationLadder ladder({1, 1, 7, false}, true);
  ladder.run_out({0, 1, 1});
  ladder.run_out({0, 1, 1});
  for (int i = 1; i < 100; ++i) ladder.good_frame();
  ladder.take_back(*ladder.good_frame());
  ck_assert(ladder.allowance().spills_bank);
  ck_assert_int_eq(ladder.level(), 2);
  ck_assert_int_eq(ladder.count(DegradationStep::kSpillBank), 1);
  assert_texts_equal(after_good_frames(ladder, 200),
                     "-spill-bank 1 1 7 level 1");
}
END_TEST

START_TEST(test_nothing_is_cached_above_the_warning_threshold) {
  DegradationLadder ladder({}, false);
  ck_assert(ladder.may_cache());
  for (PressureLevel level :
       {PressureLevel::kWarning, PressureLevel::kCritical}) {
    ladder.press(level, {});
    ck_assert(!ladder.may_cache());
    ladder.press(PressureLevel::kNormal, {});
    ck_assert(ladder.may_cache());
  }
  // Emptied once, and used again: memory that ran out says nothing of the next
  // frame.
  ladder.run_out({});
  ck_assert(ladder.may_cache());
}
END_TEST

START_TEST(test_rows_are_in_the_order_of_the_steps) {
  for (size_t i = 0; i < degradation_rows().size(); ++i)
    ck_assert_uint_eq(static_cast<size_t>(degradation_rows()[i].step), i);
}
END_TEST

START_TEST(test_texts_say_why_what_and_what_to_do) {
  DegradationLadder ladder({2, 2, 7, false}, true);
  const std::string remedy =
      " Raise memory-limit, or lower max-objects or input-size.";
  assert_texts_equal(ladder.press(PressureLevel::kWarning, {})->text,
                     "Memory is above the warning threshold. What was kept for "
                     "later frames is given back." +
                         remedy);
  assert_texts_equal(ladder.press(PressureLevel::kCritical, {2, 2, 2})->text,
                     "Memory is above the critical threshold. 1 frame is "
                     "encoded at a time." +
                         remedy);
  assert_texts_equal(ladder.run_out({0, 2, 2}).text,
                     "Memory is full. 1 object is tracked at a time." + remedy);
  assert_texts_equal(ladder.run_out({0, 2, 2}).text,
                     "Memory is full. The objects' memories lie in host "
                     "memory." +
                         remedy);
  assert_texts_equal(ladder.run_out({0, 2, 2}).text,
                     "Memory is full. Objects are remembered by 3 frames, "
                     "which changes masks." +
                         remedy);
  ladder.run_out({0, 2, 2});
  assert_texts_equal(ladder.run_out({0, 2, 2}).text,
                     "Memory is full. The frame is not tracked: objects coast "
                     "over it." +
                         remedy);
}
END_TEST

START_TEST(test_texts_of_undone_steps_say_what_holds_again) {
  DegradationLadder ladder({2, 1, 3, false}, true);
  for (int i = 0; i < 4; ++i) ladder.run_out({2, 0, 2});
  const auto next_text = [&] {
    for (int frame = 1; frame < DegradationLadder::kGoodFrames; ++frame)
      ladder.good_frame();
    return ladder.good_frame()->text;
  };
  assert_texts_equal(next_text(),
                     "Memory is free again. Objects are remembered by 3 "
                     "frames.");
  assert_texts_equal(next_text(),
                     "Memory is free again. The objects' memories go back to "
                     "the device.");
  assert_texts_equal(next_text(),
                     "Memory is free again. 2 frames are encoded at a time.");
  assert_texts_equal(next_text(),
                     "Memory is free again. Memory is kept for later frames as "
                     "before.");
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("degradation_ladder");
  tcase_add_loop_test(tests, test_ladder_goes_as_the_story_says, 0,
                      static_cast<int>(stories().size()));
  tcase_add_test(tests, test_waiting_for_an_undo_has_an_end);
  tcase_add_test(tests, test_steps_are_counted_whether_undone_or_not);
  tcase_add_test(
      tests, test_a_bank_that_finds_no_room_on_the_host_stays_on_the_device);
  tcase_add_test(tests, test_an_undo_that_finds_no_room_is_tried_again_later);
  tcase_add_test(tests, test_nothing_is_cached_above_the_warning_threshold);
  tcase_add_test(tests, test_rows_are_in_the_order_of_the_steps);
  tcase_add_test(tests, test_texts_say_why_what_and_what_to_do);
  tcase_add_test(tests, test_texts_of_undone_steps_say_what_holds_again);
  return run_case("track", tests);
}
