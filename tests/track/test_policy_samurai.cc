// The choice of good memories, as a table of cases.
#include <algorithm>

#include "track/frame_ring.h"
#include "track/selection_policy.h"
#include "track/selection_text.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

constexpr FrameScores kGood = {0.9, 2.0, std::nullopt};
constexpr FrameScores kBad = {0.3, 2.0, std::nullopt};

std::vector<int64_t> frames_between(int64_t first, int64_t last) {
  std::vector<int64_t> numbers;
  for (int64_t frame = first; frame <= last; ++frame) numbers.push_back(frame);
  return numbers;
}

struct Case {
  const char *name;
  BankRecords records;
  SelectionRequest request;
  const char *memories;
};

// Frames `first` to `last`, good but for those in `bad`.
std::vector<FrameRecord> tracked(int64_t first, int64_t last,
                                 const std::vector<int64_t> &bad = {}) {
  std::vector<FrameRecord> records;
  for (int64_t frame = first; frame <= last; ++frame)
    records.push_back(
        {frame, std::count(bad.begin(), bad.end(), frame) ? kBad : kGood});
  return records;
}

BankRecords bank(const std::vector<int64_t> &conditioning,
                 const std::vector<FrameRecord> &memories) {
  return {frames(conditioning), memories, memories};
}

SelectionRequest at_frame(int64_t frame, int64_t first_frame = 0) {
  SelectionRequest request{frame};
  request.first_frame = first_frame;
  return request;
}
SelectionRequest backwards(int64_t frame, int64_t first_frame) {
  SelectionRequest request = at_frame(frame, first_frame);
  request.is_reverse = true;
  return request;
}
SelectionRequest with_memories(int64_t frame, int num_maskmem) {
  SelectionRequest request = at_frame(frame);
  request.num_maskmem = num_maskmem;
  return request;
}
SelectionRequest with_max_cond(int64_t frame, int max_cond_frames) {
  SelectionRequest request = at_frame(frame);
  request.max_cond_frames = max_cond_frames;
  return request;
}

const std::vector<Case> &cases() {
  static const std::vector<Case> all = {
      {"nothing remembered", {}, at_frame(5), ""},
      {"the frame after the prompt", bank({0}, {}), at_frame(1), "c0:6"},
      {"frame 1 counts as the neighbour", bank({0}, tracked(1, 1)), at_frame(2),
       "c0:6 t1:0"},
      {"frame 1 does not count as a good one", bank({0}, tracked(1, 2)),
       at_frame(3), "c0:6 t2:0"},
      {"frame 2 does", bank({0}, tracked(1, 3)), at_frame(4), "c0:6 t2:1 t3:0"},
      {"an object's frames count from its first prompt",
       bank({10}, tracked(11, 13)), at_frame(14, 10), "c10:6 t12:1 t13:0"},
      {"bad frames are passed over", bank({0}, tracked(1, 9, {3, 5, 6})),
       at_frame(10), "c0:6 t2:4 t4:3 t7:2 t8:1 t9:0"},
      {"a bad neighbour takes a place", bank({0}, tracked(1, 9, {9})),
       at_frame(10), "c0:6 t4:5 t5:4 t6:3 t7:2 t8:1 t9:0"},
      {"good frames however long ago",
       bank({0}, tracked(1, 99, frames_between(8, 98))), at_frame(100),
       "c0:6 t3:5 t4:4 t5:3 t6:2 t7:1 t99:0"},
      {"later frames are left out", bank({0}, tracked(1, 12)), at_frame(5),
       "c0:6 t2:2 t3:1 t4:0"},
      {"a conditioning neighbour takes no place", bank({0, 9}, tracked(1, 8)),
       at_frame(10), "c0:6 c9:6 t3:5 t4:4 t5:3 t6:2 t7:1 t8:0"},
      {"a conditioning neighbour that is not selected is the neighbour",
       bank({0, 7, 9}, tracked(1, 8, {2, 3, 4, 5, 7})), with_max_cond(10, 1),
       "c9:6 t6:1 t8:0"},
      {"fewer memories", bank({0}, tracked(1, 9)), with_memories(10, 3),
       "c0:2 t8:1 t9:0"},
      {"the conditioning memory alone", bank({0}, tracked(1, 9)),
       with_memories(10, 1), "c0:0"},
      {"in reverse the neighbour lies ahead",
       bank({20}, tracked(12, 19, {14, 12})), backwards(11, 20),
       "c20:6 t18:5 t17:4 t16:3 t15:2 t13:1 t12:0"},
  };
  return all;
}

START_TEST(test_memories_are_the_good_frames_and_the_neighbour) {
  const Case &c = cases()[_i];
  ck_assert_msg(memory_text(select_samurai(c.records, c.request)) == c.memories,
                "%s: %s", c.name,
                memory_text(select_samurai(c.records, c.request)).c_str());
}
END_TEST

START_TEST(test_pointers_are_those_of_recent) {
  for (const Case &c : cases())
    assert_texts_equal(pointer_text(select_samurai(c.records, c.request)),
                       pointer_text(select_recent(c.records, c.request)));
}
END_TEST

START_TEST(test_order_of_the_records_means_nothing) {
  for (const Case &c : cases()) {
    BankRecords turned = c.records;
    std::reverse(turned.memories.begin(), turned.memories.end());
    assert_texts_equal(memory_text(select_samurai(turned, c.request)),
                       c.memories);
  }
}
END_TEST

START_TEST(test_each_score_must_be_above_its_threshold) {
  SelectionRequest request = at_frame(9);
  request.thresholds = {0.5, 1.0, 0.25};
  const struct {
    FrameScores scores;
    bool is_qualified;
  } kCases[] = {
      {{0.6, 1.5, 0.5}, true},           {{0.5, 1.5, 0.5}, false},
      {{0.6, 1.0, 0.5}, false},          {{0.6, 1.5, 0.25}, false},
      {{0.501, 1.5, 0.5}, true},         {{0.6, 1.001, 0.5}, true},
      {{0.6, 1.5, 0.251}, true},         {{0.6, 1.5, std::nullopt}, true},
      {{0.5, 1.5, std::nullopt}, false},
  };
  for (const auto &c : kCases) {
    ck_assert_int_eq(is_qualified({5, c.scores}, request), c.is_qualified);
    ck_assert_int_eq(keeps_qualified({}, {5, c.scores}, request),
                     c.is_qualified);
  }
}
END_TEST

START_TEST(test_first_two_frames_of_an_object_are_never_good) {
  for (const int64_t first : {0, 30})
    for (const int64_t back : {0, 1, 2, 3})
      ck_assert_int_eq(is_qualified({first + back, kGood}, at_frame(99, first)),
                       back >= 2);
}
END_TEST

// Slots for the last frame and the latest good ones, against all frames.
START_TEST(test_slots_needed_hold_all_that_is_attended_to) {
  const std::string name = "samurai";
  const SelectionPolicy &policy = find_selection_policy(name);
  for (int num_maskmem : {1, 2, 3, 7}) {
    const MemoryNeeds needs = policy.needs(num_maskmem);
    ck_assert_int_eq(needs.recent + needs.kept, num_maskmem);
    FrameRing recent(needs.recent);
    KeptFrames kept(needs.kept);
    BankRecords everything = {frames({0}), {}, {}};
    for (int64_t frame = 1; frame < 300; ++frame) {
      SelectionRequest request = with_memories(frame, num_maskmem);
      BankRecords held = {frames({0}), recent.records(), {}};
      for (const FrameRecord &record : kept.records())
        if (recent.find(record.frame) < 0) held.memories.push_back(record);
      assert_texts_equal(memory_text(policy.select(held, request)),
                         memory_text(policy.select(everything, request)));
      // Good and bad in runs of many lengths.
      const FrameRecord record = {frame,
                                  frame * frame / 7 % 5 < _i ? kBad : kGood};
      recent.claim(frame, record.scores);
      if (policy.keeps(held, record, request)) kept.claim(frame, record.scores);
      everything.memories.push_back(record);
    }
  }
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("policy_samurai");
  tcase_add_loop_test(tests,
                      test_memories_are_the_good_frames_and_the_neighbour, 0,
                      static_cast<int>(cases().size()));
  tcase_add_test(tests, test_pointers_are_those_of_recent);
  tcase_add_test(tests, test_order_of_the_records_means_nothing);
  tcase_add_test(tests, test_each_score_must_be_above_its_threshold);
  tcase_add_test(tests, test_first_two_frames_of_an_object_are_never_good);
  tcase_add_loop_test(tests, test_slots_needed_hold_all_that_is_attended_to, 0,
                      6);
  return run_case("track", tests);
}
