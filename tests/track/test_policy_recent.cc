// The reference's choice of memories and pointers, as a table of cases.
#include "track/selection_policy.h"
#include "track/selection_text.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

struct Case {
  const char *name;
  BankRecords records;
  SelectionRequest request;
  const char *memories;
  const char *pointers;
};

BankRecords bank(const std::vector<int64_t> &conditioning,
                 const std::vector<FrameRecord> &tracked) {
  return {frames(conditioning), tracked, tracked};
}

SelectionRequest at_frame(int64_t frame) { return {frame}; }
SelectionRequest backwards(int64_t frame) { return {frame, true}; }
SelectionRequest with_stride(SelectionRequest request, int stride) {
  request.memory_stride = stride;
  return request;
}
SelectionRequest with_max_cond(int64_t frame, int max_cond_frames) {
  SelectionRequest request{frame};
  request.max_cond_frames = max_cond_frames;
  return request;
}
SelectionRequest with_counts(int64_t frame, int num_maskmem, int max_obj_ptrs) {
  SelectionRequest request{frame};
  request.num_maskmem = num_maskmem;
  request.max_obj_ptrs = max_obj_ptrs;
  return request;
}

const std::vector<Case> &forward_cases() {
  static const std::vector<Case> cases = {
      {"nothing remembered", {}, at_frame(5), "", ""},
      {"the frame after the prompt", bank({0}, {}), at_frame(1), "c0:6",
       "c0@1"},
      {"three frames in", bank({0}, frame_range(1, 2)), at_frame(3),
       "c0:6 t1:1 t2:0", "c0@3 t2@1 t1@2"},
      {"steady state", bank({0}, frame_range(1, 19)), at_frame(20),
       "c0:6 t14:5 t15:4 t16:3 t17:2 t18:1 t19:0",
       "c0@20 t19@1 t18@2 t17@3 t16@4 t15@5 t14@6 t13@7 t12@8 t11@9 t10@10 "
       "t9@11 t8@12 t7@13 t6@14 t5@15"},
      {"later frames than the asked one are left out",
       bank({0}, frame_range(1, 12)), at_frame(4), "c0:6 t1:2 t2:1 t3:0",
       "c0@4 t3@1 t2@2 t1@3"},
      {"a gap in the window is skipped", bank({0}, frames({4, 6})), at_frame(7),
       "c0:6 t4:2 t6:0", "c0@7 t6@1 t4@3"},
      {"a conditioning frame in the window is not repeated",
       bank({3}, frames({1, 2, 4, 5})), at_frame(6), "c3:6 t1:4 t2:3 t4:1 t5:0",
       "c3@3 t5@1 t4@2 t2@4 t1@5"},
      {"a future conditioning frame gives a memory and no pointer",
       bank({0, 8}, frame_range(1, 4)), at_frame(5),
       "c0:6 c8:6 t1:3 t2:2 t3:1 t4:0", "c0@5 t4@1 t3@2 t2@3 t1@4"},
      {"only future conditioning frames", bank({9, 12}, {}), at_frame(4),
       "c9:6 c12:6", ""},
      {"the frame itself is conditioning: its pointer is 0 back", bank({6}, {}),
       at_frame(6), "c6:6", "c6@0"},
      {"no conditioning frame", bank({}, frame_range(1, 3)), at_frame(4),
       "t1:2 t2:1 t3:0", "t3@1 t2@2 t1@3"},
      {"the conditioning memory alone", bank({0}, frame_range(1, 9)),
       with_counts(10, 1, 2), "c0:0", "c0@10 t9@1"},
      {"fewer memories, fewer pointers", bank({0}, frame_range(1, 9)),
       with_counts(10, 3, 4), "c0:2 t8:1 t9:0", "c0@10 t9@1 t8@2 t7@3"},
  };
  return cases;
}

const std::vector<Case> &stride_cases() {
  static const std::vector<Case> cases = {
      {"stride 2, odd frame", bank({0}, frame_range(1, 10)),
       with_stride(at_frame(11), 2), "c0:6 t2:4 t4:3 t6:2 t8:1 t10:0",
       "c0@11 t10@1 t9@2 t8@3 t7@4 t6@5 t5@6 t4@7 t3@8 t2@9 t1@10"},
      {"stride 2, even frame", bank({0}, frame_range(1, 9)),
       with_stride(at_frame(10), 2), "c0:6 t2:4 t4:3 t6:2 t8:1 t9:0",
       "c0@10 t9@1 t8@2 t7@3 t6@4 t5@5 t4@6 t3@7 t2@8 t1@9"},
      {"stride 3", bank({0}, frame_range(1, 19)), with_stride(at_frame(20), 3),
       "c0:6 t6:5 t9:4 t12:3 t15:2 t18:1 t19:0",
       "c0@20 t19@1 t18@2 t17@3 t16@4 t15@5 t14@6 t13@7 t12@8 t11@9 t10@10 "
       "t9@11 t8@12 t7@13 t6@14 t5@15"},
      {"stride 2, second frame", bank({0}, {}), with_stride(at_frame(1), 2),
       "c0:6", "c0@1"},
      {"reverse", bank({17}, frame_range(10, 16)), backwards(9),
       "c17:6 t15:5 t14:4 t13:3 t12:2 t11:1 t10:0",
       "c17@8 t10@1 t11@2 t12@3 t13@4 t14@5 t15@6 t16@7"},
      {"reverse: an earlier conditioning frame lies ahead",
       bank({2, 12}, frame_range(10, 11)), backwards(9),
       "c2:6 c12:6 t11:1 t10:0", "c12@3 t10@1 t11@2"},
      {"reverse, stride 2", bank({17}, frame_range(10, 16)),
       with_stride(backwards(9), 2), "c17:6 t16:3 t14:2 t12:1 t10:0",
       "c17@8 t10@1 t11@2 t12@3 t13@4 t14@5 t15@6 t16@7"},
      {"reverse, stride 2, even frame", bank({17}, frame_range(9, 16)),
       with_stride(backwards(8), 2), "c17:6 t16:4 t14:3 t12:2 t10:1 t9:0",
       "c17@9 t9@1 t10@2 t11@3 t12@4 t13@5 t14@6 t15@7 t16@8"},
  };
  return cases;
}

const std::vector<Case> &max_cond_cases() {
  static const std::vector<Case> cases = {
      {"as many as allowed stay in the order of their prompts",
       bank({8, 0, 12}, {}), with_max_cond(9, 3), "c8:6 c0:6 c12:6",
       "c8@1 c0@9"},
      {"the nearest before comes first, then the nearest after",
       bank({0, 4, 8, 12, 16}, {}), with_max_cond(10, 2), "c8:6 c12:6 c4:5",
       "c8@2 c4@6 c0@10"},
      {"the nearest after may be the frame itself", bank({2, 5, 9}, {}),
       with_max_cond(5, 2), "c2:6 c5:6", "c2@3 c5@0"},
      {"then the rest by distance", bank({0, 4, 8, 12, 40}, {}),
       with_max_cond(9, 4), "c8:6 c12:6 c4:6 c0:6", "c8@1 c4@5 c0@9"},
      {"equal distances: the earlier prompt wins", bank({20, 0, 8, 12}, {}),
       with_max_cond(10, 3), "c8:6 c12:6 c20:6", "c8@2 c0@10"},
      {"equal distances: the earlier prompt wins, other order",
       bank({0, 20, 8, 12}, {}), with_max_cond(10, 3), "c8:6 c12:6 c0:6",
       "c8@2 c0@10"},
      {"none before: all from after", bank({14, 11, 30}, {}),
       with_max_cond(9, 2), "c11:6 c14:6", ""},
      {"one: the nearest before, although another is nearer", bank({0, 10}, {}),
       with_max_cond(9, 1), "c0:6", "c0@9"},
      {"an unselected conditioning frame in the window is used as a memory",
       bank({0, 4, 8, 12}, frames({3, 5, 6, 7})), with_max_cond(9, 2),
       "c8:6 c12:6 t3:5 c4:4 t5:3 t6:2 t7:1",
       "c8@1 t7@2 t6@3 t5@4 c4@5 t3@6 c0@9"},
      {"0 and less mean all", bank({0, 4, 8, 12, 16}, {}), with_max_cond(9, 0),
       "c0:6 c4:6 c8:6 c12:6 c16:6", "c0@9 c4@5 c8@1"},
  };
  return cases;
}

void check(const Case &expected) {
  const Selection found = select_recent(expected.records, expected.request);
  ck_assert_msg(memory_text(found) == expected.memories,
                "%s: memories are \"%s\", not \"%s\"", expected.name,
                memory_text(found).c_str(), expected.memories);
  ck_assert_msg(pointer_text(found) == expected.pointers,
                "%s: pointers are \"%s\", not \"%s\"", expected.name,
                pointer_text(found).c_str(), expected.pointers);
}

START_TEST(test_forward_tracking_attends_to_prompts_and_latest_frames) {
  check(forward_cases()[_i]);
}
END_TEST

START_TEST(test_stride_and_direction_place_the_window) {
  check(stride_cases()[_i]);
}
END_TEST

START_TEST(test_max_cond_frames_chooses_the_nearest_prompts) {
  check(max_cond_cases()[_i]);
}
END_TEST

START_TEST(test_order_of_tracked_records_does_not_matter) {
  std::vector<FrameRecord> shuffled = frames({5, 2, 4, 1, 3});
  const Selection found =
      select_recent(bank({0}, shuffled), SelectionRequest{6});
  assert_texts_equal(memory_text(found), "c0:6 t1:4 t2:3 t3:2 t4:1 t5:0");
}
END_TEST

START_TEST(test_memories_and_pointers_come_from_their_own_records) {
  const BankRecords records = {frames({0}), frame_range(8, 9),
                               frame_range(5, 9)};
  const Selection found = select_recent(records, SelectionRequest{10});
  assert_texts_equal(memory_text(found), "c0:6 t8:1 t9:0");
  assert_texts_equal(pointer_text(found), "c0@10 t9@1 t8@2 t7@3 t6@4 t5@5");
}
END_TEST

int size(const std::vector<Case> &cases) {
  return static_cast<int>(cases.size());
}

}  // namespace

int main() {
  TCase *tests = tcase_create("policy_recent");
  tcase_add_loop_test(
      tests, test_forward_tracking_attends_to_prompts_and_latest_frames, 0,
      size(forward_cases()));
  tcase_add_loop_test(tests, test_stride_and_direction_place_the_window, 0,
                      size(stride_cases()));
  tcase_add_loop_test(tests, test_max_cond_frames_chooses_the_nearest_prompts,
                      0, size(max_cond_cases()));
  tcase_add_test(tests, test_order_of_tracked_records_does_not_matter);
  tcase_add_test(tests, test_memories_and_pointers_come_from_their_own_records);
  return run_case("track", tests);
}
