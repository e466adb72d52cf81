// sam2track when memory runs out in the real tracker library: what comes out,
// what is said, and how it ends. Every test is a process of its own (Check
// forks).
#include <algorithm>
#include <optional>

#include "real_run.h"

namespace {

using sam2::inject;
using sam2::RealRun;
using sam2::SeenObjects;
using sam2::Texts;

constexpr int kObjects = 2;
constexpr int kFrames = 6;

size_t count_of(const Texts &said, const std::string &text) {
  return static_cast<size_t>(std::count(said.begin(), said.end(), text));
}

bool begins(const std::string &text, const std::string &start) {
  return text.rfind(start, 0) == 0;
}

// Messages as docs/degradation.md says: each step is told, the first of its
// kind with a warning, and nothing is an error.
void assert_told_well(const Texts &said) {
  Texts known;
  for (size_t i = 0; i < said.size(); ++i) {
    fail_unless(said[i] != "error");
    if (!begins(said[i], "+")) continue;
    const std::string name = said[i].substr(1, said[i].find(' ') - 1);
    const bool is_new = count_of(known, name) == 0;
    known.push_back(name);
    const bool is_warned = i + 1 < said.size() && said[i + 1] == "warning";
    fail_unless(is_new == is_warned, "%s", said[i].c_str());
  }
}

bool is_coasted(const SeenObjects &objects) {
  return std::any_of(objects.begin(), objects.end(),
                     [](const auto &object) { return object.is_coasted; });
}

// The masks of a run that nothing disturbs.
std::vector<SeenObjects> undisturbed(int frames, int seed = 0) {
  RealRun run("", seed);
  run.add_objects(1, kObjects);
  return run.push_and_pull(frames);
}

// Whether the allocation was one of the run's.
bool is_survived(size_t allocation, const std::vector<SeenObjects> &wanted) {
  RealRun run("");
  run.add_objects(1, kObjects);
  inject({allocation, false, 0});
  const auto found = run.push_and_pull(kFrames);
  inject({});
  const Texts said = sam2::said_on(run.bus());
  fail_unless(found == wanted, "allocation %zu", allocation);
  if (!said.empty()) sam2::expect(said, {"+empty-caches 1", "warning"});
  return !said.empty();
}

// The library's own test fails each of them (test_out_of_memory.cc).
GST_START_TEST(test_one_allocation_that_fails_changes_no_mask) {
  constexpr size_t kOften = 499;
  const auto wanted = undisturbed(kFrames);
  size_t allocation = 1;
  while (is_survived(allocation, wanted)) allocation += kOften;
  fail_unless(allocation > 4 * kOften);
}
GST_END_TEST

// Banks are full by then, of pointers too.
constexpr int kUntilFull = 18;

// A run that has so many eighths of what tracking takes for a moment.
struct Squeezed {
  explicit Squeezed(int eighths) : run("") {
    run.add_objects(1, kObjects);
    run.push_and_pull(kUntilFull);
    const size_t in_use = run.stat("memory-in-use");
    const size_t peak = run.stat("memory-peak");
    inject({0, false, in_use + (peak - in_use) * eighths / 8});
    frames = run.push_and_pull(3);
    inject({});
    said = sam2::said_on(run.bus());
  }
  bool has(const std::string &step) const {
    return std::any_of(said.begin(), said.end(), [&](const auto &text) {
      return begins(text, "+" + step + " ");
    });
  }
  RealRun run;
  std::vector<SeenObjects> frames;
  Texts said;
};

void assert_coasted_or_same(const Squeezed &squeezed,
                            const std::vector<SeenObjects> &wanted) {
  const bool may_change = squeezed.has("smaller-bank");
  for (size_t i = 0; i < squeezed.frames.size(); ++i) {
    const SeenObjects &objects = squeezed.frames[i];
    fail_unless_equals_int(objects.size(), kObjects);
    fail_unless(is_coasted(objects) == squeezed.has("skip-frame"));
    fail_unless(may_change || objects == wanted[kUntilFull + i]);
  }
}

GST_START_TEST(test_with_less_room_more_steps_are_taken_and_frames_come_out) {
  const auto wanted = undisturbed(kUntilFull + 3);
  for (const int eighths : {0, 6, 8}) {
    const Squeezed squeezed(eighths);
    assert_told_well(squeezed.said);
    assert_coasted_or_same(squeezed, wanted);
    fail_unless(squeezed.has("smaller-groups") == (eighths == 6));
    fail_unless(squeezed.has("smaller-bank") == (eighths == 0));
    fail_unless(squeezed.has("skip-frame") == (eighths == 0));
    fail_unless(squeezed.has("empty-caches") == (eighths < 8));
  }
}
GST_END_TEST

GST_START_TEST(test_steps_are_undone_in_reverse_when_there_is_room_again) {
  Squeezed squeezed(6);
  sam2::expect(squeezed.said,
               {"+empty-caches 1", "warning", "+smaller-groups 2", "warning"});
  squeezed.run.push_and_pull(200);
  sam2::expect(sam2::said_on(squeezed.run.bus()),
               {"-smaller-groups 1", "-empty-caches 0"});
  fail_unless_equals_uint64(squeezed.run.stat("degradation-level"), 0);
}
GST_END_TEST

GST_START_TEST(test_a_batch_without_room_is_encoded_in_parts) {
  RealRun run("batch-size=4 batch-timeout=10000000000");
  run.add_objects(1, 1);
  const auto push_four = [&] {
    for (int i = 0; i < 4; ++i) run.push();
    return run.pull(4);
  };
  push_four();
  const size_t in_use = run.stat("memory-in-use");
  const size_t peak = run.stat("memory-peak");
  inject({0, false, in_use + (peak - in_use) * 3 / 4});
  const auto frames = push_four();
  inject({});
  for (const SeenObjects &objects : frames)
    fail_unless(objects.size() == 1 && !is_coasted(objects));
  sam2::expect(sam2::said_on(run.bus()),
               {"+empty-caches 1", "warning", "+smaller-batch 2", "warning"});
}
GST_END_TEST

GST_START_TEST(test_frames_coast_while_nothing_can_be_allocated) {
  RealRun run("");
  run.add_objects(1, kObjects);
  run.push_and_pull(2);
  inject({1, true, 0});
  for (int i = 0; i < 3; ++i) {
    const SeenObjects objects = run.push_and_pull();
    fail_unless(objects.empty() || is_coasted(objects));
  }
  inject({});
  const SeenObjects after = run.push_and_pull();
  fail_unless_equals_int(after.size(), kObjects);
  fail_unless(!is_coasted(after));
  fail_unless_equals_uint64(run.stat("frames-coasted"), 3);
  assert_told_well(sam2::said_on(run.bus()));
}
GST_END_TEST

GST_START_TEST(test_drop_frames_coasts_and_takes_no_other_step) {
  RealRun run("oom-policy=drop-frames");
  run.add_objects(1, kObjects);
  run.push_and_pull(2);
  inject({1, false, 0});
  fail_unless(is_coasted(run.push_and_pull()));
  fail_unless(!is_coasted(run.push_and_pull()));
  inject({});
  sam2::expect(sam2::said_on(run.bus()), {"+skip-frame 0 changes", "warning"});
}
GST_END_TEST

GST_START_TEST(test_error_ends_the_stream) {
  RealRun run("oom-policy=error");
  run.add_objects(1, kObjects);
  run.push_and_pull(2);
  inject({1, false, 0});
  run.push();
  ASSERT_ONE_ERROR(sam2::awaited_errors(run.bus()), GST_RESOURCE_ERROR,
                   GST_RESOURCE_ERROR_NO_SPACE_LEFT,
                   "Memory is full. Lower input-size, track fewer objects, "
                   "choose a smaller model, or raise memory-limit or "
                   "memory-fraction.");
  inject({});
}
GST_END_TEST

// ---- several elements with one set of weights ----

GST_START_TEST(test_one_without_memory_leaves_the_masks_of_the_other) {
  const auto wanted = undisturbed(8, 1);
  RealRun poor(""), rich("", 1);
  poor.add_objects(1, kObjects);
  rich.add_objects(1, kObjects);
  int coasted = 0;
  for (const SeenObjects &objects : wanted) {
    inject({0, false, 1});
    const SeenObjects frame = poor.push_and_pull();
    coasted += frame.empty() || is_coasted(frame);
    inject({});
    fail_unless(rich.push_and_pull() == objects);
  }
  fail_unless_equals_int(coasted, 8);
  sam2::expect(sam2::said_on(rich.bus()), {});
}
GST_END_TEST

// Enough for one element with so many objects, as foreseen and as measured.
size_t enough_for(int objects) {
  sam2::MemoryDemand demand;
  demand.objects = objects;
  demand.frame_size = sam2::kRealFrame;
  const auto engine = sam2::engine_api().open(sam2::real_model());
  const size_t foreseen = engine->prepare(demand).peak_bytes;
  RealRun run("max-objects=" + std::to_string(objects));
  run.add_objects(1, objects);
  run.push_and_pull(8);
  return std::max<size_t>(foreseen, run.stat("memory-peak"));
}

// Each one fits alone, and at the start nobody has objects.
GST_START_TEST(test_two_that_fit_alone_share_a_limit_that_holds_one) {
  constexpr int kMany = 6;
  const size_t limit = enough_for(kMany);
  const std::string properties = "max-objects=" + std::to_string(kMany) +
                                 " memory-limit=" + std::to_string(limit);
  RealRun one(properties);
  std::optional<RealRun> other(std::in_place, properties, 1);
  one.add_objects(1, kMany);
  for (const SeenObjects &objects : one.push_and_pull(3))
    fail_unless(objects.size() == kMany && !is_coasted(objects));
  sam2::expect(sam2::said_on(one.bus()), {});
  other->add_objects(1, kMany);
  for (int i = 0; i < 3; ++i) {
    other->push_and_pull();
    fail_unless_equals_int(one.push_and_pull().size(), kMany);
    fail_unless(one.stat("memory-in-use") <= limit);
  }
  const Texts said = sam2::said_on(one.bus());
  assert_told_well(said);
  fail_unless(!said.empty());
  assert_told_well(sam2::said_on(other->bus()));
  other.reset();
  fail_unless(!is_coasted(one.push_and_pull()));
}
GST_END_TEST

// ---- a limit that is near ----

// In use with so many objects that are remembered by all frames there can be.
size_t bytes_in_use(int objects) {
  RealRun run("");
  run.add_objects(1, objects);
  run.push_and_pull(kUntilFull);
  return run.stat("memory-in-use");
}

GST_START_TEST(
    test_steps_are_taken_when_objects_that_come_later_pass_the_threshold) {
  constexpr int kMany = 6;
  const size_t few = bytes_in_use(1), many = bytes_in_use(kMany);
  const size_t limit = 2 * many;
  const std::string threshold = std::to_string((few + many) / 2.0 / limit);
  RealRun run("memory-limit=" + std::to_string(limit) +
              " memory-warning-threshold=" + threshold +
              " memory-critical-threshold=" + threshold);
  run.add_objects(1, 1);
  run.push_and_pull(2);
  sam2::expect(sam2::said_on(run.bus()), {});
  run.add_objects(2, kMany);
  for (const SeenObjects &objects : run.push_and_pull(17))
    fail_unless(objects.size() == kMany && !is_coasted(objects));
  sam2::expect(sam2::said_on(run.bus()),
               {"+empty-caches 1", "warning", "+smaller-groups 2", "warning"});
}
GST_END_TEST

Suite *real_out_of_memory_suite() {
  Suite *suite = suite_create("real_out_of_memory");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_one_allocation_that_fails_changes_no_mask);
  tcase_add_test(cases,
                 test_with_less_room_more_steps_are_taken_and_frames_come_out);
  tcase_add_test(cases,
                 test_steps_are_undone_in_reverse_when_there_is_room_again);
  tcase_add_test(cases, test_a_batch_without_room_is_encoded_in_parts);
  tcase_add_test(cases, test_frames_coast_while_nothing_can_be_allocated);
  tcase_add_test(cases, test_drop_frames_coasts_and_takes_no_other_step);
  tcase_add_test(cases, test_error_ends_the_stream);
  tcase_add_test(cases, test_one_without_memory_leaves_the_masks_of_the_other);
  tcase_add_test(cases, test_two_that_fit_alone_share_a_limit_that_holds_one);
  tcase_add_test(
      cases,
      test_steps_are_taken_when_objects_that_come_later_pass_the_threshold);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(real_out_of_memory)
