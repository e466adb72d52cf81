// A tracker saved to a file goes on as if nothing had happened: in a fresh
// tracker of a fresh model, in another process, after any history.
#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/mean.h>
#include <c10/core/InferenceMode.h>
#include <glib.h>

#include <algorithm>
#include <cstring>

#include "io/safetensors.h"
#include "track/micro_clip.h"
#include "track/saved_tracker.h"
#include "track/selection_text.h"
#include "track/tracker.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

// Frames after which a state is saved: the prompts just given, rings half
// empty, rings (26 frames at most) written over.
constexpr int64_t kSavedAfter[] = {1, 7, 32};
constexpr int64_t kFramesOn = 9;
constexpr int64_t kLateStart = 3;
constexpr const char *kRestoreArgument = "--restore";
const std::string kOutput = TEST_OUTPUT_FOLDER "/test_tracker_state_";

TrackerOptions options_of(const std::string &policy) {
  TrackerOptions options;
  options.memory_policy = policy;
  // At which the drawn clip has good and bad frames.
  options.memory_thresholds = {0.885, 0.5, 0.5};
  options.motion = {3, 0.88, 0.5};
  return options;
}

TrackerOptions keeping_options() {
  TrackerOptions options = options_of("recent");
  options.corrections_are_conditioning = false;
  options.keeps_corrections = true;
  return options;
}

struct Case {
  const char *name;
  TrackerOptions options;
};

const std::vector<Case> &cases() {
  static const std::vector<Case> all = {
      {"recent", options_of("recent")},
      {"samurai", options_of("samurai")},
      {"distractor", options_of("distractor")},
      {"keeping", keeping_options()}};
  return all;
}

std::shared_ptr<const Sam2Model> fresh_model() {
  return generated_model(config_named("sam2.1-micro"), "small_adjust.json");
}

// Object 1 is seen, 2 comes later, 5 is lost from the first frame on.
void track_to(Tracker &tracker, int64_t end) {
  for (int64_t frame = 0; frame < end; ++frame) {
    const EncodedFrame &encoded = encoded_frame(frame);
    if (frame == 0) tracker.prompt(0, encoded, 1, click(132, 60));
    if (frame == 0) tracker.prompt(0, encoded, 5, empty_mask());
    if (frame == kLateStart) tracker.prompt(frame, encoded, 2, click(252, 180));
    tracker.track(frame, encoded);
    if (frame == kLateStart)
      tracker.prompt(frame, encoded, 1, click(90, 160, kNegative));
    if (frame == end - 1) tracker.prompt(frame, encoded, 1, click(140, 70));
  }
}

// The latest frame again, a correction of it, new frames, and at last the
// first prompt's answer.
std::vector<ObjectOutput> go_on(Tracker &tracker, int64_t first) {
  std::vector<ObjectOutput> outputs;
  const auto track = [&](int64_t frame) {
    for (const auto &o : tracker.track(frame, encoded_frame(frame)))
      outputs.push_back(o);
  };
  track(first - 1);
  outputs.push_back(
      tracker.prompt(first - 1, encoded_frame(first - 1), 5, click(200, 100)));
  for (int64_t frame = first; frame < first + kFramesOn; ++frame) track(frame);
  track(0);
  return outputs;
}

Tracker tracked(const TrackerOptions &options, int64_t end) {
  Tracker tracker(micro_model(), options);
  track_to(tracker, end);
  return tracker;
}

std::string path_of(const std::string &name) {
  return kOutput + name + ".safetensors";
}

// A state with all that there can be in one.
const std::string &plain_state() {
  static const std::string path = [] {
    save(tracked(options_of("samurai"), 32), path_of("plain"));
    return path_of("plain");
  }();
  return path;
}

std::vector<int> bits(const FrameScores &s) {
  std::vector<double> all = {s.predicted_iou, s.object_score,
                             s.kf_score.value_or(-1), s.area_px, s.rival_iou};
  std::vector<int> out(all.size() * 2);
  std::memcpy(out.data(), all.data(), all.size() * sizeof(double));
  return out;
}

// Equal to the bit.
bool is_same(const ObjectOutput &a, const ObjectOutput &b) {
  return a.object_id == b.object_id &&
         at::equal(a.masks.low_res_masks, b.masks.low_res_masks) &&
         at::equal(a.masks.obj_ptr, b.masks.obj_ptr) &&
         at::equal(a.masks.object_score, b.masks.object_score) &&
         at::equal(a.masks.chosen_iou, b.masks.chosen_iou) &&
         memory_text(a.selection) == memory_text(b.selection) &&
         pointer_text(a.selection) == pointer_text(b.selection) &&
         bits(a.scores) == bits(b.scores);
}

void assert_same(const std::vector<ObjectOutput> &found,
                 const std::vector<ObjectOutput> &wanted) {
  ck_assert_uint_eq(found.size(), wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i)
    ck_assert_msg(is_same(found[i], wanted[i]), "output %zu of object %d", i,
                  static_cast<int>(wanted[i].object_id));
}

std::string contents_of(const std::string &path) {
  return std::string(MappedFile::open(path)->bytes());
}

START_TEST(test_restored_tracker_goes_on_equal_to_the_bit) {
  const Case &chosen = cases()[_i % cases().size()];
  const int64_t end = kSavedAfter[_i / cases().size()];
  Tracker tracker = tracked(chosen.options, end);
  const std::string path = path_of(chosen.name);
  save(tracker, path);
  Tracker restored(fresh_model(), chosen.options);
  restore(restored, path);
  const auto wanted = go_on(tracker, end);
  assert_same(go_on(restored, end), wanted);
  ck_assert_int_eq(restored.bank_bytes(), tracker.bank_bytes());
}
END_TEST

START_TEST(test_saving_changes_nothing) {
  Tracker saved = tracked(options_of("samurai"), 7);
  save(saved, path_of("saving"));
  Tracker never_saved = tracked(options_of("samurai"), 7);
  assert_same(go_on(saved, 7), go_on(never_saved, 7));
}
END_TEST

START_TEST(test_state_has_all_kinds_of_contents) {
  const Tracker samurai = tracked(options_of("samurai"), 32);
  ck_assert(samurai.motion(1)->filter().has_value());
  save(tracked(keeping_options(), 7), path_of("contents"));
  const auto keeping = read_safetensors(path_of("contents")).tensors;
  ck_assert(keeping.count("objects.0.kept_corrections.0.low_res_masks"));
}
END_TEST

// The clip has no frame that a policy keeps, so here is a bank alone.
BankEntry entry_of(float value, bool is_kept) {
  BankEntry entry;
  entry.low_res_masks = at::full({1, 1, 4, 4}, value);
  entry.obj_ptr = at::full({1, 3}, value);
  entry.object_score = at::full({1, 1}, value);
  entry.chosen_iou = at::full({1, 1}, value);
  entry.memory = at::full({1, 5, 2}, value);
  entry.scores.area_px = value;
  entry.is_kept = is_kept;
  return entry;
}

MemoryBank small_bank() {
  BankLimits limits;
  limits.num_maskmem = 3;
  limits.kept_memories = 2;
  return MemoryBank(limits, 5, 2, 3, at::kBFloat16, at::kCPU);
}

void store_frames(MemoryBank &bank, int64_t first, int64_t end) {
  for (int64_t frame = first; frame < end; ++frame)
    bank.store_tracked(frame,
                       entry_of(static_cast<float>(frame), frame % 4 == 1));
}

// "13:13:13": frame, its area and a number of its memory.
std::string kept_text(const MemoryBank &bank) {
  std::string text;
  for (const FrameRecord &record : bank.records().memories) {
    if (!record.is_kept) continue;
    MemoryPick pick;
    pick.frame = record.frame;
    text += std::to_string(record.frame) + ":" +
            std::to_string(static_cast<int>(record.scores.area_px)) + ":" +
            std::to_string(bank.memory(pick).mean().to(at::kInt).item<int>()) +
            " ";
  }
  return text;
}

START_TEST(test_kept_memories_are_restored_with_their_turns) {
  const c10::InferenceMode guard;
  constexpr int64_t kMaskSide = 4;
  MemoryBank bank = small_bank();
  store_frames(bank, 0, 12);
  assert_texts_equal(kept_text(bank), "9:9:9 5:5:5 ");
  const std::string path = path_of("kept");
  write_state(path, {},
              [&](const StateScope &scope) { bank.visit(scope, kMaskSide); });
  MemoryBank restored = small_bank();
  read_state(path, {}, [&](const StateScope &scope) {
    restored.visit(scope, kMaskSide);
  });
  assert_texts_equal(kept_text(restored), "9:9:9 5:5:5 ");
  store_frames(restored, 12, 16);
  assert_texts_equal(kept_text(restored), "9:9:9 13:13:13 ");
}
END_TEST

START_TEST(test_same_state_is_the_same_file) {
  Tracker tracker = tracked(options_of("distractor"), 32);
  save(tracker, path_of("first"));
  save(tracker, path_of("second"));
  Tracker restored(fresh_model(), options_of("distractor"));
  restore(restored, path_of("first"));
  save(restored, path_of("third"));
  ck_assert(contents_of(path_of("first")) == contents_of(path_of("second")));
  ck_assert(contents_of(path_of("first")) == contents_of(path_of("third")));
}
END_TEST

START_TEST(test_objects_of_the_state_take_the_place_of_others) {
  Tracker tracker = tracked(options_of("samurai"), 7);
  Tracker other(micro_model(), options_of("samurai"));
  for (int64_t id : {7, 2})
    other.prompt(50, encoded_frame(50), id, click(30, 30));
  other.track(51, encoded_frame(51));
  save(tracker, path_of("others"));
  restore(other, path_of("others"));
  ck_assert(!other.has_object(7));
  assert_same(go_on(other, 7), go_on(tracker, 7));
}
END_TEST

START_TEST(test_empty_tracker_comes_back_empty) {
  save(Tracker(micro_model(), {}), path_of("empty"));
  Tracker tracker = tracked({}, 2);
  restore(tracker, path_of("empty"));
  ck_assert(tracker.is_empty());
}
END_TEST

std::map<std::string, at::Tensor> as_tensors(
    const std::vector<ObjectOutput> &outputs) {
  std::map<std::string, at::Tensor> tensors;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const std::string number = std::to_string(i);
    tensors["mask " + number] = outputs[i].masks.low_res_masks;
    tensors["pointer " + number] = outputs[i].masks.obj_ptr;
  }
  return tensors;
}

// What this program does when it is started by the test below.
int restore_and_go_on(const std::string &state, const std::string &output) {
  Tracker tracker(micro_model(), options_of("samurai"));
  restore(tracker, state);
  write_safetensors(output, as_tensors(go_on(tracker, 32)));
  return 0;
}

START_TEST(test_another_process_goes_on_equal_to_the_bit) {
  const std::string output = path_of("from_another_process");
  std::vector<std::string> words = {"/proc/self/exe", kRestoreArgument,
                                    plain_state(), output};
  std::vector<char *> arguments;
  for (std::string &word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  int status = -1;
  ck_assert(g_spawn_sync(nullptr, arguments.data(), nullptr,
                         G_SPAWN_CHILD_INHERITS_STDIN, nullptr, nullptr,
                         nullptr, nullptr, &status, nullptr));
  ck_assert_int_eq(status, 0);
  Tracker tracker = tracked(options_of("samurai"), 32);
  const auto wanted = as_tensors(go_on(tracker, 32));
  const auto found = read_safetensors(output).tensors;
  ck_assert_uint_eq(found.size(), wanted.size());
  for (const auto &[name, tensor] : wanted)
    ck_assert_msg(at::equal(found.at(name), tensor), "%s", name.c_str());
}
END_TEST

TCase *restoring_tests() {
  TCase *tests = tcase_create("tracker_state");
  tcase_add_loop_test(tests, test_restored_tracker_goes_on_equal_to_the_bit, 0,
                      static_cast<int>(cases().size() * (sizeof kSavedAfter /
                                                         sizeof *kSavedAfter)));
  tcase_add_test(tests, test_saving_changes_nothing);
  tcase_add_test(tests, test_state_has_all_kinds_of_contents);
  tcase_add_test(tests, test_kept_memories_are_restored_with_their_turns);
  tcase_add_test(tests, test_same_state_is_the_same_file);
  tcase_add_test(tests, test_objects_of_the_state_take_the_place_of_others);
  tcase_add_test(tests, test_empty_tracker_comes_back_empty);
  tcase_add_test(tests, test_another_process_goes_on_equal_to_the_bit);
  return tests;
}

}  // namespace

int main(int argc, char **argv) {
  if (argc == 4 && std::string(argv[1]) == kRestoreArgument)
    return restore_and_go_on(argv[2], argv[3]);
  return run_case("track", restoring_tests());
}
